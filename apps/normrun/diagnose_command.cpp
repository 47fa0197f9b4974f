#include <algorithm>
#include <filesystem>

#include "commands.hpp"
#include "core/team.hpp"
#include "files/atomic_file.hpp"
#include "output_folder.hpp"
#include "report/models/model_answer.hpp"
#include "report/page/page.hpp"
#include "report/results/results.hpp"
#include "study/model_case.hpp"
#include "sweep/journal.hpp"
#include "sweep/runner.hpp"
#include "version.hpp"

namespace normrun::app {
namespace {

/// Returns DIR if it is given.  Otherwise returns a folder under results that belongs to the model; a later diagnosis of the model replaces
/// it.
std::string folder_for(const DiagnoseRequest& request) {
  return request.out.empty() ? "results/diagnosis-" + std::filesystem::path(request.model.model).stem().string() : request.out;
}

/// Writes the record as the results of a run, so that `report` and every other command can read the folder.  Returns the report's path.
std::string write_diagnosis(const study::Experiment& experiment, const tables::RunRecord& record, const OutputFolder& folder) {
  const sweep::JournalPlan plan = sweep::journal_plan(experiment, program_info().version, sweep::CostModel(experiment), std::nullopt);
  sweep::Journal journal = sweep::Journal::create(folder.journal(), plan);
  journal.add(record);
  journal.sync();
  report::write_results(experiment, journal.index(), program_info(), folder.path());
  const report::ResultsFolder results = report::open_results(folder.path());
  std::string path = folder.path() + "/report.html";
  files::write_file(path, report::report_page(results, report::advise(results)).html);
  return path;
}

}  // namespace

int diagnose_command(const DiagnoseRequest& request) {
  const OutputFolder folder(folder_for(request), request.out.empty() ? Existing::kReplace : Existing::kRefuse, "choose another --out");
  const study::ModelCase model = study::open_model(request.model, folder.path());
  const std::string config = folder.path() + "/config.json";
  files::write_file(config, model.document.pretty());
  study::write_weights(model, folder.path());
  const study::Experiment experiment = study::load_experiment(config, {}, study::Check::kConfigOnly);
  tables::RunRecord record;
  const Team team(request.jobs > 0 ? request.jobs : sweep::usable_cores());
  const study::ModelDiagnosis diagnosis = study::diagnose_model(experiment, model, request.model, record);
  for (const std::string& note : model.untold) log_detail("the file does not tell " + note);
  for (const std::string& note : diagnosis.notes) log_info(note);
  files::write_file(config, experiment.resolved());
  const bool is_judged = !diagnosis.roles.empty() && diagnosis.too_few.empty();
  const std::string page = is_judged ? write_diagnosis(experiment, record, folder) : "";
  const report::ModelAnswer answer = report::answer_of(request.model, diagnosis, page);
  if (is_judged) files::write_file(folder.path() + "/diagnosis.json", answer.json);
  print_result(request.json ? answer.json : answer.text);
  if (!diagnosis.roles.empty() && !diagnosis.too_few.empty()) {
    log_error(Problem{"--data", "nothing can be told from " + diagnosis.too_few, "give more rows"});
    return static_cast<int>(ExitCode::kUsage);
  }
  return answer.has_findings ? static_cast<int>(ExitCode::kClaimDiffers) : 0;
}

}  // namespace normrun::app
