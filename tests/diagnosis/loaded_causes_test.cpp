#include <doctest/doctest.h>

#include "diagnosis/causes.hpp"
#include "diagnosis/diagnose.hpp"
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

}  // namespace

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
  train::TrainOptions options = run.config.train;
  options.init_from = "stored.safetensors";
  train::TrainingPlan<float> plan = run.plan;
  plan.options = &options;
  const diagnosis::Subject<float> loaded{.plan = plan, .model = run.trainer.model(), .rows_of = [&run](data::SplitName split) {
                                           return statistics::SplitRows<float>(run.data.split(split));
                                         }};
  const diagnosis::Diagnosis result =
      diagnosis::diagnose(loaded, data::SplitName::kTest, {{diagnosis::Cause::kBiasedVariance, sound_of(run)}});
  REQUIRE_FALSE(result.findings.empty());
  CHECK(result.findings.front().finding == "nothing-found");
}
