#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

namespace normrun::app {

/// An option or, without dashes, a positional argument.
struct OptionOutline {
  std::string short_name;  // "-c"; may be empty
  std::string long_name;   // "--config"; of a positional "parts"
  std::string argument;    // what follows it, "FILE"; empty for a flag
  std::string doc;
  bool is_required = false;
  bool repeats = false;
};

/// A command, or the program itself, whose options every command takes.
struct CommandOutline {
  std::string name;
  std::string doc;
  std::vector<OptionOutline> options;
  std::vector<OptionOutline> positionals;
  std::vector<std::string> examples;  // lines: "# why", "normrun …"; a line that goes on ends in a backslash
};

/// The command line as CLI11 knows it, in the words that help, the man page and completions are written from.
struct ProgramOutline {
  CommandOutline program;
  std::vector<CommandOutline> commands;
};
ProgramOutline outline_of(const CLI::App& app);

/// The option of that name (long or short), of the command or of the program; nullptr where there is none.
const OptionOutline* find_option(const ProgramOutline& outline, const CommandOutline& command, const std::string& name);

/// What prints a command's help: "normrun train --help".
std::string help_command(const ProgramOutline& outline, const CommandOutline& command);

/// Where some words of a command line lead.
struct CommandLinePlace {
  const CommandOutline* command = nullptr;  // the program before a command is named
  const OptionOutline* open = nullptr;      // the option whose argument comes next
  std::size_t positionals = 0;
  bool is_past_options = false;  // behind "--"
  std::set<const OptionOutline*> given;
  std::optional<Problem> problem;  // the first unknown command or option, and which one may have been meant
};
CommandLinePlace place_after(const ProgramOutline& outline, const std::vector<std::string>& words);

/// `normrun --help`, `normrun train --help`: at most 80 columns but for examples.
std::string help_text(const ProgramOutline& outline, const CommandOutline& command);
/// The manual page in roff's man macros.
std::string man_page(const ProgramOutline& outline);
/// The script that makes bash, zsh or fish ask `complete`.
std::string completion_script(const std::string& shell);

/// What may stand in the place of the last word.  The first line says how to go on: "words" (a blank follows the chosen
/// one), "parts" (none follows), "files" or "folders"; then a line for each candidate: text, tab, meaning.
std::string complete(const ProgramOutline& outline, const std::vector<std::string>& words);

}  // namespace normrun::app
