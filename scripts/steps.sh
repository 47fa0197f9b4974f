# Sourced by the scripts beside it: where the repository is, and steps that say what they do and how long it took.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# step LABEL COMMAND…: runs the command with its output in sight.
step() {
  local label=$1 started=$SECONDS status=0
  shift
  printf '== %s\n' "$label"
  "$@" || status=$?
  if ((status != 0)); then
    printf '== %s: FAILED (exit code %d) after %d s\n' "$label" "$status" $((SECONDS - started)) >&2
    return "$status"
  fi
  printf '== %s: %d s\n' "$label" $((SECONDS - started))
}

# quiet_step LABEL COMMAND…: one line on stderr; the command's output is shown only where it fails.
quiet_step() {
  local label=$1 started=$SECONDS status=0 log
  shift
  log=$(mktemp)
  printf '%s … ' "$label" >&2
  "$@" >"$log" 2>&1 || status=$?
  if ((status != 0)); then
    printf 'FAILED (exit code %d)\n' "$status" >&2
    cat "$log" >&2
  else
    printf '%d s\n' $((SECONDS - started)) >&2
  fi
  rm -f "$log"
  return "$status"
}

# configure PRESET [CMAKE OPTION…], build PRESET [TARGET…]: from any folder, CMake's presets being found beside CMakeLists.txt.
configure() {
  (cd "$repository" && cmake --preset "$@")
}
build() {
  local preset=$1
  shift
  (cd "$repository" && cmake --build --preset "$preset" ${1:+--target "$@"})
}
