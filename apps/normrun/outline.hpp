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

/// An option, or a positional argument.  The name of the latter has no dashes.
struct OptionOutline {
  std::string short_name;  // such as "-c"; may be empty
  std::string long_name;   // such as "--config"; a positional argument has a name such as "parts"
  std::string argument;    // the name of the option's argument, such as "FILE"; empty for a flag
  std::string doc;
  bool is_required = false;
  bool repeats = false;
};

/// A command, or the program itself.  Every command also takes the program's options.
struct CommandOutline {
  std::string name;
  std::string doc;
  std::vector<OptionOutline> options;
  std::vector<OptionOutline> positionals;
  std::vector<std::string> examples;  // lines such as "# why" and "normrun …"; a line that ends in a backslash continues on the next
};

/// The command line as CLI11 knows it.  The program writes help, the manual page and completions from this outline.
struct ProgramOutline {
  CommandOutline program;
  std::vector<CommandOutline> commands;
};
ProgramOutline outline_of(const CLI::App& app);

/// Returns the option with that long or short name, of the command or of the program, or nullptr if there is none.
const OptionOutline* find_option(const ProgramOutline& outline, const CommandOutline& command, const std::string& name);

/// Returns the command that prints a command's help: "normrun train --help".
std::string help_command(const ProgramOutline& outline, const CommandOutline& command);

/// What is known about a command line after some of its words.
struct CommandLinePlace {
  const CommandOutline* command = nullptr;  // the command named so far; if none was named, the outline of the program itself
  const OptionOutline* open = nullptr;      // the option whose argument comes next; null if none does
  std::size_t positionals = 0;
  bool is_past_options = false;  // whether "--" came before
  std::set<const OptionOutline*> given;
  std::optional<Problem> problem;  // about the first unknown command or option; its hint has the known one that the user may have meant
};
CommandLinePlace place_after(const ProgramOutline& outline, const std::vector<std::string>& words);

/// Returns the text of `normrun --help` or `normrun train --help`.  It is at most 80 columns wide, except for examples.
std::string help_text(const ProgramOutline& outline, const CommandOutline& command);
/// Returns the manual page, written with roff's man macros.
std::string man_page(const ProgramOutline& outline);
/// Returns the script by which bash, zsh or fish asks `normrun __complete` for candidates.
std::string completion_script(const std::string& shell);

/// Returns the candidates for the last word.  The first line says what they are: "words" (a blank follows the chosen one), "parts" (no
/// blank follows), "files" or "folders".  Each further line is a candidate: text, tab, meaning.
std::string complete(const ProgramOutline& outline, const std::vector<std::string>& words);

}  // namespace normrun::app
