#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace normrun::app {

/// The words that an option accepts, each with the value that it stands for.
template <class Value>
using Words = std::vector<std::pair<std::string, Value>>;

/// Gives an option's argument its name in help and messages.  The option refuses an empty argument, because otherwise an unset shell
/// variable would silently drop the option.
inline CLI::Option* takes(CLI::Option* option, const std::string& argument) {
  const auto refusal = [argument](const std::string& given) -> std::string {
    return given.empty() ? "expected " + argument + ", got an empty text (is a shell's variable unset?)" : "";
  };
  return option->check(refusal)->type_name(argument)->option_text(argument);
}

/// Returns the words as "a|b|c".
inline std::string alternatives(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : "|") + word;
  return list;
}

/// Makes the option accept one of `words` and nothing else.
inline CLI::Option* takes_one_of(CLI::Option* option, const std::vector<std::string>& words) {
  const auto refusal = [words](const std::string& given) -> std::string {
    if (std::find(words.begin(), words.end(), given) != words.end()) return "";
    return "expected " + alternatives(words) + ", got \"" + given + '"';
  };
  return takes(option->check(refusal), alternatives(words));
}

/// Makes the option accept some of `words`, separated by commas.
inline CLI::Option* takes_some_of(CLI::Option* option, const std::vector<std::string>& words) {
  return takes(takes_one_of(option->delimiter(','), words), alternatives(words) + ",…");
}

/// Adds an option whose argument is one of `words`.  `words` must outlive the option.
template <class Value>
CLI::Option* add_choice(CLI::App& command, const char* name, Value& value, const Words<Value>& words, const char* doc) {
  const auto choose = [&value, &words](const std::string& given) {
    for (const auto& [word, meaning] : words) {
      if (word == given) value = meaning;
    }
  };
  std::vector<std::string> names;
  for (const auto& choice : words) names.push_back(choice.first);
  return takes_one_of(command.add_option_function<std::string>(name, choose, doc), names);
}

}  // namespace normrun::app
