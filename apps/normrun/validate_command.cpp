#include <filesystem>

#include "commands.hpp"
#include "core/error.hpp"
#include "data_files.hpp"
#include "fmt/format.h"
#include "models/foreign_model.hpp"
#include "study/audit.hpp"
#include "study/training_warnings.hpp"

namespace normrun::app {
namespace {

/// Prints what is suspicious in a model's file, one line for each finding.  Returns the exit code.
int validate_model(const std::string& file) {
  const std::vector<study::AuditedNorm> norms = study::audited_norms(file);
  const std::vector<study::AuditFinding> findings = study::audit(norms);
  std::string text;
  for (const study::AuditFinding& one : findings)
    text += fmt::format("{}: {}{}: {}\n", file, one.layer.empty() ? "" : one.layer + ": ", one.kind, one.words);
  if (findings.empty())
    text = norms.empty() ? fmt::format("{}: ok, no layer has batch statistics that could be wrong\n", file)
                         : fmt::format("{}: ok, {} normalization layer{}\n", file, norms.size(), norms.size() == 1 ? "" : "s");
  print_result(text);
  return findings.empty() ? 0 : static_cast<int>(ExitCode::kClaimDiffers);
}

/// Refuses a file of data, which has nothing to validate.
void refuse_data(const std::string& file, DataFileKind kind) {
  const std::string ending = std::filesystem::path(file).extension().string();
  if (kind == DataFileKind::kTable && ending != ".csv" && ending != ".tsv") return;
  refuse_usage(file, "this is data, neither a config nor a model",
               "`normrun inspect` shows what it holds, and `normrun init` writes a config for it");
}

}  // namespace

int validate_command(const std::vector<std::string>& files) {
  int code = 0;
  for (const std::string& file : files) {
    try {
      const DataFileKind kind = kind_of_file(file);
      if (kind == DataFileKind::kSafetensors || models::is_foreign_model(file)) {
        const int found = validate_model(file);
        if (code == 0) code = found;
        continue;
      }
      refuse_data(file, kind);
      const study::Experiment experiment = study::load_experiment(file, {}, study::Check::kWithData);
      for (const std::string& note : experiment.notes) log_info(note);
      print_result(fmt::format("{}: ok, {} run{}\n", file, experiment.grid.size(), experiment.grid.size() == 1 ? "" : "s"));
      const data::DataSpec::Outline outline = experiment.base.data_spec().outline(experiment.folder);
      for (const std::string& warning : study::training_warnings(experiment, outline)) log_warning(fmt::format("{}: {}", file, warning));
    } catch (const Error& error) {
      log_error(error);
      if (code == 0) code = static_cast<int>(error.code());
    }
  }
  return code;
}

}  // namespace normrun::app
