#include "sweep/resume_point.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "core/random.hpp"
#include "files/atomic_file.hpp"
#include "study/temporary_config.hpp"
#include "sweep/sweep_rig.hpp"

using namespace normrun;

namespace {

/// Raises the flag after so many steps in all.
struct StopAt : SilentObserver {
  explicit StopAt(int limit) : left(limit) {}
  void on_step(int, std::int64_t, Index, Index, double) override { stop = --left <= 0; }
  int left;
  std::atomic<bool> stop{false};
};

std::string all_lines(const RecordList& list) {
  std::string text;
  for (const tables::RunRecord& record : list.records) text += lines_of(record);
  return text;
}

/// Stops and goes on again after every `steps` steps until the run is through; returns its lines.
std::string run_in_pieces(const study::Experiment& experiment, const TemporaryFolder& folder, int steps, int& pieces) {
  RecordList list;
  for (pieces = 1; pieces < 1000; ++pieces) {
    StopAt observer(steps);
    const sweep::SweepOptions options{
        .jobs = 1, .fail_fast = false, .checkpoint_folder = {}, .resume_folder = folder.path() + "/unfinished", .stop = &observer.stop};
    if (sweep::run_sweep(experiment, all_runs(experiment), options, list, observer) == sweep::SweepEnd::kComplete) break;
    REQUIRE(list.records.empty());
  }
  return all_lines(list);
}

study::Experiment one_run(const TemporaryFolder& folder, const std::string& set, Index epochs = 2) {
  const study::Overrides overrides{
      .set = {"grid={}", "train.batch_size=7", "seed=3", "compare.every_steps=4", set}, .grid = {}, .seeds = "", .epochs = epochs};
  return study::load_experiment(folder.write("c.json", small_config()), overrides, study::Check::kWithData);
}

constexpr const char* kVariants[] = {R"(train.optimizer={"type":"sgd","learning_rate":0.1})",
                                     R"(train.optimizer={"type":"sgd","learning_rate":0.1,"momentum":0.9})",
                                     R"(train.optimizer={"type":"rmsprop"})",
                                     R"(train.optimizer={"type":"adam","weight_decay":0.01})",
                                     R"(train.schedule={"type":"plateau","split":"train","patience":1,"min_delta":1})",
                                     R"(train.early_stopping={"patience":9,"split":"train","restore_best_weights":true})",
                                     R"(train.average_weights={"type":"swa"})",
                                     R"(train.average_weights={"type":"ema","decay":0.9,"statistics":"average"})",
                                     R"(train.phases=[{"from_step":3,"momentum":0.5},{"from_epoch":1,"freeze":["norms"]}])",
                                     R"(train.phases=[{"from_step":6,"update":"statistics","rows":"test"}])",
                                     R"(train.clients={"count":2,"local_steps":3,"statistics":"own"})",
                                     "train.class_weight=[1,2,3]",
                                     "precision=float64",
                                     "network.2={\"type\":\"dropout\",\"rate\":0.3}",
                                     "norm={\"type\":\"batch_renorm\"}",
                                     "data.batching={\"order\":\"by-class\",\"last\":\"drop\"}"};

}  // namespace

TEST_CASE("a run that is stopped and resumed gives the same bytes as one that is not") {
  for (const char* variant : kVariants) {
    CAPTURE(variant);
    const TemporaryFolder folder;
    const study::Experiment experiment = one_run(folder, variant, 4);
    RecordList whole;
    SilentObserver observer;
    sweep::run_sweep(experiment, all_runs(experiment), {}, whole, observer);
    REQUIRE(whole.records[0].status == tables::RunStatus::kOk);
    for (const int steps : {1, 4, 5}) {
      int pieces = 0;
      CHECK(run_in_pieces(experiment, folder, steps, pieces) == all_lines(whole));
      CHECK(pieces > 16 / steps - 1);
      CHECK(std::filesystem::is_empty(folder.path() + "/unfinished"));
    }
  }
}

TEST_CASE("checkpoint_every leaves a checkpoint to resume from, whatever ends the program") {
  const TemporaryFolder folder;
  const study::Experiment experiment = one_run(folder, "train.checkpoint_every=6");
  RecordList whole;
  SilentObserver silent;
  sweep::run_sweep(experiment, all_runs(experiment), {}, whole, silent);
  const std::string unfinished = folder.path() + "/unfinished";
  // As a kill would leave it: the stop at step 7 writes a checkpoint too, which is put back to that of step 6.
  struct Keep : SilentObserver {
    explicit Keep(const std::string& from) : folder(from) {}
    void on_step(int, std::int64_t, Index step, Index, double) override {
      if (step == 7) std::filesystem::copy(folder, folder + ".kept");
      stop = step == 7;
    }
    std::string folder;
    std::atomic<bool> stop{false};
  } keep(unfinished);
  RecordList list;
  sweep::SweepOptions options{.jobs = 1, .fail_fast = false, .checkpoint_folder = {}, .resume_folder = unfinished, .stop = &keep.stop};
  CHECK(sweep::run_sweep(experiment, all_runs(experiment), options, list, keep) == sweep::SweepEnd::kInterrupted);
  std::filesystem::remove_all(unfinished);
  std::filesystem::rename(unfinished + ".kept", unfinished);
  struct Count : SilentObserver {
    void on_step(int, std::int64_t, Index, Index, double) override { ++steps; }
    int steps = 0;
  } count;
  options.stop = nullptr;
  CHECK(sweep::run_sweep(experiment, all_runs(experiment), options, list, count) == sweep::SweepEnd::kComplete);
  CHECK(count.steps == 18 - 6);
  CHECK(all_lines(list) == all_lines(whole));
}

TEST_CASE("a damaged or foreign checkpoint to resume from is refused, never used") {
  const TemporaryFolder folder;
  const study::Experiment experiment = one_run(folder, "precision=float32");
  const std::string unfinished = folder.path() + "/unfinished";
  StopAt observer(5);
  RecordList list;
  sweep::SweepOptions options{.jobs = 1, .fail_fast = false, .checkpoint_folder = {}, .resume_folder = unfinished, .stop = &observer.stop};
  sweep::run_sweep(experiment, all_runs(experiment), options, list, observer);
  const std::string path = std::filesystem::directory_iterator(unfinished)->path().string();
  const std::string whole = files::read_file(path, 1 << 24);
  options.stop = nullptr;
  SilentObserver silent;
  const auto is_refused = [&](const study::Experiment& resumed) {
    try {
      sweep::run_sweep(resumed, all_runs(resumed), options, list, silent);
    } catch (const Error& error) {
      return error.code() == ExitCode::kDamaged && error.problems()[0].where.find(path) != std::string::npos;
    }
    return false;
  };
  const char* const asked = std::getenv("NORMRUN_FLIPS");
  const std::uint64_t flips = asked != nullptr ? std::strtoull(asked, nullptr, 10) : 200;
  RandomStream random(2, Purpose::kData);
  for (std::uint64_t i = 0; i < flips; ++i) {
    const std::size_t bit = random.below(8 * whole.size());
    CAPTURE(bit);
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << (bit % 8)));
    files::write_file(path, bytes);
    CHECK(is_refused(experiment));
  }
  for (std::size_t size = 0; size < whole.size(); size += asked != nullptr ? 1 : 97) {
    CAPTURE(size);
    files::write_file(path, whole.substr(0, size));
    CHECK(is_refused(experiment));
  }
  files::write_file(path, whole);
  CHECK(is_refused(one_run(folder, "precision=float32", 3)));
  CHECK(list.records.empty());
}
