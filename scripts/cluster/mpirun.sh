#!/usr/bin/env bash
# Runs a sweep under mpirun (OpenMPI), one rank for each shard, on clusters that start everything through MPI.  normrun itself does not use
# MPI.  Under --continuous, mpirun's exit code says nothing about the ranks; merge says whether the sweep is complete.
#
#   scripts/cluster/mpirun.sh configs/quickstart.json results/quickstart 4 [MPIRUN OPTION…]
set -euo pipefail

config=$1
out=$2
shards=$3
shift 3
normrun=${NORMRUN-build/release/normrun}

# Exit code 3: some runs failed, but the others are complete.  mpirun would take it for a failure and end the ranks that still train.
mpirun -n "$shards" "$@" bash -c '"$@" || [ $? -eq 3 ]' normrun \
  "$normrun" train --config "$config" --shard "auto/$shards" --out "$out.shards/{shard}" --resume --quiet --jobs 1 ||
  echo "mpirun ended with $?; merge says what is missing" >&2
exec "$normrun" merge "$out".shards/* --out "$out"
