#include "sweep/merge.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "study/example_shape.hpp"
#include "study/plan.hpp"
#include "sweep/data_check.hpp"

namespace normrun::sweep {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& what, const std::string& hint) {
  throw Error(ExitCode::kDamaged, {path, what, hint});
}

/// Whether two records are equal, apart from their times.
bool same_record(const tables::RunRecord& a, const tables::RunRecord& b) {
  for (const tables::Table& table : tables::tables()) {
    const auto id = static_cast<std::size_t>(table.id);
    if (table.id != tables::TableId::kTiming && a.lines[id] != b.lines[id]) return false;
  }
  return a.status == b.status && a.keys == b.keys && a.data_digest == b.data_digest;
}

/// Checks that the parts trained on the same data: runs with the same data options and different seeds must have the same rows.
class DataOfParts {
 public:
  explicit DataOfParts(const study::Experiment& experiment) : experiment_(experiment) {}

  void add(const tables::RunRecord& record, std::int64_t run, const std::string& path) {
    if (record.data_digest.empty()) return;
    const auto [known, is_new] = seen_.try_emplace(data_choice(experiment_.grid, run));
    Seen& seen = known->second;
    if (is_new) seen = {record.data_digest, path, experiment_.at(run).data_spec().depends_on_seed()};
    if (seen.by_seed || seen.digest == record.data_digest) return;
    refuse(path, "run " + record.run_id() + " trained on other data than the runs of " + seen.path, "train every part on the same files");
  }

 private:
  struct Seen {
    std::string digest;
    std::string path;
    bool by_seed = false;
  };
  const study::Experiment& experiment_;
  std::map<std::vector<std::size_t>, Seen> seen_;
};

class Joining {
 public:
  explicit Joining(JoinedParts& parts) : parts_(parts), data_(parts.experiment) {}

  void add(const std::string& folder) {
    const std::string path = folder + "/" + study::kJournalFile;
    const std::uint32_t journal = parts_.records.add_journal(path);
    parts_.folders.push_back(folder);
    std::string grid;
    std::optional<RunTranslation> translation;
    // this part's records of runs that earlier parts have recorded, too
    std::map<std::int64_t, std::pair<std::uint64_t, tables::RunStatus>> doubles;
    const auto take_plan = [&](const JournalPlan& plan) {
      check_same_plan(plan, parts_.plan, path, "leave this part out, or train it again as " + parts_.folders[0] + " was trained");
      grid = plan.grid;
      translation.emplace(plan.grid, parts_.plan.grid);
      note_division(plan.shard);
    };
    const auto take_record = [&](std::uint64_t offset, const tables::RunRecord& record) {
      const std::int64_t run = (*translation)(record.run);
      if (run < 0) return;
      data_.add(record, run, path);
      if (parts_.records.contains(run) && parts_.records.journal_of(run) != journal) {
        doubles[run] = {offset, record.status};
        return;
      }
      parts_.records.put(run, journal, offset, record.status);
    };
    const JournalFile file(path);
    file.scan({take_plan, take_record});
    if (grid != parts_.plan.grid)
      refuse(path, "its seeds or other swept values are not those of " + parts_.folders[0], "resume this part with the same values");
    for (const auto& [run, place] : doubles) compare(run, file.record_at(place.first));
  }

  void finish() { parts_.shards = divisions_.size() == 1 && !divisions_.contains("") ? std::stoi(*divisions_.begin()) : 0; }

 private:
  void note_division(const std::string& shard) { divisions_.insert(shard.empty() ? "" : shard.substr(shard.find('/') + 1)); }

  void compare(std::int64_t run, const tables::RunRecord& record) const {
    const tables::RunRecord other = parts_.records.read(run);
    if (same_record(record, other)) return;
    refuse(parts_.folders.back(), "run " + record.run_id() + " differs from that of " + parts_.folders[parts_.records.journal_of(run)],
           "leave one of the parts out");
  }

  JoinedParts& parts_;
  DataOfParts data_;
  std::set<std::string> divisions_;
};

/// Returns the last plan in a journal.
JournalPlan last_plan(const std::string& path) {
  JournalPlan last;
  JournalFile(path).scan({[&](const JournalPlan& plan) { last = plan; }, [](std::uint64_t, const tables::RunRecord&) {}});
  return last;
}

}  // namespace

JoinedParts join_parts(const std::vector<std::string>& folders) {
  std::vector<std::string> begun;
  for (const std::string& folder : folders) {
    if (std::filesystem::exists(folder + "/" + study::kJournalFile)) begun.push_back(folder);
  }
  if (begun.empty())
    throw Error(ExitCode::kUsage,
                {folders[0], std::string("the folder has no ") + study::kJournalFile, "give the output folders of `train`"});
  JoinedParts parts{.experiment = study::load_experiment(begun[0] + "/config.json", {}, study::Check::kConfigOnly),
                    .plan = last_plan(begun[0] + "/" + study::kJournalFile),
                    .records = RecordIndex(0),
                    .folders = {},
                    .shards = 0};
  for (const std::string& folder : begun) {
    if (!parts.experiment.example) parts.experiment.example = study::example_shape(folder);
  }
  parts.plan.shard.clear();
  parts.records = RecordIndex(parts.experiment.grid.size());
  if (study::parse_grid(parts.plan.grid).size() != parts.experiment.grid.size()) {
    refuse(begun[0], "config.json and the journal belong to different sweeps", "resume this part once more");
  }
  Joining joining(parts);
  for (const std::string& folder : begun) joining.add(folder);
  joining.finish();
  return parts;
}

std::vector<std::uint32_t> missing_runs(const RecordIndex& records) {
  std::vector<std::uint32_t> missing;
  for (std::int64_t run = 0; run < records.planned(); ++run) {
    if (!records.contains(run)) missing.push_back(static_cast<std::uint32_t>(run));
  }
  return missing;
}

std::string shards_of(const JoinedParts& parts, const std::vector<std::uint32_t>& runs) {
  const std::set<std::uint32_t> wanted(runs.begin(), runs.end());
  const std::vector<std::uint32_t> order = longest_first(parts.experiment.grid, CostModel::parse(parts.plan.costs, parts.folders[0]));
  std::set<int> shards;
  for (std::size_t place = 0; place < order.size(); ++place) {
    if (wanted.contains(order[place])) shards.insert(shard_at(place, parts.shards));
  }
  std::string text;
  for (auto shard = shards.begin(); shard != shards.end();) {
    const int first = *shard;
    int last = first;
    while (++shard != shards.end() && *shard == last + 1) last = *shard;
    text += (text.empty() ? "" : ",") + std::to_string(first) + (last > first ? "-" + std::to_string(last) : "");
  }
  return text;
}

}  // namespace normrun::sweep
