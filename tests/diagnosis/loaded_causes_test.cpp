#include <doctest/doctest.h>

#include <cmath>

#include "diagnosis/causes.hpp"
#include "diagnosis/diagnose.hpp"
#include "diagnosis/lints.hpp"
#include "study/trained_run.hpp"

using namespace normrun;

namespace {

/// A network of two normalizations, trained in batches of so many rows for so many steps.
TrainedRun<float> trained(Index batch_size, Index steps, const std::string& variance_rule) {
  return {run_of({R"(network=[{"type": "dense", "units": 16}, {"type": "norm"}, {"type": "relu"}, {"type": "dense", "units": 16}, )"
                  R"({"type": "norm"}, {"type": "relu"}, {"type": "dense", "units": 1}])",
                  R"(data={"type": "uniform", "features": 8, "target": "teacher", "samples": 600, "test_samples": 100})",
                  R"(train={"optimizer": {"type": "adam", "learning_rate": 0.001}, "batch_size": )" + std::to_string(batch_size) +
                      R"(, "steps": )" + std::to_string(steps) + "}",
                  R"(norm={"type": "batch", "momentum": 0.99, "moving_variance": ")" + variance_rule + "\"}"}),
          steps};
}

diagnosis::StatisticsList sound_of(const TrainedRun<float>& run) {
  return statistics::population_statistics(run.network, run.trainer.model(),
                                           statistics::SplitRows<float>(run.data.split(data::SplitName::kTrain)), {}, 1);
}

/// The batch that is found where the network holds these statistics.
Index matching(const TrainedRun<float>& run, const diagnosis::StatisticsList& stored) {
  nn::Model<float> model = run.trainer.model();
  model.state = statistics::state_with<float>(run.network.layout(), model.state, stored);
  const diagnosis::Subject<float> subject{.plan = run.plan, .model = model, .rows_of = [&run](data::SplitName split) {
                                            return statistics::SplitRows<float>(run.data.split(split));
                                          }};
  return diagnosis::matching_batch(subject, stored, sound_of(run));
}

/// What the diagnosis tells first of the network if it is loaded with these statistics.
diagnosis::Finding first_of_loaded(const TrainedRun<float>& run, const diagnosis::StatisticsList& stored) {
  nn::Model<float> model = run.trainer.model();
  model.state = statistics::state_with<float>(run.network.layout(), model.state, stored);
  train::TrainOptions options = run.config.train;
  options.init_from = "stored.safetensors";
  train::TrainingPlan<float> plan = run.plan;
  plan.options = &options;
  const diagnosis::Subject<float> loaded{.plan = plan, .model = model, .rows_of = [&run](data::SplitName split) {
                                           return statistics::SplitRows<float>(run.data.split(split));
                                         }};
  return diagnosis::diagnose(loaded, data::SplitName::kTest, {{diagnosis::Cause::kBiasedVariance, sound_of(run)}}).findings.front();
}

}  // namespace

TEST_CASE("a layer far from its rows is damaged; a layer that is less far may have statistics of other rows") {
  const TrainedRun<float> run = trained(32, 600, "unbiased");
  diagnosis::StatisticsList far = sound_of(run);
  for (double& variance : far[1].variance) variance *= 8.0;
  CHECK(first_of_loaded(run, far).cause == diagnosis::Cause::kDamagedLayer);
  diagnosis::StatisticsList near = sound_of(run);
  for (std::size_t c = 0; c < near[1].mean.size(); ++c) near[1].mean[c] += 0.5 * std::sqrt(near[1].variance[c]);
  CHECK(first_of_loaded(run, near).finding == "statistics-wrong");
  CHECK(first_of_loaded(run, near).cause == diagnosis::Cause::kOtherWeights);
}

TEST_CASE("training rows are told as far where the statistics are others without them") {
  TrainedRun<float> run = trained(32, 300, "unbiased");
  const auto far_rows = [&] {
    const diagnosis::Subject<float> subject{.plan = run.plan, .model = run.trainer.model(), .rows_of = [&run](data::SplitName split) {
                                              return statistics::SplitRows<float>(run.data.split(split));
                                            }};
    return diagnosis::far_rows(subject, sound_of(run)).far;
  };
  CHECK(far_rows().empty());
  const View<float> rows = run.data.train.features.view();
  const auto scale = [&](Index row, float factor) {
    for (Index c = 0; c < rows.cols; ++c) rows(row, c) *= factor;
  };
  scale(7, 8.0F);  // far from the others, but one of 600
  CHECK(far_rows().empty());
  for (Index row = 20; row < 40; ++row) scale(row, 40.0F);
  CHECK(far_rows().size() == 21);
}

TEST_CASE("biased variances of two rows are known by their size") {
  const TrainedRun<float> run = trained(2, 1500, "biased");
  CHECK(matching(run, diagnosis::stored_statistics<float>(run.network.layout(), run.trainer.model().state)) == 2);
}

TEST_CASE("a batch of one row explains no variances") {
  const TrainedRun<float> run = trained(32, 300, "unbiased");
  diagnosis::StatisticsList stored = sound_of(run);
  for (statistics::LayerStatistics& layer : stored)
    for (double& variance : layer.variance) variance *= 3.0;
  CHECK(matching(run, stored) == 0);
}

TEST_CASE("single sequences are not taken for the batches of a training that nobody knows") {
  const std::string part = R"({"type": "dense", "units": 20}, {"type": "norm"}, {"type": "relu"}, )";
  const TrainedRun<float> run(
      run_of({"network=[" + part + part + part + R"({"type": "lstm", "units": 16}, {"type": "dense", "units": 3}])",
              R"(data={"type": "sequences", "samples": 512, "test_samples": 1200, "features": 6, "classes": 3, "min_length": 4, )"
              R"("max_length": 12})",
              R"(train={"optimizer": {"type": "sgd", "learning_rate": 0.0127, "momentum": 0.9}, "batch_size": 128, "steps": 125})",
              R"(norm={"type": "batch", "momentum": 0.9})", "seed=1"}),
      125);
  CHECK(first_of_loaded(run, diagnosis::stored_statistics<float>(run.network.layout(), run.trainer.model().state)).finding ==
        "nothing-found");
}
