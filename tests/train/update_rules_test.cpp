#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "train_rig.hpp"

namespace normrun::test {
namespace {

using train::Convention;

/// Two tensors of two numbers.
nn::Layout two_tensors() {
  nn::Layout layout;
  for (const Index offset : {0, 2}) {
    nn::ParamEntry& entry = layout.params.emplace_back();
    entry.id = {offset, 2};
  }
  layout.param_count = 4;
  return layout;
}

std::vector<double> clipped(const std::string& json, Convention convention = Convention::kKeras) {
  train::ClipOptions options;
  read_object(json, options);
  std::vector<double> gradient = {3.0, -4.0, 0.0, 12.0};
  train::clip_gradient<double>(options, convention, two_tensors(), gradient);
  return gradient;
}

/// Adds these scores and returns after how many epochs the training stops; 0 if it does not.
Index stops_after(const std::string& json, const std::vector<double>& scores) {
  train::EarlyStoppingOptions options;
  read_object(json, options);
  train::StoppingState state;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    state.add(options, static_cast<Index>(i) + 1, scores[i]);
    if (state.stops) return static_cast<Index>(i) + 1;
  }
  return 0;
}

std::string with_validation(const std::string& more) {
  return R"({"epochs": 30, "batch_size": 25, "optimizer": {"type": "sgd", "learning_rate": 0.5}, )" + more + "}";
}

/// Validation rows of which a half has another class than the training would give them, so that the loss rises when the network learns.
data::Dataset<double> with_validation_rows() {
  data::Dataset<double> data = clusters<double>(75);
  data.validation = data.test;
  for (std::size_t i = 0; i < data.validation.labels.size(); i += 2) data.validation.labels[i] = (data.validation.labels[i] + 1) % 3;
  return data;
}

/// The running weights after each step of a training.
std::vector<nn::Model<double>> all_models(const TrainRig<double>& rig) {
  std::vector<nn::Model<double>> models;
  for (train::Trainer<double> trainer = rig.trainer(); !trainer.done();) {
    trainer.advance();
    models.push_back(trainer.running_model());
  }
  return models;
}

}  // namespace

TEST_CASE("a gradient is clipped by value, by each tensor's norm and by its whole norm") {
  using Numbers = std::vector<double>;
  CHECK(clipped("{}") == Numbers{3, -4, 0, 12});
  CHECK(clipped(R"({"value": 3.5})") == Numbers{3, -3.5, 0, 3.5});
  CHECK(clipped(R"({"tensor_norm": 6})") == Numbers{3, -4, 0, 6});
  CHECK(clipped(R"({"tensor_norm": 2.5})") == Numbers{1.5, -2, 0, 2.5});
  CHECK(clipped(R"({"norm": 6.5})") == Numbers{1.5, -2, 0, 6});
  CHECK(clipped(R"({"norm": 13})") == Numbers{3, -4, 0, 12});
  CHECK(clipped(R"({"norm": 6.5})", Convention::kTorch)[3] == 12.0 * (6.5 / (13.0 + 1e-6)));  // torch 2.13, clip_grad_norm_
}

TEST_CASE("training clips the gradient of the whole step, and the fused update stays off") {
  const std::string options = R"({"steps": 3, "batch_size": 16, "optimizer": {"type": "sgd", "learning_rate": 0.1}, )";
  TrainRig<double> rig(kBatchNormNet, clusters<double>(75), options + R"("clip": {"norm": 0.01}})");
  train::Trainer<double> trainer = rig.trainer();
  for (Index step = 0; step < 3; ++step) {
    const Buffer<double> before = trainer.running_model().params;
    trainer.advance();
    double moved = 0.0;
    for (std::size_t i = 0; i < before.size(); ++i) moved += std::pow(trainer.running_model().params[i] - before[i], 2.0);
    CHECK(std::sqrt(moved) == doctest::Approx(0.1 * 0.01).epsilon(1e-12));
  }
  const std::string adam = R"({"steps": 3, "batch_size": 16, "optimizer": {"type": "adam", "learning_rate": 0.1})";
  const TrainRig<double> wide(kBatchNormNet, clusters<double>(75), adam + R"(, "clip": {"norm": 1e9}})");
  const TrainRig<double> none(kBatchNormNet, clusters<double>(75), adam + "}");
  CHECK(wide.trained().model().params == none.trained().model().params);
}

TEST_CASE("early stopping counts as Keras does") {
  CHECK(stops_after(R"({"patience": 2})", {3, 2, 2, 2, 2}) == 4);
  CHECK(stops_after(R"({"patience": 0})", {3, 2, 2}) == 3);
  CHECK(stops_after(R"({"patience": 2})", {3, 2, 2, 1, 1}) == 0);
  CHECK(stops_after(R"({"patience": 1, "min_delta": 0.5})", {3, 2.6}) == 2);
  CHECK(stops_after(R"({"patience": 1, "start_from_epoch": 2})", {1, 1, 3, 3, 3}) == 4);
}

