#include <algorithm>
#include <cctype>

#include "core/text.hpp"
#include "outline.hpp"

namespace normrun::app {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kWidestName = 28;  // the meaning of an even wider name starts on the next line

struct Row {
  std::string name;
  std::string doc;
};

/// Returns how the usage line shows the argument: DIR…; or, if its values are words from a list, the argument's own name, such as WHAT.
std::string placeholder(const OptionOutline& positional) {
  if (std::islower(static_cast<unsigned char>(positional.argument.front())) == 0) return positional.argument;
  std::string name = positional.long_name;
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

Row row_of_positional(const OptionOutline& positional) {
  const std::string name = placeholder(positional);
  return {name, positional.doc + (name == positional.argument ? "" : ": " + positional.argument)};
}

Row row_of_option(const OptionOutline& option) {
  std::string name = option.short_name.empty() ? "" : option.short_name + ", ";
  name += option.long_name;
  if (!option.argument.empty()) name += " " + option.argument;
  return {name, option.doc + (option.is_required ? " [required]" : "")};
}

/// Returns "Title:" followed by the rows in two columns.
std::string section(const std::string& title, const std::vector<Row>& rows) {
  if (rows.empty()) return "";
  std::size_t widest = 0;
  for (const Row& row : rows) {
    if (characters_of(row.name) <= kWidestName) widest = std::max(widest, characters_of(row.name));
  }
  const std::size_t indent = widest + 4;
  std::string text = "\n" + title + ":\n";
  for (const Row& row : rows) {
    const std::string blanks(indent, ' ');
    const std::string doc = wrapped(row.doc, kWidth, blanks, blanks);
    text += "  " + row.name;
    text += characters_of(row.name) <= widest ? std::string(indent - 2 - characters_of(row.name), ' ') + doc.substr(indent) : "\n" + doc;
    text += '\n';
  }
  return text;
}

std::vector<Row> rows_of(const std::vector<OptionOutline>& options, Row (*row_of)(const OptionOutline&)) {
  std::vector<Row> rows;
  rows.reserve(options.size());
  for (const OptionOutline& option : options) rows.push_back(row_of(option));
  return rows;
}

std::string usage(const ProgramOutline& outline, const CommandOutline& command) {
  const bool is_program = &command == &outline.program;
  std::string text = "normrun " + (is_program ? "COMMAND" : command.name);
  for (const OptionOutline& option : command.options) {
    if (option.is_required) text += " " + option.long_name + " " + option.argument;
  }
  if (!is_program) text += " [OPTION…]";
  for (const OptionOutline& positional : command.positionals) text += " " + placeholder(positional);
  return "\nUsage: " + text + "\n";
}

}  // namespace

std::string help_text(const ProgramOutline& outline, const CommandOutline& command) {
  const bool is_program = &command == &outline.program;
  std::string text = wrapped(command.doc, kWidth, "", "") + "\n" + usage(outline, command);
  if (is_program) {
    std::vector<Row> commands;
    for (const CommandOutline& one : outline.commands) commands.push_back({one.name, one.doc});
    text += section("Commands", commands);
  } else {
    text +=
        section("Arguments", rows_of(command.positionals, row_of_positional)) + section("Options", rows_of(command.options, row_of_option));
  }
  text += section(is_program ? "Options of every command" : "Global options", rows_of(outline.program.options, row_of_option)) +
          "\nExamples:\n";
  for (const std::string& line : command.examples) text += "  " + line + "\n";
  return text;
}

}  // namespace normrun::app
