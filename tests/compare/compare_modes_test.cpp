#include "compare/compare_modes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "compare/budget.hpp"
#include "compare/diagnosis_tables.hpp"
#include "compare/evaluation_set.hpp"
#include "compare/metrics.hpp"
#include "study/eval_divergence.hpp"
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

TEST_CASE("every row counts once in every line, also where the last batch is not full") {
  const TrainedRun<float> trained(run_of({"norm.type=batch"}), 5);
  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
  const std::vector<std::string> sizes = fields(record, tables::TableId::kCompare, "eval_batch_size");
  CHECK(sizes == std::vector<std::string>{"4", "3", "30", "4", "3", "30"});
  CHECK(fields(record, tables::TableId::kCompare, "samples") == std::vector<std::string>(6, "30"));
  const std::vector<std::string> of_classes = fields(record, tables::TableId::kClasses, "samples");
  Index rows = 0;
  for (const std::string& count : of_classes) rows += std::stoll(count);
  CHECK(rows == 5 * 30);  // train mode in three sizes, eval, population
}

TEST_CASE("eval and population outputs do not depend on the batching") {
  const TrainedRun<double> trained(run_of({"norm.type=batch"}), 12);
  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
  const auto mode = fields(record, tables::TableId::kOutputs, "mode");
  CHECK(std::count(mode.begin(), mode.end(), "eval") == 2 * 3);       // one block of 2 rows x 3 outputs
  CHECK(std::count(mode.begin(), mode.end(), "train") == 3 * 2 * 3);  // one for every evaluation batch size
}

TEST_CASE("a batch of more rows than the split has is the whole split") {
  study::RunConfig config = run_of({"norm.type=batch"});
  config.compare.eval_batch_sizes = {{.word = "all"}, {.word = "", .value = 1000}};
  const TrainedRun<float> trained(config, 3);
  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kRunning, record);
  CHECK(fields(record, tables::TableId::kCompare, "eval_batch_size") == std::vector<std::string>{"30", "1000", "30", "1000"});
  CHECK(fields(record, tables::TableId::kCompare, "samples") == std::vector<std::string>(4, "30"));
  for (const char* const column : {"rms", "loss_a", "accuracy_a"}) {
    const std::vector<std::string> values = fields(record, tables::TableId::kCompare, column);
    CHECK(values[0] == values[1]);
    CHECK(values[2] == values[3]);
  }
}

TEST_CASE("layers.csv follows the moving statistics") {
  const TrainedRun<double> trained(run_of({"norm.type=batch"}), 7);
  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
  CHECK(fields(record, tables::TableId::kLayers, "updates") == std::vector<std::string>{"7"});
  CHECK(std::stod(fields(record, tables::TableId::kLayers, "init_share")[0]) == doctest::Approx(std::pow(0.9, 7)));
  CHECK(fields(record, tables::TableId::kChannels, "channel").size() == 5);
}

TEST_CASE("the gap of a layer's outputs: the last layer's is the network's, and without a mode it is exactly zero") {
  const std::string network = R"(network=[{"type": "dense", "units": 4}, {"type": "norm"}, {"type": "relu"},
                                          {"type": "dense", "units": 3}, {"type": "norm"}])";
  const auto gaps_of = [&](const std::string& norm, tables::RunRecord& record) {
    study::RunConfig config = run_of({network, "norm.type=" + norm});
    config.compare.eval_batch_sizes = {{.word = "train"}};
    const TrainedRun<double> trained(config, 12);
    compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
    return fields(record, tables::TableId::kLayers, "relative_gap");
  };
  tables::RunRecord record;
  const std::vector<std::string> gaps = gaps_of("batch", record);
  REQUIRE(gaps.size() == 2);
  const double of_network = std::stod(fields(record, tables::TableId::kCompare, "relative_gap")[0]);
  CHECK(std::stod(gaps[1]) == doctest::Approx(of_network).epsilon(1e-12));
  CHECK(std::stod(gaps[0]) > 0.01);
  CHECK(std::stod(gaps[0]) != doctest::Approx(of_network).epsilon(0.01));
  tables::RunRecord of_layer_norm;
  CHECK(gaps_of("layer", of_layer_norm) == std::vector<std::string>{"0", "0"});
}

