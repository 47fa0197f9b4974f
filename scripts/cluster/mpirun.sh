#!/usr/bin/env bash
# A sweep under mpirun (OpenMPI): one rank a shard, for clusters that start everything through MPI.  normrun itself does not
# use MPI.  mpirun's exit code says nothing of the ranks under --continuous; whether the sweep is complete is merge's word.
#
#   scripts/cluster/mpirun.sh configs/quickstart.json results/quickstart 4 [MPIRUN OPTION…]
set -euo pipefail

config=$1
out=$2
shards=$3
shift 3
normrun=${NORMRUN-build/release/normrun}

# 3: some runs failed, the others are complete; mpirun would end the ranks that still train.
mpirun -n "$shards" "$@" bash -c '"$@" || [ $? -eq 3 ]' normrun \
  "$normrun" train --config "$config" --shard "auto/$shards" --out "$out.shards/{shard}" --resume --quiet --jobs 1 ||
  echo "mpirun ended with $?; merge tells what is missing" >&2
exec "$normrun" merge "$out".shards/* --out "$out"
