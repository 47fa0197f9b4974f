#include <cctype>
#include <map>

#include "core/error.hpp"
#include "core/text.hpp"
#include "outline.hpp"
#include "version.hpp"

namespace normrun::app {
namespace {

struct Note {
  std::string name;
  std::string doc;
};

std::string number(ExitCode code) { return std::to_string(static_cast<int>(code)); }

const std::vector<Note> kExitCodes = {
    {number(ExitCode::kDone), "Done."},
    {number(ExitCode::kFailure), "An unexpected failure."},
    {number(ExitCode::kUsage), "Wrong usage or config; a missing config or data file."},
    {number(ExitCode::kRunsFailed), "Some runs failed or diverged; the others are complete."},
    {number(ExitCode::kClaimDiffers), "A claim came out differently from what the config expects."},
    {number(ExitCode::kDamaged), "A damaged or foreign data file, checkpoint or journal."},
    {number(ExitCode::kRunsMissing), "Runs are missing (merge)."},
    {number(ExitCode::kOutOfMemory), "Out of memory."},
    {number(ExitCode::kCannotCreate), "The output cannot be created, or it holds results."},
    {number(ExitCode::kWriteFailed), "A write failed, as on a full disk."},
    {number(ExitCode::kLocked), "Another process writes to the output folder."},
    {number(ExitCode::kInterrupted) + ", " + number(ExitCode::kTerminated), "The program was interrupted: continue with --resume."},
};

const std::vector<Note> kEnvironment = {
    {"NO_COLOR", "If it is set and not empty, messages have no colours, unless --color asks for them."},
    {"CI", "If it is set, normrun draws no progress, unless --progress asks for it."},
    {"NORMRUN_ISA", "The instruction set to compute with: scalar, avx2 or avx512. The results are the same bytes with each of them."},
    {"SLURM_ARRAY_TASK_ID, OMPI_COMM_WORLD_RANK, PMI_RANK, SLURM_PROCID, JOB_COMPLETION_INDEX",
     "The number of the shard for --shard auto/N. The first of these that is set counts."},
};

const std::vector<Note> kFiles = {
    {"results/<name>/*.csv", "The tables; datapackage.json beside them has the type and the meaning of each column."},
    {"results/<name>/report.html", "Figures of the results, with advice on what to change."},
    {"results/<name>/journal.normrun", "The finished runs, which --resume does not repeat."},
    {"results/<name>/checkpoints/", "The trained networks, as safetensors."},
};

constexpr const char* kDescription =
    "A config, in JSON, names the data, the network, its normalization and the keys to sweep. `normrun train` trains every run of the "
    "config, compares the outputs in training mode and in evaluation mode, and writes tables as CSV and a report as HTML. They say by how "
    "much the two modes differ, which statistic is wrong, and what repairs it.";

/// Returns text for roff.  It escapes what roff would take for a command, and writes '-' so that readers can copy it.
std::string roff(const std::string& text) {
  static const std::map<char, std::string> escapes = {{'\\', "\\e"}, {'-', "\\-"}, {'~', "\\(ti"}, {'`', "\\(ga"}, {'\'', "\\(aq"}};
  constexpr std::string_view kEllipsis = "…";
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, kEllipsis.size(), kEllipsis) == 0) {
      escaped += "\\&...";
      i += kEllipsis.size() - 1;
    } else if (const auto escape = escapes.find(text[i]); escape != escapes.end()) {
      escaped += escape->second;
    } else {
      escaped += text[i];
    }
  }
  return escaped;
}

/// Returns a paragraph in short lines.  It protects lines that roff would take for a request.
std::string paragraph(const std::string& text) {
  std::string lines = wrapped(roff(text), 78, "", "") + "\n";
  for (std::size_t end = lines.find("\n."); end != std::string::npos; end = lines.find("\n.", end)) lines.insert(end + 1, "\\&");
  return lines;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

std::string item(const std::string& tag, const std::string& doc) { return ".TP\n" + tag + "\n" + paragraph(doc); }

std::string notes(const std::string& title, const std::vector<Note>& list) {
  std::string text = ".SH " + title + "\n";
  for (const Note& note : list) text += item(bold(note.name), note.doc);
  return text;
}

/// Returns a meaning with a full stop at its end.
std::string sentence(const std::string& doc) { return doc.ends_with('.') ? doc : doc + "."; }

std::string options(const std::vector<OptionOutline>& list) {
  std::string text;
  for (const OptionOutline& option : list) {
    std::string tag = option.short_name.empty() ? "" : bold(option.short_name) + ", ";
    tag += bold(option.long_name);
    if (!option.argument.empty()) tag += " " + italic(option.argument);
    text += item(tag, sentence(option.doc) + (option.is_required ? " Required." : ""));
  }
  return text;
}

std::string examples(const CommandOutline& command) {
  std::string text = ".PP\nExamples:\n.PP\n.EX\n";
  for (const std::string& line : command.examples) text += "    " + roff(line) + "\n";
  return text + ".EE\n";
}

std::string synopsis(const CommandOutline& command) {
  std::string text = bold("normrun " + command.name);
  for (const OptionOutline& option : command.options) {
    if (option.is_required) text += " " + bold(option.long_name) + " " + italic(option.argument);
  }
  text += " [" + italic("OPTION…") + "]";
  for (const OptionOutline& positional : command.positionals) text += " " + italic(positional.argument);
  return text + "\n";
}

std::string command_section(const CommandOutline& command) {
  std::string text = ".SS " + command.name + "\n" + synopsis(command) + ".PP\n" + paragraph(sentence(command.doc));
  for (const OptionOutline& positional : command.positionals) {
    text += item(italic(positional.argument), sentence(positional.doc));
  }
  return text + options(command.options) + examples(command);
}

}  // namespace

std::string man_page(const ProgramOutline& outline) {
  std::string purpose = outline.program.doc;
  purpose.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(purpose.front())));
  if (purpose.ends_with('.')) purpose.pop_back();
  std::string text = ".TH NORMRUN 1 " + source_date() + " \"normrun " + program_info().version + "\" \"User Commands\"\n";
  text += ".SH NAME\n" + paragraph("normrun - " + purpose) + ".SH SYNOPSIS\n";
  text += bold("normrun") + " " + italic("COMMAND") + " [" + italic("OPTION…") + "] [" + italic("ARGUMENT…") + "]\n";
  text += ".SH DESCRIPTION\n" + paragraph(kDescription) + ".SH COMMANDS\n";
  for (const CommandOutline& command : outline.commands) text += command_section(command);
  text += ".SH GLOBAL OPTIONS\nEvery command takes them.\n" + options(outline.program.options) + examples(outline.program);
  return text + notes("EXIT STATUS", kExitCodes) + notes("ENVIRONMENT", kEnvironment) + notes("FILES", kFiles);
}

}  // namespace normrun::app
