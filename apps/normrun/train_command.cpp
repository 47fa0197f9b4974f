#include <algorithm>
#include <chrono>
#include <filesystem>

#include "commands.hpp"
#include "files/atomic_file.hpp"
#include "files/safetensors.hpp"
#include "fmt/format.h"
#include "output_folder.hpp"
#include "progress.hpp"
#include "report/results/results.hpp"
#include "report/results/summary.hpp"
#include "signals.hpp"
#include "study/plan.hpp"
#include "study/weights_check.hpp"
#include "sweep/data_check.hpp"
#include "sweep/journal.hpp"
#include "version.hpp"

namespace normrun::app {
namespace {

using Runs = std::vector<std::uint32_t>;

/// Prints the key columns of some runs (run_id, norm, batch_size, seed, the other swept keys), in the plan's order.
void print_plan(const study::Experiment& experiment, Runs runs, bool json) {
  constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
  std::sort(runs.begin(), runs.end());
  std::string text = tables::joined_names(tables::key_columns());
  for (const std::string& key : study::other_axes(experiment.grid)) text += ',' + tables::csv_field(std::string_view(key));
  text += '\n';
  for (const std::uint32_t run : runs) {
    const std::string fields = study::run_key(experiment, run, experiment.at(run)).csv();
    text += fields.substr(0, fields.size() - 1) + '\n';
    if (json || text.size() < kPieceBytes) continue;
    print_result(text);
    text.clear();
  }
  print_result(json ? csv_to_json(text) : text);
}

/// Returns the output folder: DIR or results/NAME.  For a shard, its number replaces {shard} in DIR; without DIR the folder is
/// results/NAME.shards/NUMBER.
std::string output_path(const TrainRequest& request, const study::Experiment& experiment, const std::optional<sweep::Shard>& shard) {
  const std::string number = shard ? std::to_string(shard->number) : "";
  if (request.out.empty()) return "results/" + experiment.base.name + (shard ? ".shards/" + number : "");
  constexpr std::string_view kPlace = "{shard}";
  const std::size_t place = request.out.find(kPlace);
  return shard && place != std::string::npos ? std::string(request.out).replace(place, kPlace.size(), number) : request.out;
}

/// Whether the checkpoint of a finished run exists and is whole.
bool has_checkpoint(const std::string& path) {
  if (!std::filesystem::exists(path)) return false;
  try {
    files::read_safetensors(path);
  } catch (const Error& error) {
    if (error.code() == ExitCode::kDamaged) return false;
    throw;
  }
  return true;
}

/// Returns the runs that are still to be done.  Failed runs, and runs whose checkpoint is lost or damaged, are among them.
Runs runs_to_do(const Runs& runs, const sweep::RecordIndex& records, const std::string& checkpoint_folder) {
  Runs left;
  for (const std::uint32_t run : runs) {
    bool done = records.contains(run) && records.status(run) != tables::RunStatus::kFailed;
    if (done && !checkpoint_folder.empty() && records.status(run) == tables::RunStatus::kOk) {
      done = has_checkpoint(checkpoint_folder + "/" + records.read(run).run_id() + ".safetensors");
    }
    if (!done) left.push_back(run);
  }
  return left;
}

/// Warns of the interruption before the tables are written, because large tables leave no time for it between a signal and the end of the
/// program.
void warn_of_interruption(const Runs& runs, const sweep::RecordIndex& records) {
  const auto finished = std::count_if(runs.begin(), runs.end(), [&](std::uint32_t run) { return records.contains(run); });
  log_warning(fmt::format("interrupted after {} of {} runs: go on with --resume", finished, runs.size()));
}

/// Reports the outcome of the runs on stderr and returns the exit code.
int conclude(const study::Experiment& experiment, const Runs& runs, const sweep::RecordIndex& records, sweep::SweepEnd end,
             const std::string& folder, double seconds) {
  const std::size_t complete = warn_of_failures(runs, records, folder);
  warn_of_empty_comparisons(experiment, runs, records);
  log_info(fmt::format("{} of {} runs complete in {}; results in {}", complete, runs.size(), spoken_duration(seconds), folder));
  if (end == sweep::SweepEnd::kInterrupted) return exit_code_of_signal();
  return static_cast<int>(complete == runs.size() ? ExitCode::kDone : ExitCode::kRunsFailed);
}

void write_config(const study::Experiment& experiment, const OutputFolder& folder) {
  files::write_file(folder.path() + "/config.json", experiment.resolved());
}

/// Starts a journal.  The config is written first, so that every journal has a config beside it.
sweep::Journal start_journal(const study::Experiment& experiment, const OutputFolder& folder, const sweep::JournalPlan& plan) {
  write_config(experiment, folder);
  return sweep::Journal::create(folder.journal(), plan);
}

/// Opens the journal of an interrupted sweep.  The config is written after the checks, so that a refused journal keeps its own config.
sweep::Journal resume_journal(const study::Experiment& experiment, const OutputFolder& folder, const sweep::JournalPlan& plan) {
  sweep::Journal journal = sweep::Journal::resume(folder.journal(), plan);
  sweep::check_data(experiment, journal.index(), folder.journal());
  write_config(experiment, folder);
  return journal;
}

/// Executes the sweep and writes its records to the journal.
sweep::SweepEnd execute(const study::Experiment& experiment, const Runs& runs, const TrainRequest& request, const ConsoleOptions& console,
                        const OutputFolder& folder, sweep::Journal& journal, sweep::DataCache& data) {
  const bool keeps = experiment.base.train.checkpoints == train::CheckpointPolicy::kAll;
  if (keeps) folder.make_checkpoints();
  const sweep::SweepOptions options{.jobs = request.jobs > 0 ? request.jobs : sweep::usable_cores(),
                                    .fail_fast = request.fail_fast,
                                    .checkpoint_folder = keeps ? folder.checkpoints() : "",
                                    .resume_folder = folder.unfinished(),
                                    .stop = &stop_requested(),
                                    .data = &data};
  const Runs left = runs_to_do(runs, journal.index(), options.checkpoint_folder);
  if (left.size() < runs.size()) log_info(fmt::format("{} of {} runs were finished before", runs.size() - left.size(), runs.size()));
  log_detail(fmt::format("{} runs on {} threads", left.size(), options.jobs));
  Progress progress(console);
  const sweep::SweepEnd end = sweep::run_sweep(experiment, left, options, journal, progress);
  journal.sync();
  return end;
}

}  // namespace

void publish_results(const study::Experiment& experiment, const sweep::RecordIndex& records, const std::string& folder, bool json) {
  constexpr std::size_t kLargest = std::size_t{1} << 32;
  const std::uintmax_t bytes = std::filesystem::file_size(folder + "/" + study::kJournalFile);
  if (bytes > kQuicklyWritten) log_info(fmt::format("writing the tables of {} runs, {} MB", records.finished(), bytes >> 20U));
  const std::vector<report::SummaryRow> summary = report::write_results(experiment, records, program_info(), folder);
  print_result(json ? csv_to_json(files::read_file(folder + "/summary.csv", kLargest))
                    : report::terminal_summary(summary, experiment.base.compare));
}

int train_command(const TrainRequest& request, const ConsoleOptions& console) {
  const auto start = std::chrono::steady_clock::now();
  const std::optional<sweep::Shard> shard = request.shard.empty() ? std::nullopt : std::optional(sweep::parse_shard(request.shard));
  const study::Experiment experiment = study::load_experiment(request.config, request.overrides, study::Check::kWithData);
  for (const std::string& note : study::weights_notes(experiment)) log_info(note);
  for (const std::string& note : experiment.notes) log_info(note);
  const sweep::CostModel costs(experiment);
  const Runs runs =
      shard ? sweep::runs_of(sweep::longest_first(experiment.grid, costs), *shard) : sweep::longest_first(experiment.grid, costs);
  if (request.dry_run) {
    print_plan(experiment, runs, request.json);
    return 0;
  }
  sweep::DataCache data(experiment);
  if (!runs.empty()) sweep::load_shared_data(experiment, runs.front(), data);  // a fault in the data shows before anything is written
  const OutputFolder folder(output_path(request, experiment, shard), request.existing, kResumeOrReplace);
  const sweep::JournalPlan plan = sweep::journal_plan(experiment, program_info().version, costs, shard);
  const bool resumes = request.existing == Existing::kResume && folder.has_journal();
  sweep::Journal journal = resumes ? resume_journal(experiment, folder, plan) : start_journal(experiment, folder, plan);
  const sweep::SweepEnd end = execute(experiment, runs, request, console, folder, journal, data);
  if (end == sweep::SweepEnd::kInterrupted) warn_of_interruption(runs, journal.index());
  if (shard) {
    report::write_manifest(experiment, journal.index(), program_info(), folder.path());
  } else {
    publish_results(experiment, journal.index(), folder.path(), request.json);
  }
  if (end == sweep::SweepEnd::kComplete) folder.remove_unfinished();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const int code = conclude(experiment, runs, journal.index(), end, folder.path(), seconds);
  if (!shard) draw_last(journal.index(), folder.path(), code);
  return code;
}

}  // namespace normrun::app
