#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iterator>

#include "commands.hpp"
#include "core/atomic_file.hpp"
#include "fmt/format.h"
#include "progress.hpp"
#include "report/html/page.hpp"
#include "report/results.hpp"
#include "report/summary.hpp"
#include "signals.hpp"
#include "study/plan.hpp"
#include "version.hpp"

namespace normrun {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCheckpoints = "checkpoints";

/// run_id, norm, batch_size, seed and the other swept keys of every run.
std::string plan_csv(const Experiment& experiment) {
  std::string text;
  for (const Column& column : key_columns()) text += (text.empty() ? "" : ",") + std::string(column.name);
  for (const std::string& key : other_axes(experiment.grid)) text += ',' + csv_field(std::string_view(key));
  text += '\n';
  for (std::int64_t run = 0; run < experiment.grid.size(); ++run) {
    const std::string fields = run_key(experiment, run, experiment.at(run)).csv();
    text += fields.substr(0, fields.size() - 1) + '\n';
  }
  return text;
}

/// What an earlier `train` wrote there; files of others stay.
void remove_results(const std::string& folder) {
  for (const Table& table : tables()) fs::remove(folder + "/" + std::string(table.file));
  for (const char* file : {"summary.csv", "claims.csv", "config.json", "manifest.json", "datapackage.json", "report.html"})
    fs::remove(folder + "/" + file);
  const fs::path checkpoints = fs::path(folder) / kCheckpoints;
  if (!fs::is_directory(checkpoints)) return;
  for (const auto& entry : fs::directory_iterator(checkpoints)) {
    if (entry.path().extension() == ".safetensors") fs::remove(entry.path());
  }
}

/// Makes the output folder, or refuses one that holds something.  Throws Error(kCannotCreate).
void prepare_folder(const std::string& folder, const TrainRequest& request, const Experiment& experiment) {
  try {
    if (fs::exists(folder) && !fs::is_directory(folder))
      throw Error(ExitCode::kCannotCreate, {folder, "is not a folder", "choose another --out"});
    const bool filled = fs::exists(folder) && fs::directory_iterator(folder) != fs::directory_iterator();
    if (filled && !request.force) {
      throw Error(ExitCode::kCannotCreate,
                  {folder, "the output folder is not empty", "use --force to replace its results, or another --out"});
    }
    if (filled) remove_results(folder);
    fs::create_directories(folder);
    if (experiment.base.train.checkpoints == CheckpointPolicy::kAll) fs::create_directories(fs::path(folder) / kCheckpoints);
  } catch (const fs::filesystem_error& error) {
    throw Error(ExitCode::kCannotCreate, {folder, error.code().message(), "choose another --out"});
  }
}

std::string json_or(bool json, const std::string& csv, const std::string& text) { return json ? csv_to_json(csv) : text; }

/// What the results say of the runs, in the exit code and on stderr.
int conclude(const SweepResult& sweep, const std::string& folder, double seconds) {
  const auto ok =
      std::count_if(sweep.records.begin(), sweep.records.end(), [](const RunRecord& record) { return record.status == RunStatus::kOk; });
  for (const RunRecord& record : sweep.records) {
    if (record.status == RunStatus::kOk) continue;
    log_warning(fmt::format("run {} {}: see the column error of {}/runs.csv", record.keys.substr(0, record.keys.find(',')),
                            status_text(record.status), folder));
  }
  log_info(fmt::format("{} of {} runs complete in {}; tables in {}", ok, sweep.planned, spoken_duration(seconds), folder));
  if (sweep.interrupted) {
    log_warning(fmt::format("interrupted: {} of {} runs are in the tables", sweep.records.size(), sweep.planned));
    return exit_code_of_signal();
  }
  return static_cast<int>(ok == sweep.planned ? ExitCode::kDone : ExitCode::kRunsFailed);
}

}  // namespace

int train_command(const TrainRequest& request, const ConsoleOptions& console) {
  const auto start = std::chrono::steady_clock::now();
  const Experiment experiment = load_experiment(request.config, request.overrides, Check::kWithData);
  if (request.dry_run) {
    const std::string plan = plan_csv(experiment);
    print_result(json_or(request.json, plan, plan));
    return 0;
  }
  const std::string folder = request.out.empty() ? "results/" + experiment.base.name : request.out;
  prepare_folder(folder, request, experiment);
  const SweepOptions options{
      .jobs = request.jobs > 0 ? request.jobs : usable_cores(),
      .fail_fast = request.fail_fast,
      .checkpoint_folder = experiment.base.train.checkpoints == CheckpointPolicy::kAll ? folder + "/" + kCheckpoints : "",
      .stop = &stop_requested()};
  log_detail(fmt::format("{} runs on {} threads", experiment.grid.size(), options.jobs));
  SweepResult sweep;
  {
    Progress progress(console);
    sweep = run_sweep(experiment, options, progress);
  }
  write_results(experiment, sweep, program_info(), folder);
  write_file(folder + "/report.html", report_html(open_results(folder)));
  const std::vector<SummaryRow> summary = summarize_runs(experiment, sweep.records);
  print_result(json_or(request.json, summary_csv(experiment, summary), terminal_summary(experiment, summary)));
  return conclude(sweep, folder, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

}  // namespace normrun
