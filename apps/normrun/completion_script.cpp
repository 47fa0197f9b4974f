#include <map>

#include "outline.hpp"

namespace normrun::app {
namespace {

// bash splits a line at '=' and ':' as well as at blanks, and the loop joins these pieces again.  bash then replaces only the last piece
// ($2), so the answers must not repeat what comes before it.
constexpr const char* kBash = R"(# bash completion of normrun: source <(normrun completion bash)
_normrun() {
  local line=${COMP_LINE:0:COMP_POINT} blanks word kind answer head i
  local -a words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    blanks=${line%%[![:blank:]]*}
    line=${line:${#blanks}}
    word=${COMP_WORDS[i]}
    ((i < COMP_CWORD)) || word=$line
    line=${line#"$word"}
    if ((i == 0 || ${#blanks} > 0)); then words+=("$word"); else words[-1]+=$word; fi
  done
  word=${words[-1]}
  head=${word%"$2"}
  COMPREPLY=()
  {
    read -r kind
    while IFS=$'\t' read -r answer _; do COMPREPLY+=("${answer#"$head"}"); done
  } < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)
  case $kind in
    parts) compopt -o nospace ;;
    files) compopt -o default ;;
    folders) compopt -o dirnames ;;
  esac
}
complete -F _normrun normrun
)";

constexpr const char* kZsh = R"(#compdef normrun
# zsh completion of normrun: source <(normrun completion zsh), after compinit
_normrun() {
  local kind answer
  local -a answers lines
  lines=("${(@f)$("${words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  kind=$lines[1]
  for answer in "${(@)lines[2,-1]}"; do
    answers+=("${${answer%%$'\t'*}//:/\\:}:${answer#*$'\t'}")
  done
  case $kind in
    words) _describe -V value answers ;;
    parts) _describe -V value answers -S '' ;;
    files) compset -P '--*='; _files ;;
    folders) compset -P '--*='; _path_files -/ ;;
  esac
}
if [[ $funcstack[1] == _normrun ]]; then _normrun "$@"; else compdef _normrun normrun; fi
)";

constexpr const char* kFish = R"(# fish completion of normrun: normrun completion fish | source
function __normrun_complete
  set -l before (commandline -opc)
  set -l word (commandline -ct)
  set -l lines ($before[1] __complete $before[2..-1] "$word" 2>/dev/null)
  switch "$lines[1]"
    case files
      set -l head (string match -r -- '^--[^=]*=' $word; or echo)
      string join \n -- $head(__fish_complete_path (string replace -r -- '^--[^=]*=' '' $word))
    case folders
      set -l head (string match -r -- '^--[^=]*=' $word; or echo)
      string join \n -- $head(__fish_complete_directories (string replace -r -- '^--[^=]*=' '' $word))
    case '*'
      string join \n -- $lines[2..-1]
  end
end
complete -c normrun -f -k -a '(__normrun_complete)'
)";

}  // namespace

std::string completion_script(const std::string& shell) {
  static const std::map<std::string, const char*> scripts = {{"bash", kBash}, {"zsh", kZsh}, {"fish", kFish}};
  return scripts.at(shell);
}

}  // namespace normrun::app
