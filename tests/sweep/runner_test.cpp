#include "sweep/runner.hpp"

#include <doctest/doctest.h>

#include <atomic>

#include "study/temporary_config.hpp"
#include "sweep/sweep_rig.hpp"

using namespace normrun;

namespace {

struct Counting : SilentObserver {
  void on_step(int, std::int64_t, Index, Index, double) override { ++steps; }
  void on_finish(const tables::RunRecord&) override { ++finished; }
  std::atomic<int> steps{0};
  int finished = 0;
};

/// Raises the flag after some steps.
struct StopAfter : Counting {
  StopAfter(std::atomic<bool>& stop, int limit) : stop_(stop), limit_(limit) {}
  void on_step(int worker, std::int64_t run, Index step, Index total, double loss) override {
    Counting::on_step(worker, run, step, total, loss);
    if (steps >= limit_) stop_ = true;
  }
  std::atomic<bool>& stop_;
  int limit_;
};

std::string bytes(const RecordList& list) {
  std::string text;
  for (const tables::RunRecord& record : list.records) text += lines_of(record);
  return text;
}

}  // namespace

TEST_CASE("the records do not depend on the number of jobs") {
  const TemporaryFolder folder;
  const study::Experiment experiment = study::load_experiment(folder.write("c.json", small_config()), {}, study::Check::kWithData);
  std::string expected;
  for (const int jobs : {1, 2, 5}) {
    Counting observer;
    RecordList sweep;
    sweep::run_sweep(experiment, all_runs(experiment),
                     {.jobs = jobs, .fail_fast = false, .checkpoint_folder = {}, .resume_folder = {}, .stop = nullptr}, sweep, observer);
    CHECK(sweep.records.size() == 8);
    CHECK(observer.finished == 8);
    if (expected.empty()) expected = bytes(sweep);
    CHECK(bytes(sweep) == expected);
  }
}

TEST_CASE("a run that fails or diverges loses none of the others") {
  const TemporaryFolder folder;
  const study::Overrides overrides{{"norm.type=none"}, {"train.optimizer.learning_rate=0.01,1e30", "network.3.units=3,2"}, "0", {}};
  const study::Experiment experiment = study::load_experiment(folder.write("c.json", small_config()), overrides, study::Check::kWithData);
  Counting observer;
  RecordList sweep;
  sweep::run_sweep(experiment, all_runs(experiment),
                   {.jobs = 2, .fail_fast = false, .checkpoint_folder = {}, .resume_folder = {}, .stop = nullptr}, sweep, observer);
  REQUIRE(sweep.records.size() == 8);
  int ok = 0;
  int failed = 0;
  int diverged = 0;
  for (const tables::RunRecord& record : sweep.records) {
    ok += record.status == tables::RunStatus::kOk ? 1 : 0;
    failed += record.status == tables::RunStatus::kFailed ? 1 : 0;
    diverged += record.status == tables::RunStatus::kDiverged ? 1 : 0;
    CHECK(!record.lines[static_cast<std::size_t>(tables::TableId::kRuns)].empty());
  }
  CHECK(ok == 2);
  CHECK(failed == 4);
  CHECK(diverged == 2);
}

TEST_CASE("a stop keeps the finished runs and gives up the others in time") {
  const TemporaryFolder folder;
  const study::Experiment experiment = study::load_experiment(folder.write("c.json", small_config()), {}, study::Check::kWithData);
  std::atomic<bool> stop{false};
  StopAfter observer(stop, 40);  // the first run takes 2 epochs of 15 steps
  RecordList sweep;
  const sweep::SweepEnd end =
      sweep::run_sweep(experiment, all_runs(experiment),
                       {.jobs = 1, .fail_fast = false, .checkpoint_folder = {}, .resume_folder = {}, .stop = &stop}, sweep, observer);
  CHECK(end == sweep::SweepEnd::kInterrupted);
  CHECK(sweep.records.size() == 1);
  CHECK(observer.steps == 40);
}

TEST_CASE("there is at least one usable core") { CHECK(sweep::usable_cores() >= 1); }
