#include <algorithm>

#include "compare/modes.hpp"
#include "config_keys.hpp"
#include "outline.hpp"

namespace normrun::app {
namespace {

struct Candidate {
  std::string text;
  std::string doc;
};

/// The candidates for one place of the command line.  The comment on complete() (outline.hpp) explains their kinds.
struct Candidates {
  std::string kind = "words";
  std::vector<Candidate> list;
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> pieces;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    pieces.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return pieces;
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// Completes KEY=.  Behind the '=' it completes the values that the key takes.
Candidates key_candidates(const std::string& word) {
  Candidates found;
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const std::string head = name + "=";
  for (const ConfigKey& key : config_keys()) {
    if (equals == std::string::npos) {
      found.list.push_back({key.name + "=", key.doc});
    } else if (key.name == name) {
      for (const std::string& value : key.values) found.list.push_back({head + value, ""});
    }
  }
  if (equals == std::string::npos) found.kind = "parts";
  return found;
}

/// Completes MODE:.  Behind the ':' it completes the second mode of the pair.
Candidates mode_candidates(const std::string& word) {
  Candidates found;
  const std::size_t colon = word.find(':');
  for (const std::string_view mode : compare::comparison_mode_names()) {
    const std::string name(mode);
    if (name.find('<') != std::string::npos) continue;  // the name has a place for a number, which cannot be completed
    found.list.push_back({colon == std::string::npos ? name + ":" : word.substr(0, colon + 1) + name, ""});
  }
  if (colon == std::string::npos) found.kind = "parts";
  return found;
}

/// Completes one value.  The name of the argument tells the kind of the value: "a|b|c", "FILE", "KEY=VALUE".
Candidates value_candidates(const std::string& argument, const std::string& word) {
  Candidates found;
  for (const std::string& piece : split(argument, '|')) {
    if (is_lower(piece.front())) found.list.push_back({piece, ""});
    if (piece == "FILE" || piece == "CONFIG") found.kind = "files";
    if (piece == "DIR") found.kind = "folders";
    if (piece.starts_with("KEY=")) return key_candidates(word);
    if (piece == "MODE:MODE") return mode_candidates(word);
  }
  return found;
}

/// Completes the last value of an argument.  The argument may be a list, "A,…" or "KEY=V1,V2,…"; the earlier values of the list stay.
Candidates argument_candidates(const std::string& argument, const std::string& word) {
  const std::size_t comma = word.rfind(',');
  const bool is_list = argument.ends_with(",…");
  const std::string one = argument.substr(0, argument.find(is_list ? "," : "…"));
  if (!is_list || comma == std::string::npos) return value_candidates(one, word);
  const bool is_key = argument.starts_with("KEY=");
  const std::string head = is_key ? word.substr(0, word.find('=') + 1) : "";
  Candidates found = value_candidates(one, head + word.substr(comma + 1));
  for (Candidate& candidate : found.list) candidate.text = word.substr(0, comma + 1) + candidate.text.substr(head.size());
  return found;
}

/// Completes an option that has not been given yet.
Candidates option_candidates(const ProgramOutline& outline, const CommandLinePlace& place) {
  Candidates found;
  const auto add = [&](const CommandOutline& command) {
    for (const OptionOutline& option : command.options) {
      if (option.repeats || !place.given.contains(&option)) found.list.push_back({option.long_name, option.doc});
    }
  };
  add(*place.command);
  if (place.command != &outline.program) add(outline.program);
  return found;
}

Candidates command_candidates(const ProgramOutline& outline) {
  Candidates found;
  for (const CommandOutline& command : outline.commands) found.list.push_back({command.name, command.doc});
  return found;
}

Candidates positional_candidates(const CommandLinePlace& place, const std::string& word) {
  const std::vector<OptionOutline>& positionals = place.command->positionals;
  if (positionals.empty()) return {};
  const OptionOutline& positional = positionals[std::min(place.positionals, positionals.size() - 1)];
  const bool is_full = place.positionals >= positionals.size() && !positional.repeats;
  return is_full ? Candidates() : argument_candidates(positional.argument, word);
}

Candidates candidates_of(const ProgramOutline& outline, const CommandLinePlace& place, const std::string& word) {
  if (place.open != nullptr) return argument_candidates(place.open->argument, word);
  const bool is_option = word.starts_with('-') && !place.is_past_options;
  const std::size_t equals = word.find('=');
  if (is_option && equals != std::string::npos) {
    const std::string head = word.substr(0, equals);
    const OptionOutline* option = find_option(outline, *place.command, head);
    if (option == nullptr) return {};
    Candidates found = argument_candidates(option->argument, word.substr(equals + 1));
    for (Candidate& candidate : found.list) candidate.text = head + "=" + candidate.text;
    return found;
  }
  if (is_option) return option_candidates(outline, place);
  return place.command == &outline.program ? command_candidates(outline) : positional_candidates(place, word);
}

}  // namespace

std::string complete(const ProgramOutline& outline, const std::vector<std::string>& words) {
  const std::string word = words.empty() ? "" : words.back();
  const std::vector<std::string> before(words.begin(), words.empty() ? words.end() : words.end() - 1);
  const Candidates found = candidates_of(outline, place_after(outline, before), word);
  std::string text = found.kind + "\n";
  for (const Candidate& candidate : found.list) {
    if (candidate.text.starts_with(word)) text += candidate.text + "\t" + candidate.doc + "\n";
  }
  return text;
}

}  // namespace normrun::app
