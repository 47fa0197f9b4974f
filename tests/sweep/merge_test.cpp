#include "sweep/merge.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "files/atomic_file.hpp"
#include "study/plan.hpp"
#include "study/temporary_config.hpp"
#include "sweep/sweep_rig.hpp"

using namespace normrun;

namespace {

tables::RunRecord some_record(std::int64_t run, const std::string& text) {
  tables::RunRecord record{.run = run,
                           .status = tables::RunStatus::kOk,
                           .keys = "run-" + std::to_string(run) + ",",
                           .lines = {},
                           .data_digest = std::string(32, 'a')};
  record.lines.fill(record.keys + text + "\n");
  return record;
}

/// A part of the small experiment with these runs, as a shard would leave it.
std::string part(const TemporaryFolder& folder, const study::Experiment& experiment, const std::string& name,
                 const std::vector<tables::RunRecord>& records, const std::string& shard = "") {
  const std::string path = folder.path() + "/" + name;
  std::filesystem::create_directory(path);
  files::write_file(path + "/config.json", experiment.resolved());
  sweep::JournalPlan plan = plan_of(experiment);
  plan.shard = shard;
  sweep::Journal journal = sweep::Journal::create(path + "/" + study::kJournalFile, plan);
  for (const tables::RunRecord& record : records) journal.add(record);
  return path;
}

ExitCode refusal(const std::vector<std::string>& parts) {
  try {
    sweep::join_parts(parts);
  } catch (const Error& error) {
    return error.code();
  }
  return ExitCode::kDone;
}

}  // namespace

TEST_CASE("parts may have the same runs where their records are the same but for the times") {
  const TemporaryFolder folder;
  const study::Experiment experiment = study::load_experiment(folder.write("c.json", small_config()), {}, study::Check::kConfigOnly);
  const std::string a = part(folder, experiment, "a", {some_record(0, "x"), some_record(1, "x")});
  tables::RunRecord slower = some_record(1, "x");
  slower.lines[static_cast<std::size_t>(tables::TableId::kTiming)] = "run-1,9\n";
  const std::string b = part(folder, experiment, "b", {slower, some_record(2, "x")});
  const sweep::JoinedParts joined = sweep::join_parts({a, b});
  CHECK(joined.records.finished() == 3);
  CHECK(sweep::missing_runs(joined.records) == std::vector<std::uint32_t>{3, 4, 5, 6, 7});
  CHECK(joined.shards == 0);

  const std::string other = part(folder, experiment, "other", {some_record(1, "y")});
  CHECK(refusal({a, other}) == ExitCode::kDamaged);
  tables::RunRecord failed = some_record(1, "x");
  failed.status = tables::RunStatus::kFailed;
  const std::string not_ok = part(folder, experiment, "failed", {failed});
  CHECK(refusal({a, not_ok}) == ExitCode::kDamaged);
  // A run that failed and was then done again is what it became.
  const std::string again = part(folder, experiment, "again", {failed, some_record(1, "x")});
  CHECK(refusal({a, again}) == ExitCode::kDone);
}

TEST_CASE("parts that trained on different files are refused") {
  const TemporaryFolder folder;
  folder.write("d.csv", "x,y\n1,a\n2,b\n3,a\n4,b\n");
  const study::Overrides overrides{{R"(data={"type":"csv","path":"d.csv","test_fraction":0})"}, {}, "", {}};
  const study::Experiment experiment = study::load_experiment(folder.write("c.json", small_config()), overrides, study::Check::kConfigOnly);
  REQUIRE(!experiment.base.data_spec().depends_on_seed());
  tables::RunRecord other = some_record(1, "x");
  const std::string a = part(folder, experiment, "a", {some_record(0, "x")});
  CHECK(refusal({a, part(folder, experiment, "same", {other})}) == ExitCode::kDone);
  other.data_digest = std::string(32, 'b');
  CHECK(refusal({a, part(folder, experiment, "other", {other})}) == ExitCode::kDamaged);
}

TEST_CASE("missing runs are given as the numbers of their shards") {
  const TemporaryFolder folder;
  const study::Experiment experiment = study::load_experiment(folder.write("c.json", small_config()), {}, study::Check::kConfigOnly);
  const std::string a = part(folder, experiment, "a", {}, "2/8");
  const sweep::JoinedParts joined = sweep::join_parts({folder.path() + "/not-begun", a});
  CHECK(joined.shards == 8);
  const std::vector<std::uint32_t> order = all_runs(experiment);
  CHECK(sweep::shards_of(joined, order) == "1-8");
  CHECK(sweep::shards_of(joined, {order[1], order[4], order[5], order[7]}) == "2,5-6,8");
  CHECK(sweep::shards_of(joined, {}).empty());
  const std::string b = part(folder, experiment, "b", {}, "1/2");
  CHECK(sweep::join_parts({a, b}).shards == 0);
  CHECK(refusal({folder.path()}) == ExitCode::kUsage);
}
