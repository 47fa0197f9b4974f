#!/usr/bin/env bash
# A sweep under GNU parallel: one process a shard, on this machine or, with --sshlogin, on several with a common file system.
# What is killed is tried again twice; what is finished is not repeated when the script is started again.
#
#   scripts/cluster/parallel.sh configs/quickstart.json results/quickstart 4 [PARALLEL OPTION…]
set -euo pipefail

config=$1
out=$2
shards=$3
shift 3
normrun=${NORMRUN-build/release/normrun}

mkdir -p "$(dirname "$out")"  # where the log of jobs goes
# 3: some runs failed, the others are complete; trying again would not help.
seq "$shards" | parallel --will-cite --retries 3 --joblog "$out.joblog" "$@" \
  "'$normrun' train --config '$config' --shard {}/$shards --out '$out.shards/{}' --resume --quiet --jobs 1 || [ \$? -eq 3 ]" ||
  echo "parallel ended with $?; merge tells what is missing" >&2
exec "$normrun" merge "$out".shards/* --out "$out"