TEST_CASE("early stopping ends the training and hands over the best network") {
  const std::string stopping = R"("early_stopping": {"patience": 2, "restore_best_weights": )";
  const TrainRig<double> rig(kBatchNormNet, with_validation_rows(), with_validation(stopping + "true}"));
  const TrainRig<double> kept(kBatchNormNet, with_validation_rows(), with_validation(stopping + "false}"));
  std::vector<double> scores;
  std::vector<nn::Model<double>> models;
  train::Trainer<double> trainer = rig.trainer();
  while (!trainer.done()) {
    trainer.advance();
    if (!trainer.at_epoch_end()) continue;
    models.push_back(trainer.running_model());
    scores.push_back(train::falling_score({}, rig.network, trainer.running_model(), rig.data, rig.loss));
  }
  REQUIRE(trainer.step() < trainer.total_steps());
  const auto best = static_cast<std::size_t>(std::min_element(scores.begin(), scores.end()) - scores.begin());
  CHECK(best + 3 == scores.size());
  CHECK(trainer.model().params == models[best].params);
  CHECK(trainer.model().state == models[best].state);
  CHECK(kept.trained().model().params == models.back().params);
}

TEST_CASE("averaged weights are the mean, or the moving average, of those of the steps") {
  const std::string options = R"({"epochs": 4, "batch_size": 20, "optimizer": {"type": "sgd", "learning_rate": 0.1}, )";  // 3 steps each
  const TrainRig<double> swa(kBatchNormNet, clusters<double>(75), options + R"("average_weights": {"type": "swa", "from": 2}})");
  const std::vector<nn::Model<double>> models = all_models(swa);
  REQUIRE(models.size() == 12);
  const train::Trainer<double> averaged = swa.trained();
  CHECK(averaged.running_model().params == models.back().params);
  CHECK(averaged.model().state == models.back().state);
  for (std::size_t i = 0; i < models[0].params.size(); ++i)
    CHECK(averaged.model().params[i] == doctest::Approx((models[5].params[i] + models[8].params[i] + models[11].params[i]) / 3.0));

  const TrainRig<double> ema(kBatchNormNet, clusters<double>(75),
                             options + R"("average_weights": {"type": "ema", "decay": 0.75, "statistics": "average"}})");
  nn::Model<double> expected = models[0];
  for (std::size_t step = 1; step < models.size(); ++step) {
    for (std::size_t i = 0; i < expected.params.size(); ++i) expected.params[i] = 0.75 * expected.params[i] + 0.25 * models[step].params[i];
    for (std::size_t i = 0; i < expected.state.size(); ++i) expected.state[i] = 0.75 * expected.state[i] + 0.25 * models[step].state[i];
  }
  const nn::Model<double> model = ema.trained().model();
  for (std::size_t i = 0; i < expected.params.size(); ++i) CHECK(model.params[i] == doctest::Approx(expected.params[i]).epsilon(1e-12));
  for (const nn::StateEntry& entry : ema.network.layout().states) {
    for (Index i = entry.id.offset; i < entry.id.offset + entry.id.size; ++i) {
      const auto at = static_cast<std::size_t>(i);
      CHECK(model.state[at] == doctest::Approx(entry.name == "updates" ? 12.0 : expected.state[at]).epsilon(1e-12));
    }
  }
}

TEST_CASE("class weights multiply the weights of the rows, and smoothing counts in training alone") {
  const std::string options = R"({"steps": 6, "batch_size": 16, "optimizer": {"type": "sgd", "learning_rate": 0.1})";
  const TrainRig<double> by_class(kBatchNormNet, clusters<double>(75), options + R"(, "class_weight": [1, 0.5, 3]})");
  data::Dataset<double> weighted = clusters<double>(75);
  for (const std::int32_t label : weighted.train.labels) weighted.train.weights.push_back(label == 0 ? 1.0 : label == 1 ? 0.5 : 3.0);
  const TrainRig<double> by_row(kBatchNormNet, weighted, options + "}");
  CHECK(by_class.trained().model().params == by_row.trained().model().params);
  const TrainRig<double> doubled(kBatchNormNet, weighted, options + R"(, "class_weight": [1, 2, 1]})");
  for (std::size_t i = 0; i < weighted.train.weights.size(); ++i) weighted.train.weights[i] *= weighted.train.labels[i] == 1 ? 2.0 : 1.0;
  const TrainRig<double> product(kBatchNormNet, weighted, options + "}");
  CHECK(doubled.trained().model().params == product.trained().model().params);

  const TrainRig<double> smoothed(kBatchNormNet, clusters<double>(75), options + R"(, "label_smoothing": 0.2})");
  const TrainRig<double> plain(kBatchNormNet, clusters<double>(75), options + "}");
  CHECK(smoothed.trained().model().params != plain.trained().model().params);
  for (const char* wrong : {R"({"class_weight": [1, 2]})", R"({"loss": "mse", "label_smoothing": 0.1})"}) {
    const TrainRig<double> rig(kBatchNormNet, clusters<double>(75), wrong);
    CHECK_THROWS_AS(rig.trainer(), Error);
  }
}

TEST_CASE("a training that averages weights trains as one that does not") {
  const std::string options = R"({"epochs": 2, "batch_size": 20)";
  const TrainRig<float> ema(kBatchNormNet, clusters<float>(75), options + R"(, "average_weights": {"type": "ema"}})");
  const TrainRig<float> none(kBatchNormNet, clusters<float>(75), options + "}");
  CHECK(ema.trained().running_model().params == none.trained().model().params);
}

}  // namespace normrun::test
