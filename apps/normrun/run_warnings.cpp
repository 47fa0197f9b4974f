#include <algorithm>
#include <filesystem>
#include <vector>

#include "commands.hpp"
#include "fmt/format.h"
#include "report/results/empty_comparisons.hpp"
#include "tables/run_rows.hpp"

namespace normrun::app {
namespace {

/// Runs that failed with the same message.
struct Failures {
  std::string first;  // run_id of the first such run
  std::string_view status;
  std::string error;
  std::size_t runs = 1;
};

/// Returns the cell "error" of a failed run's line in runs.csv, put on a single line.
std::string error_of(const tables::RunRecord& record) {
  const tables::RunRows run(record, tables::TableId::kRuns);
  std::string error = run.rows().empty() ? "" : run.text(run.rows().front(), "error");
  for (std::size_t end = error.find('\n'); end != std::string::npos; end = error.find('\n', end)) error.replace(end, 1, "; ");
  return error;
}

std::string more_runs(std::size_t count) { return fmt::format("{} more run{}", count, count == 1 ? "" : "s"); }

void warn_of(const std::vector<Failures>& reported, std::size_t unreported, const std::string& folder) {
  for (const Failures& same : reported) {
    const std::string more = same.runs > 1 ? " and " + more_runs(same.runs - 1) : "";
    log_warning(fmt::format("run {}{} {}: {}", same.first, more, same.status, same.error));
  }
  if (unreported == 0) return;
  const std::string table = folder + "/runs.csv";  // a shard has no such table
  log_warning(fmt::format("{} ended with other errors{}", more_runs(unreported),
                          std::filesystem::exists(table) ? ": see the column \"error\" in " + table : ""));
}

}  // namespace

std::size_t warn_of_failures(const std::vector<std::uint32_t>& runs, const sweep::RecordIndex& records, const std::string& folder) {
  constexpr std::size_t kReported = 5;
  std::size_t complete = 0;
  std::vector<std::uint32_t> failed;
  for (const std::uint32_t run : runs) {
    if (!records.contains(run)) continue;
    if (records.status(run) == tables::RunStatus::kOk)
      ++complete;
    else
      failed.push_back(run);
  }
  std::sort(failed.begin(), failed.end());
  std::vector<Failures> reported;
  std::size_t unreported = 0;
  for (const std::uint32_t run : failed) {
    const tables::RunRecord record = records.read(run);
    const std::string error = error_of(record);
    const auto same = std::find_if(reported.begin(), reported.end(), [&](const Failures& failures) { return failures.error == error; });
    if (same != reported.end())
      ++same->runs;
    else if (reported.size() < kReported)
      reported.push_back({record.run_id(), tables::status_text(record.status), error});
    else
      ++unreported;
  }
  warn_of(reported, unreported, folder);
  return complete;
}

void warn_of_empty_comparisons(const study::Experiment& experiment, const std::vector<std::uint32_t>& runs,
                               const sweep::RecordIndex& records) {
  const std::vector<config::Axis>& axes = experiment.grid.axes();
  const auto is_seed = [](const config::Axis& axis) { return axis.key == "seed"; };
  const auto seed = static_cast<std::size_t>(std::find_if(axes.begin(), axes.end(), is_seed) - axes.begin());
  const auto sweeps_compare = [](const config::Axis& axis) { return axis.key.compare(0, 7, "compare") == 0; };
  const bool several = std::any_of(axes.begin(), axes.end(), sweeps_compare);
  report::EmptyComparisons empty;
  for (const std::uint32_t run : runs) {
    if (!records.contains(run) || records.status(run) != tables::RunStatus::kOk) continue;
    if (seed < axes.size() && experiment.grid.point(run)[seed] > 0) continue;  // the counts of rows are the same for every seed
    empty.add(records.read(run), several ? experiment.at(run).compare : experiment.base.compare);
  }
  for (const std::string& warning : empty.warnings()) log_warning(warning);
}

}  // namespace normrun::app
