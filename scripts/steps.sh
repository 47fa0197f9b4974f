# The scripts beside this file source it.  It finds the repository, and has steps that say what they do and how long it took.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# step LABEL COMMAND… runs the command and shows its output.
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

# quiet_step LABEL COMMAND… prints one line to stderr, and shows the command's output only if it fails.
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

# configure PRESET [CMAKE OPTION…] and build PRESET [TARGET…] work from any folder: CMake looks for presets beside CMakeLists.txt.
configure() {
  (cd "$repository" && cmake --preset "$@")
}
build() {
  local preset=$1
  shift
  (cd "$repository" && cmake --build --preset "$preset" ${1:+--target "$@"})
}

# python_environment REQUIREMENTS FOLDER makes a virtual environment of exactly these packages, unless it is there already.
python_environment() {
  local requirements=$1 environment=$2
  if cmp --quiet "$requirements" "$environment/installed.txt"; then return 0; fi
  rm -rf "$environment"
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$requirements" &&
    "$environment/bin/pip" check --quiet --disable-pip-version-check &&
    cp "$requirements" "$environment/installed.txt"
}