TEST_CASE("the gap of a layer's outputs is that of the normalization, not of the activation behind it") {
  const std::string network =
      R"(network=[{"type": "dense", "units": 4}, {"type": "norm"}, {"type": "relu"}, {"type": "dense", "units": 3}])";
  const TrainedRun<double> trained(run_of({network, "norm.type=batch"}), 12);
  const compare::Snapshot<double> snapshot = trained.snapshot();
  tables::RunRecord record;
  compare::compare_modes(snapshot, compare::Moment::kFinal, record);
  const compare::EvaluationSet<double> set(snapshot, data::SplitName::kTest);
  constexpr Index kBehindNorm = 2;
  const auto outputs = [&](const Mode& mode) {
    return statistics::run_every_row<double>(snapshot.network, snapshot.model.params, snapshot.model.state, mode,
                                             snapshot.rows(data::SplitName::kTest), set.batch_order(), snapshot.settings.batch_size,
                                             kBehindNorm);
  };
  const double expected = compare::gap_metrics<double>(outputs(kTrainFrozen).view(), outputs(kEvalMode).view()).relative_gap;
  CHECK(std::stod(fields(record, tables::TableId::kLayers, "relative_gap")[0]) == doctest::Approx(expected).epsilon(1e-12));
}

TEST_CASE("the gap of a layer's outputs is of the test rows, if they are compared") {
  const auto gap = [](const std::vector<std::string>& splits) {
    study::RunConfig config = run_of({"norm.type=batch"});
    config.compare.splits = splits;
    const TrainedRun<double> trained(config, 12);
    tables::RunRecord record;
    compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
    return fields(record, tables::TableId::kLayers, "relative_gap");
  };
  CHECK(gap({"train", "test"}) == gap({"test"}));
  CHECK(gap({"train"}) != gap({"test"}));
  CHECK(gap({"validation"}) == std::vector<std::string>{""});  // no rows
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
      compare::add_budget(snapshot, compare::repaired_statistics(snapshot, trained.plan), record);
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

namespace {

const std::vector<std::string> kBatchings = {
    R"({"order": "shuffled"})",
    R"({"order": "shuffled", "last": "drop"})",
    R"({"order": "sequential", "last": "drop"})",
    R"({"order": "replacement"})",
    R"({"order": "replacement", "last": "drop"})",
    R"({"order": "by-class"})",
    R"({"order": "by-class", "classes_per_batch": 2, "balanced": false, "last": "drop"})",
};

/// A run of 24 training and 10 test rows, x = 0 to 9 and y = 0, by a network that gives x: its loss is 285 / 10.
study::RunConfig identity_run(const TemporaryFolder& folder, const std::vector<std::string>& set) {
  std::string train = "x,y\n";
  std::string test = train;
  for (int i = 0; i < 24; ++i) train += std::to_string(i % 5) + ",0\n";
  for (int i = 0; i < 10; ++i) test += std::to_string(i) + ",0\n";
  const std::string config = R"({"name": "identity", "precision": "float64",
    "data": {"type": "csv", "train": ")" +
                             folder.write("train.csv", train) + R"(", "test": ")" + folder.write("test.csv", test) +
                             R"(", "target": "number"},
    "network": [{"type": "dense", "units": 1, "kernel_initializer": "ones", "use_bias": false}],
    "train": {"batch_size": 4, "epochs": 1, "loss": "mse", "optimizer": {"type": "sgd", "learning_rate": 0}}})";
  return study::load_experiment(folder.write("identity.json", config), {set, {}, "", {}}, study::Check::kConfigOnly).at(0);
}

}  // namespace

TEST_CASE("no mode of a network without batch statistics depends on compare.batching: the loss of x = 0 to 9 is 28.5") {
  const TemporaryFolder folder;
  for (const std::string mode : {"random", "training"}) {
    for (const std::string& batching : kBatchings) {
      if (batching.find("by-class") != std::string::npos) continue;  // numbers have no classes
      CAPTURE(batching);
      const TrainedRun<double> trained(identity_run(folder, {"compare.batching=" + mode, "data.batching=" + batching}), 0);
      CHECK(compare::score_split(trained.snapshot(), data::SplitName::kTest, "eval", 4).loss == 28.5);
      CHECK(compare::score_split(trained.snapshot(), data::SplitName::kTest, "train", 4).loss == 28.5);
      CHECK(compare::score_split(trained.snapshot(), data::SplitName::kTest, "train", 4).samples == 10);
    }
  }
}

