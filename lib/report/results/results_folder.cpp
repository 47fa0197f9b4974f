#include "report/results/results_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

#include "core/error.hpp"
#include "study/example_shape.hpp"
#include "study/plan.hpp"
#include "sweep/journal.hpp"

namespace normrun::report {
namespace {

/// Returns the shard that a journal belongs to; "" for a sweep that is not divided into shards.
std::string shard_of(const std::string& journal) {
  std::string shard;
  try {
    sweep::JournalFile(journal).scan(
        {[&](const sweep::JournalPlan& plan) { shard = plan.shard; }, [](std::uint64_t, const tables::RunRecord&) {}});
  } catch (const Error&) {
    // A damaged journal counts as no shard here: the command that resumes the sweep says what is wrong with the file.
  }
  return shard;
}

[[noreturn]] void refuse_results(const std::string& path, const std::string& missing) {
  const std::string journal = path + "/" + study::kJournalFile;
  if (!std::filesystem::exists(journal))
    throw Error(ExitCode::kUsage, {path, "holds no results: " + missing + " is missing", "name a folder that `train` wrote"});
  const std::string shard = shard_of(journal);
  if (shard.empty())
    throw Error(ExitCode::kUsage, {path, "holds an unfinished sweep: " + missing + " is missing", "go on with `train --resume`"});
  throw Error(ExitCode::kUsage,
              {path, "holds shard " + shard + " of a sweep, which has no tables of its own", "join the shards with `merge`"});
}

}  // namespace

tables::RunRows ResultsFolder::runs_of(tables::TableId id) const {
  return tables::RunRows(path + "/" + std::string(tables::table(id).file), study::other_axes(experiment.grid).size());
}

std::string reported_split(const compare::CompareOptions& compare) {
  const std::vector<std::string>& splits = compare.splits;
  return splits.empty() || std::find(splits.begin(), splits.end(), "test") != splits.end() ? "test" : splits.front();
}

ResultsFolder open_results(const std::string& path) {
  for (const char* file : {"config.json", "runs.csv"}) {
    if (!std::filesystem::exists(path + "/" + file)) refuse_results(path, file);
  }
  ResultsFolder results{path, study::load_experiment(path + "/config.json", {}, study::Check::kConfigOnly)};
  results.experiment.example = study::example_shape(path);
  return results;
}

tables::Setting setting_of(const tables::RunRows& runs) { return {runs.norm(), runs.others(), static_cast<long>(runs.batch_size())}; }

std::vector<const tables::RunRows::Row*> own_comparisons(const tables::RunRows& runs, const std::string& split) {
  const std::string own_size = std::to_string(runs.batch_size());
  std::vector<const tables::RunRows::Row*> chosen;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (const tables::RunRows::Row* row : runs.final_rows()) {
    if (runs.text(*row, "split") != split) continue;
    const auto [place, is_new] = places.try_emplace({runs.text(*row, "mode_a"), runs.text(*row, "mode_b")}, chosen.size());
    if (is_new) chosen.push_back(row);
    if (runs.text(*row, "eval_batch_size") == own_size) chosen[place->second] = row;
  }
  return chosen;
}

}  // namespace normrun::report
