#!/usr/bin/env bash
# Runs a sweep under GNU parallel, one process for each shard, on this machine or, with --sshlogin, on several machines that share a file
# system.  A killed process is tried again twice.  Starting the script again does not repeat what is finished.
#
#   scripts/cluster/parallel.sh configs/quickstart.json results/quickstart 4 [PARALLEL OPTION…]
set -euo pipefail

config=$1
out=$2
shards=$3
shift 3
normrun=${NORMRUN-build/release/normrun}

mkdir -p "$(dirname "$out")"  # the folder for the log of jobs
# Exit code 3: some runs failed, but the others are complete.  Trying again would not help.
seq "$shards" | parallel --will-cite --retries 3 --joblog "$out.joblog" "$@" \
  "'$normrun' train --config '$config' --shard {}/$shards --out '$out.shards/{}' --resume --quiet --jobs 1 || [ \$? -eq 3 ]" ||
  echo "parallel ended with $?; merge says what is missing" >&2
exec "$normrun" merge "$out".shards/* --out "$out"
