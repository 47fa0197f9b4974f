#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "train_rig.hpp"

namespace normrun::test {
namespace {

using Model = nn::Model<double>;

constexpr const char* kSteps = R"({"steps": 12, "batch_size": 16, )";  // 50 rows: 4 steps an epoch

/// The network after each step, the one before the first step included.
std::vector<Model> models_of(const TrainRig<double>& rig) {
  train::Trainer<double> trainer = rig.trainer();
  std::vector<Model> models = {trainer.running_model()};
  while (!trainer.done()) {
    trainer.advance();
    models.push_back(trainer.running_model());
  }
  return models;
}

std::vector<Model> models_with(const std::string& train, const std::vector<LayerText>& layers = kBatchNormNet) {
  return models_of(TrainRig<double>(layers, clusters<double>(75), kSteps + train + "}"));
}

/// Whether a layer's parameters are the same in two models.
bool same_params(const nn::Layout& layout, const Model& a, const Model& b, const std::string& layer) {
  for (const nn::ParamEntry& entry : layout.params) {
    const auto first = static_cast<std::ptrdiff_t>(entry.id.offset);
    if (entry.layer == layer && !std::equal(a.params.begin() + first, a.params.begin() + first + entry.id.size, b.params.begin() + first))
      return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a phase freezes layers, and frees them again") {
  const TrainRig<double> rig(kBatchNormNet, clusters<double>(75), "{}");
  const nn::Layout& layout = rig.network.layout();
  for (const std::string optimizer :
       {R"({"type": "adam"})", R"({"type": "adamw", "weight_decay": 0.1})", R"({"type": "sgd", "momentum": 0.9})",
        R"({"type": "rmsprop", "convention": "torch", "weight_decay": 0.1})"}) {
    CAPTURE(optimizer);
    const std::vector<Model> models =
        models_with("\"optimizer\": " + optimizer + R"(, "phases": [{"from_epoch": 1, "freeze": ["dense_0", "norms"]},
                                                                                                 {"from_step": 8, "freeze": []}])");
    CHECK_FALSE(same_params(layout, models[3], models[4], "dense_0"));
    for (const char* frozen : {"dense_0", "batch_1"}) CHECK(same_params(layout, models[4], models[8], frozen));
    CHECK_FALSE(same_params(layout, models[4], models[5], "dense_3"));
    CHECK(models[4].state == models[8].state);
    CHECK_FALSE(same_params(layout, models[8], models[9], "dense_0"));
    CHECK_FALSE(same_params(layout, models[8], models[9], "batch_1"));
    CHECK(models[8].state != models[9].state);
  }
  const TrainRig<double> unknown(kBatchNormNet, clusters<double>(75), R"({"phases": [{"from_epoch": 0, "freeze": ["dense_9"]}]})");
  CHECK_THROWS_AS(unknown.trainer(), Error);
}

TEST_CASE("a layer that is not trainable trains as one that a phase freezes from the start") {
  const std::vector<LayerText> frozen = {
      {"dense", R"("units": 8, "trainable": false)"}, {"batch", R"("trainable": false)"}, {"relu"}, {"dense", R"("units": 3)"}};
  for (const std::string optimizer : {R"("optimizer": {"type": "adam"})", R"("optimizer": {"type": "sgd", "weight_decay": 0.1})"}) {
    const std::vector<Model> by_layer = models_with(optimizer, frozen);
    const std::vector<Model> by_phase = models_with(optimizer + R"(, "phases": [{"from_step": 0, "freeze": ["dense_0", "batch_1"]}])");
    CHECK(by_layer.back().params == by_phase.back().params);
    CHECK(by_layer.back().state == by_layer.front().state);
    CHECK(by_layer.back().params != by_layer.front().params);
  }
}

TEST_CASE("a phase changes the momentum, the learning rate and the forward mode") {
  const std::string sgd = R"("optimizer": {"type": "sgd", "learning_rate": 0.1})";
  const std::vector<Model> plain = models_with(sgd);
  const std::vector<Model> slow = models_with(sgd + R"(, "phases": [{"from_step": 4, "momentum": 1, "learning_rate": 0}])");
  CHECK(slow[4].params == plain[4].params);
  CHECK(slow[12].params == plain[4].params);
  CHECK(slow[12].state[0] == plain[4].state[0]);
  const std::vector<Model> frozen = models_with(sgd + R"(, "phases": [{"from_step": 4, "forward_mode": "frozen-norms"}])");
  CHECK(frozen[12].state == plain[4].state);
  CHECK(frozen[12].params != plain[12].params);
  const std::vector<Model> half =
      models_with(sgd + R"(, "schedule": {"type": "constant"}, "phases": [{"from_step": 0, "learning_rate": 0.05}])");
  CHECK(half.back().params == models_with(R"("optimizer": {"type": "sgd", "learning_rate": 0.05})").back().params);
}

TEST_CASE("a phase moves the statistics alone, on rows of another split") {
  TrainRig<double> rig(kBatchNormNet, clusters<double>(75),
                       std::string(kSteps) +
                           R"("phases": [{"from_step": 4, "momentum": 0, "update": "statistics",
                                                                               "rows": "test"}]})");
  for (double& value : rig.data.test.features.view()) value = 3.0;
  const std::vector<Model> models = models_of(rig);
  CHECK(models[12].params == models[4].params);
  CHECK(models[12].state != models[4].state);
  const nn::Normalization& norm = rig.network.layout().normalizations.front();
  for (Index c = 0; c < norm.features; ++c)  // equal rows have no variance, and with momentum 0 the last batch is all there is
    CHECK(models[12].state[static_cast<std::size_t>(norm.moving_variance->offset + c)] == doctest::Approx(0.0));
  const TrainRig<double> training(kBatchNormNet, clusters<double>(75), R"({"phases": [{"from_step": 1, "rows": "test"}]})");
  CHECK_THROWS_AS(training.trainer(), Error);
}

}  // namespace normrun::test