TEST_CASE("what does not depend on the batch is the same to the bit, whatever batching says") {
  const auto compared = [](const std::string& norm, const std::vector<std::string>& set, const char* column) {
    std::vector<std::string> all = {"norm.type=" + norm, R"(compare.pairs=[["eval", "population"], ["initial-statistics", "pooled"]])"};
    all.insert(all.end(), set.begin(), set.end());
    const TrainedRun<float> trained(run_of(all), 0);
    tables::RunRecord record;
    compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
    return fields(record, tables::TableId::kCompare, column);
  };
  for (const std::string norm : {"batch", "layer"}) {
    for (const char* const column : {"samples", "rms", "relative_gap", "kl", "loss_a", "loss_b", "accuracy_a"}) {
      const std::vector<std::string> expected = compared(norm, {}, column);
      for (const std::string& batching : kBatchings) {
        CAPTURE(batching);
        CAPTURE(column);
        CHECK(compared(norm, {"compare.batching=training", "data.batching=" + batching}, column) == expected);
      }
    }
  }
}

TEST_CASE("batches drawn as training draws them: every row once, however they are drawn") {
  for (const std::string& batching : kBatchings) {
    CAPTURE(batching);
    const TrainedRun<double> trained(run_of({"norm.type=batch", "compare.batching=training", "data.batching=" + batching}), 3);
    const compare::EvaluationSet<double> set(trained.snapshot(), data::SplitName::kTest);
    std::vector<Index> rows = set.order();
    CHECK(rows.size() == 30);
    std::sort(rows.begin(), rows.end());
    CHECK(std::adjacent_find(rows.begin(), rows.end()) == rows.end());
    tables::RunRecord record;
    compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
    CHECK(fields(record, tables::TableId::kCompare, "samples") == std::vector<std::string>(6, "30"));
  }
}

TEST_CASE("with replacement the batches are training's own") {
  const TrainedRun<double> trained(
      run_of({"norm.type=batch", "train.batch_size=8", "compare.batching=training", R"(data.batching={"order": "replacement"})"}), 0);
  const compare::EvaluationSet<double> set(trained.snapshot(), data::SplitName::kTrain);
  const data::Split<double>& train = trained.data.train;
  data::Batches batches(trained.config.data_spec().batching, train.samples(), train.labels, 3, 8, 0);
  batches.start_epoch(0);
  for (Index step = 0; step < 3; ++step) {  // the first ones have new rows
    const auto drawn = batches.step(step);
    CHECK(std::equal(drawn.begin(), drawn.end(), set.batch_order().begin() + step * 8));
  }
}

TEST_CASE("by class: batches of the classes that a split has") {
  const TrainedRun<double> trained(run_of({"norm.type=batch", "train.batch_size=8", "compare.batching=training",
                                           R"(data.batching={"order": "by-class", "classes_per_batch": 1})"}),
                                   0);
  data::Dataset<double> data = trained.data;
  for (std::int32_t& label : data.test.labels) label = label == 1 ? 2 : label;
  const compare::Snapshot<double> snapshot{trained.network, trained.trainer.model(), data, trained.settings, trained.loss, 0, 0};
  const compare::EvaluationSet<double> set(snapshot, data::SplitName::kTest);
  CHECK(set.order().size() == 30);
  REQUIRE(set.batch_order().size() % 8 == 0);
  for (std::size_t first = 0; first < set.batch_order().size(); first += 8) {
    for (std::size_t i = first; i < first + 8; ++i)
      CHECK(set.labels()[static_cast<std::size_t>(set.batch_order()[i])] ==
            set.labels()[static_cast<std::size_t>(set.batch_order()[first])]);
  }
}

TEST_CASE("outputs.csv shows the same rows in every mode, each with its own outputs") {
  for (const char* const batching : {"random", "training"}) {
    const TrainedRun<double> trained(run_of({"norm.type=layer", "compare.outputs=7", "compare.batching=" + std::string(batching),
                                             R"(data.batching={"order": "replacement"})"}),
                                     3);
    tables::RunRecord record;
    compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
    const std::vector<std::string> rows = fields(record, tables::TableId::kOutputs, "sample");
    const std::vector<std::string> values = fields(record, tables::TableId::kOutputs, "value");
    const compare::EvaluationSet<double> set(trained.snapshot(), data::SplitName::kTest);
    const Matrix<double> expected =
        statistics::run_forward<double>(trained.network, trained.trainer.model().params, trained.trainer.model().state, kEvalMode,
                                        trained.data.test, set.order(), 1, trained.network.output_boundary());
    const std::size_t mode = 7 * 3;
    REQUIRE(rows.size() == 5 * mode);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto place = static_cast<Index>(i % mode / 3);
      CHECK(rows[i] == std::to_string(set.order()[static_cast<std::size_t>(place)]));
      CHECK(values[i] == tables::shortest(expected(place, static_cast<Index>(i % 3))));
    }
  }
}

