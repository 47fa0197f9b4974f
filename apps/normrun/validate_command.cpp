#include "commands.hpp"
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
                         : fmt::format("{}: ok, {} normalization layers\n", file, norms.size());
  print_result(text);
  return findings.empty() ? 0 : static_cast<int>(ExitCode::kClaimDiffers);
}

}  // namespace

int validate_command(const std::vector<std::string>& files) {
  int code = 0;
  for (const std::string& file : files) {
    try {
      if (kind_of_file(file) == DataFileKind::kSafetensors || models::is_foreign_model(file)) {
        const int found = validate_model(file);
        if (code == 0) code = found;
        continue;
      }
      const study::Experiment experiment = study::load_experiment(file, {}, study::Check::kWithData);
      for (const std::string& note : experiment.notes) log_info(note);
      print_result(fmt::format("{}: ok, {} runs\n", file, experiment.grid.size()));
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
