#include "compare/compare_modes.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "compare/budget.hpp"
#include "study/trained_run.hpp"

using namespace normrun;
TEST_CASE_TEMPLATE("layer norm: the gap between the modes is exactly zero", T, float, double) {
  const TrainedRun<T> trained(run_of({"norm.type=layer"}), 20);
  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
  const auto gaps = fields(record, tables::TableId::kCompare, "max_abs");
  CHECK(gaps.size() == 6);
  for (const std::string& gap : gaps) CHECK(gap == "0");
}

TEST_CASE("batch norm: the modes differ, and a comparison leaves the trained numbers alone") {
  const TrainedRun<float> trained(run_of({"norm.type=batch"}), 20);
  const nn::Model<float> before = trained.trainer.model();
  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
  CHECK(trained.trainer.model().params == before.params);
  CHECK(trained.trainer.model().state == before.state);
  for (const std::string& gap : fields(record, tables::TableId::kCompare, "max_abs")) CHECK(gap != "0");
}

TEST_CASE("slices of the evaluation batch size, the remainder left out") {
  const TrainedRun<float> trained(run_of({"norm.type=batch"}), 5);
  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
  const std::vector<std::string> sizes = fields(record, tables::TableId::kCompare, "eval_batch_size");
  const std::vector<std::string> samples = fields(record, tables::TableId::kCompare, "samples");
  CHECK(sizes == std::vector<std::string>{"4", "3", "30", "4", "3", "30"});
  CHECK(samples == std::vector<std::string>{"28", "30", "30", "28", "30", "30"});
}

TEST_CASE("eval and population outputs do not depend on the batching") {
  const TrainedRun<double> trained(run_of({"norm.type=batch"}), 12);
  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
  const auto mode = fields(record, tables::TableId::kOutputs, "mode");
  CHECK(std::count(mode.begin(), mode.end(), "eval") == 2 * 3);       // one block of 2 rows x 3 outputs
  CHECK(std::count(mode.begin(), mode.end(), "train") == 3 * 2 * 3);  // one for every evaluation batch size
}

TEST_CASE("too few rows for one batch leave a line without figures") {
  study::RunConfig config = run_of({"norm.type=batch"});
  config.compare.eval_batch_sizes = {{.word = "", .value = 1000}};
  const TrainedRun<float> trained(config, 3);
  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kRunning, record);
  CHECK(fields(record, tables::TableId::kCompare, "samples") == std::vector<std::string>{"0", "0"});
  CHECK(fields(record, tables::TableId::kCompare, "rms") == std::vector<std::string>{"", ""});
}

TEST_CASE("layers.csv follows the moving statistics") {
  const TrainedRun<double> trained(run_of({"norm.type=batch"}), 7);
  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
  CHECK(fields(record, tables::TableId::kLayers, "updates") == std::vector<std::string>{"7"});
  CHECK(std::stod(fields(record, tables::TableId::kLayers, "init_share")[0]) == doctest::Approx(std::pow(0.9, 7)));
  CHECK(fields(record, tables::TableId::kChannels, "channel").size() == 5);
}

TEST_CASE("what comparisons share of the network's stem changes none of their numbers") {
  for (const std::string norm : {"batch", "layer", "moving_layer"}) {
    CAPTURE(norm);
    study::RunConfig config = run_of({"norm.type=" + norm});
    config.compare.splits = {"train", "test"};
    config.compare.pairs = {{"train", "eval"}, {"untrained", "pooled"}, {"batch-average", "train+dropout"}};
    TrainedRun<float> trained(config, 12);
    const auto compared = [&](compare::StemCache<float>* stems) {
      compare::Snapshot<float> snapshot = trained.snapshot();
      snapshot.stems = stems;
      tables::RunRecord record;
      compare::compare_modes(snapshot, compare::Moment::kFinal, record);
      compare::add_budget(snapshot, trained.plan, record);
      return record.lines;
    };
    compare::StemCache<float> stems;
    const auto alone = compared(nullptr);
    CHECK(compared(&stems) == alone);
    CHECK(compared(&stems) == alone);
    trained.trainer.advance();
    CHECK(compared(&stems) == compared(nullptr));  // the outputs of the step before are forgotten
  }
}