TEST_CASE("a label for each step: the steps that count are what is scored, compared and shown") {
  const TrainedRun<double> trained(
      run_of(
          {R"(data={"type": "sequences", "samples": 60, "test_samples": 20, "features": 3, "classes": 3, "min_length": 3, "max_length": 6,
                       "label_of": "step"})",
           R"(network=[{"type": "dense", "units": 4}, "norm", "relu", {"type": "dense", "units": 3}])", "norm.type=batch"}),
      20);
  const data::Split<double>& test = trained.data.test;
  const compare::EvaluationSet<double> set(trained.snapshot(), data::SplitName::kTest);
  const Matrix<double> logits =
      statistics::run_every_row<double>(trained.network, trained.trainer.model().params, trained.trainer.model().state, kEvalMode, test,
                                        set.batch_order(), 4, trained.network.output_boundary());
  Index count = 0;
  Index right = 0;
  for (Index i = 0; i < 20 * 6; ++i) {
    const std::int32_t label = test.labels[static_cast<std::size_t>(i)];
    if (label == kNoLabel) continue;
    const double* const z = logits.view().data + 3 * i;
    CHECK(set.labels()[static_cast<std::size_t>(count)] == label);
    CHECK(set.counted(logits)(count, 2) == z[2]);
    right += std::max_element(z, z + 3) - z == label ? 1 : 0;
    ++count;
  }
  REQUIRE(count > 20);
  REQUIRE(count < 100);
  CHECK(std::ssize(set.labels()) == count);
  const compare::SplitScore score = compare::score_split(trained.snapshot(), data::SplitName::kTest, "eval", 4);
  CHECK(score.accuracy == static_cast<double>(right) / static_cast<double>(count));
  CHECK(score.samples == count);

  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
  for (const std::string& samples : fields(record, tables::TableId::kCompare, "samples")) CHECK(samples == std::to_string(count));
  const std::vector<std::string> rows = fields(record, tables::TableId::kOutputs, "sample");
  const std::vector<std::string> outputs = fields(record, tables::TableId::kOutputs, "output");
  REQUIRE_FALSE(rows.empty());
  for (std::size_t i = 0; i < rows.size(); ++i)
    CHECK(test.labels[static_cast<std::size_t>(std::stoll(rows[i]) * 6 + std::stoll(outputs[i]) / 3)] != kNoLabel);

  // What stands at the other steps changes no gap, because no statistic and no score reads it.
  data::Dataset<double> other = trained.data;
  for (Index r = 0; r < 20; ++r)
    for (Index i = 3 * test.lengths[static_cast<std::size_t>(r)]; i < 18; ++i) other.test.features(r, i) = 1000.0;
  compare::Snapshot<double> changed{
      .network = trained.network, .model = trained.trainer.model(), .data = other, .settings = trained.settings, .loss = trained.loss};
  CHECK(compare::score_train_and_eval(changed, data::SplitName::kTest).relative_gap ==
        compare::score_train_and_eval(trained.snapshot(), data::SplitName::kTest).relative_gap);
}

TEST_CASE("train mode beside eval mode: the run's own batches, the gap of compare.csv") {
  const TrainedRun<float> trained(run_of({"norm.type=batch"}), 9);
  tables::RunRecord record;
  compare::compare_modes(trained.snapshot(), compare::Moment::kFinal, record);
  const compare::TrainEvalScores scores = compare::score_train_and_eval(trained.snapshot(), data::SplitName::kTest);
  CHECK(scores.train.samples == 30);
  CHECK(scores.eval.samples == 30);
  CHECK(tables::shortest(scores.relative_gap) == fields(record, tables::TableId::kCompare, "relative_gap")[0]);
  CHECK(tables::shortest(scores.train.loss) == fields(record, tables::TableId::kCompare, "loss_a")[0]);
  CHECK(tables::shortest(scores.eval.accuracy) == fields(record, tables::TableId::kCompare, "accuracy_b")[0]);
  const TrainedRun<float> layer(run_of({"norm.type=layer"}), 9);
  const compare::TrainEvalScores same = compare::score_train_and_eval(layer.snapshot(), data::SplitName::kTest);
  CHECK(same.train.loss == same.eval.loss);
  CHECK(same.relative_gap == 0.0);
}
