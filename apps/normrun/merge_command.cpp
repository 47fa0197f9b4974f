#include <algorithm>
#include <filesystem>
#include <numeric>

#include "commands.hpp"
#include "files/atomic_file.hpp"
#include "files/safetensors.hpp"
#include "fmt/format.h"
#include "report/results/results.hpp"
#include "report/results/summary.hpp"
#include "study/plan.hpp"
#include "sweep/merge.hpp"
#include "version.hpp"

namespace normrun::app {
namespace {

constexpr std::size_t kReportedMissing = 20;
constexpr std::size_t kLargestFile = std::size_t{1} << 36;

std::string run_id(const study::Experiment& experiment, std::uint32_t run) {
  return study::run_key(experiment, run, experiment.at(run)).run_id;
}

[[noreturn]] void refuse_incomplete(const sweep::JoinedParts& parts, const std::vector<std::uint32_t>& missing) {
  std::vector<Problem> problems = {{"merge", fmt::format("{} of {} runs are missing", missing.size(), parts.records.planned()),
                                    parts.shards > 0 ? "run shards " + sweep::shards_of(parts, missing) + " again with `train --resume`"
                                                     : "continue with `train --resume`"}};
  for (std::size_t i = 0; i < std::min(missing.size(), kReportedMissing); ++i) {
    problems.push_back({"run " + run_id(parts.experiment, missing[i]), "missing", ""});
  }
  if (missing.size() > kReportedMissing) problems.push_back({"merge", fmt::format("and {} more", missing.size() - kReportedMissing), ""});
  throw Error(ExitCode::kRunsMissing, problems);
}

void print_missing_shards(const sweep::JoinedParts& parts, const std::vector<std::uint32_t>& missing) {
  if (parts.shards == 0) {
    throw Error(ExitCode::kUsage, {"--missing-as-array", "the parts are not shards of one division", "train them with --shard I/N"});
  }
  print_result(sweep::shards_of(parts, missing) + "\n");
}

/// Links a run's checkpoint into the folder, or copies it if the file systems differ.  Throws Error(kRunsMissing) if the checkpoint is
/// missing, and Error(kDamaged) if it is damaged.
void take_checkpoint(const std::string& part, const std::string& name, const OutputFolder& folder) {
  const std::string from = part + "/checkpoints/" + name;
  const std::string to = folder.checkpoints() + "/" + name;
  if (!std::filesystem::exists(from)) {
    throw Error(ExitCode::kRunsMissing, {from, "the checkpoint of a finished run is missing", "run its shard again with `train --resume`"});
  }
  files::read_safetensors(from);
  std::error_code other_file_system;
  std::filesystem::remove(to);
  std::filesystem::create_hard_link(from, to, other_file_system);
  if (other_file_system) files::write_file(to, files::read_file(from, kLargestFile));
}

void announce_joining(const sweep::JoinedParts& parts) {
  std::uintmax_t bytes = 0;
  for (const std::string& part : parts.folders) bytes += std::filesystem::file_size(part + "/" + study::kJournalFile);
  if (bytes > kQuicklyWritten) log_info(fmt::format("joining {} runs, {} MB", parts.records.planned(), bytes >> 20U));
}

/// Writes every record into the folder's journal, in the plan's order.
sweep::Journal copy_records(const sweep::JoinedParts& parts, const OutputFolder& folder) {
  const bool keeps = parts.experiment.base.train.checkpoints == train::CheckpointPolicy::kAll;
  if (keeps) folder.make_checkpoints();
  files::write_file(folder.path() + "/config.json", parts.experiment.resolved());
  sweep::Journal journal = sweep::Journal::create(folder.journal(), parts.plan);
  for (std::int64_t run = 0; run < parts.records.planned(); ++run) {
    const tables::RunRecord record = parts.records.read(run);
    const std::string id = record.run_id();
    if (keeps && record.status == tables::RunStatus::kOk)
      take_checkpoint(parts.folders[parts.records.journal_of(run)], id + ".safetensors", folder);
    journal.add(record);
  }
  journal.sync();
  return journal;
}

}  // namespace

int merge_command(const MergeRequest& request) {
  if (request.out.empty() && !request.missing_as_array) {
    throw Error(ExitCode::kUsage, {"merge", "--out is missing", "name the folder for the joined results: --out DIR"});
  }
  const sweep::JoinedParts parts = sweep::join_parts(request.parts);
  const std::vector<std::uint32_t> missing = sweep::missing_runs(parts.records);
  if (!missing.empty()) {
    if (request.missing_as_array) print_missing_shards(parts, missing);
    refuse_incomplete(parts, missing);
  }
  if (request.out.empty()) return 0;
  for (const std::string& part : parts.folders) {
    std::error_code not_there;
    if (std::filesystem::equivalent(part, request.out, not_there)) {
      throw Error(ExitCode::kUsage, {request.out, "this folder is one of the parts", "choose another --out"});
    }
  }
  const OutputFolder folder(request.out, request.existing, kReplaceOnly);
  announce_joining(parts);
  const sweep::Journal journal = copy_records(parts, folder);
  publish_results(parts.experiment, journal.index(), folder.path(), request.json);
  std::vector<std::uint32_t> runs(static_cast<std::size_t>(journal.index().planned()));
  std::iota(runs.begin(), runs.end(), 0U);
  const std::size_t complete = warn_of_failures(runs, journal.index(), folder.path());
  warn_of_empty_comparisons(parts.experiment, runs, journal.index());
  log_info(fmt::format("{} of {} runs complete, from {} parts; results in {}", complete, runs.size(), parts.folders.size(), folder.path()));
  const int code = static_cast<int>(complete == runs.size() ? ExitCode::kDone : ExitCode::kRunsFailed);
  draw_last(journal.index(), folder.path(), code);
  return code;
}

}  // namespace normrun::app
