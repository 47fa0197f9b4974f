#include "outline.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "config/options/document.hpp"
#include "core/nearest_word.hpp"

namespace normrun::app {
namespace {

OptionOutline option_outline(const CLI::Option& option) {
  OptionOutline outline;
  outline.argument = option.get_option_text();
  outline.doc = option.get_description();
  outline.is_required = option.get_required();
  outline.repeats = option.get_items_expected_max() >= CLI::detail::expected_max_vector_size;
  if (!option.get_snames().empty()) outline.short_name = "-" + option.get_snames().front();
  outline.long_name = option.nonpositional() ? "--" + option.get_lnames().front() : option.get_name(true);
  return outline;
}

CommandOutline command_outline(const CLI::App& app) {
  CommandOutline outline{.name = app.get_name(), .doc = app.get_description(), .options = {}, .positionals = {}, .examples = {}};
  for (const CLI::Option* option : app.get_options()) {
    const bool is_inherited = app.get_parent() != nullptr && option == app.get_help_ptr();
    if (!is_inherited) (option->nonpositional() ? outline.options : outline.positionals).push_back(option_outline(*option));
  }
  std::istringstream footer(app.get_footer());
  for (std::string line; std::getline(footer, line);) outline.examples.push_back(line);
  return outline;
}

Problem unknown(const std::string& kind, const std::string& word, const std::vector<std::string_view>& known, const std::string& help) {
  const std::string nearest = nearest_word(word, known);
  return {"command line", "unknown " + kind + " " + word, nearest.empty() ? "see " + help : "did you mean " + nearest + "?"};
}

Problem unknown_option(const ProgramOutline& outline, const CommandOutline& command, const std::string& name) {
  std::vector<std::string_view> known;
  for (const OptionOutline& option : command.options) known.push_back(option.long_name);
  if (&command != &outline.program) {
    for (const OptionOutline& option : outline.program.options) known.push_back(option.long_name);
  }
  return unknown("option", name, known, help_command(outline, command));
}

Problem unknown_command(const ProgramOutline& outline, const std::string& name) {
  std::vector<std::string_view> known;
  for (const CommandOutline& command : outline.commands) known.push_back(command.name);
  return unknown("command", name, known, help_command(outline, outline.program));
}

const OptionOutline* find_among(const std::vector<OptionOutline>& options, const std::string& name) {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [&](const OptionOutline& option) { return option.long_name == name || option.short_name == name; });
  return found == options.end() ? nullptr : &*found;
}

void step_over_option(const ProgramOutline& outline, const std::string& word, CommandLinePlace& place) {
  const bool is_long = word.starts_with("--");
  const std::string name = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
  const OptionOutline* option = find_option(outline, *place.command, name);
  if (option == nullptr) {
    if (!place.problem) place.problem = unknown_option(outline, *place.command, name);
    return;
  }
  place.given.insert(option);
  if (!option->argument.empty() && name == word) place.open = option;
}

void step_over_name(const ProgramOutline& outline, const std::string& word, CommandLinePlace& place) {
  if (place.command != &outline.program) {
    ++place.positionals;
    return;
  }
  const auto named =
      std::find_if(outline.commands.begin(), outline.commands.end(), [&](const CommandOutline& command) { return command.name == word; });
  if (named != outline.commands.end()) {
    place.command = &*named;
  } else if (!place.problem) {
    place.problem = unknown_command(outline, word);
  }
}

}  // namespace

ProgramOutline outline_of(const CLI::App& app) {
  ProgramOutline outline{.program = command_outline(app), .commands = {}};
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    outline.commands.push_back(command_outline(*command));
  }
  return outline;
}

const OptionOutline* find_option(const ProgramOutline& outline, const CommandOutline& command, const std::string& name) {
  const OptionOutline* option = find_among(command.options, name);
  return option != nullptr ? option : find_among(outline.program.options, name);
}

std::string help_command(const ProgramOutline& outline, const CommandOutline& command) {
  return &command == &outline.program ? "normrun --help" : "normrun " + command.name + " --help";
}

CommandLinePlace place_after(const ProgramOutline& outline, const std::vector<std::string>& words) {
  CommandLinePlace place;
  place.command = &outline.program;
  for (const std::string& word : words) {
    if (place.open != nullptr) {
      place.open = nullptr;
    } else if (place.is_past_options || word.size() < 2 || word.front() != '-') {
      step_over_name(outline, word, place);
    } else if (word == "--") {
      place.is_past_options = true;
    } else {
      step_over_option(outline, word, place);
    }
  }
  return place;
}

}  // namespace normrun::app
