#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "evaluate.hpp"
#include "statistics/population.hpp"
#include "support/allocation_counter.hpp"
#include "train_rig.hpp"

namespace normrun::test {
namespace {

const std::vector<LayerText> kWithDropout = {{"dense", R"("units": 8)"}, {"batch"}, {"relu"}, {"dropout", R"("rate": 0.5)"},
                                             {"dense", R"("units": 8)"}, {"layer"}, {"tanh"}, {"dense", R"("units": 3)"}};

template <class T>
bool equal_models(const nn::Model<T>& a, const nn::Model<T>& b) {
  return a.params == b.params && a.state == b.state;
}

/// Rows that tell which step they belong to: every feature of row r is 100 step + r.
class CountingRows final : public data::RowGenerator<double> {
 public:
  void generate(std::uint64_t step, const data::RowsOut<double>& out) const override {
    CHECK(out.labels == nullptr);
    CHECK(out.targets.empty());
    CHECK(out.lengths == nullptr);
    for (Index r = 0; r < out.features.rows; ++r)
      for (Index c = 0; c < out.features.cols; ++c) out.features(r, c) = static_cast<double>(100 * step) + static_cast<double>(r);
  }
};

data::Dataset<double> counting_data() {
  data::Dataset<double> data;
  data.shape = Shape{2};
  data.resample = std::make_shared<CountingRows>();
  return data;
}

std::string message_of(const TrainRig<float>& rig) {
  try {
    rig.trained();
  } catch (const train::Diverged& error) {
    CHECK(error.code() == ExitCode::kRunsFailed);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("training is a pure function of its plan") {
  const TrainRig<float> rig(kWithDropout, clusters<float>(150), R"({"epochs": 3, "batch_size": 16})");
  const TrainRig<float> same(kWithDropout, clusters<float>(150), R"({"epochs": 3, "batch_size": 16})");
  CHECK(rig.losses() == same.losses());
  CHECK(equal_models(rig.trained().model(), same.trained().model()));
  TrainRig<float> other_seed(kWithDropout, clusters<float>(150), R"({"epochs": 3, "batch_size": 16})");
  other_seed.plan.seed = 8;
  CHECK(rig.losses() != other_seed.losses());
}

TEST_CASE("training learns, in every optimizer") {
  for (const char* optimizer :
       {R"({"type": "sgd", "momentum": 0.9})", R"({"type": "adam", "learning_rate": 0.01})", R"({"type": "rmsprop"})",
        R"({"type": "adam", "convention": "torch", "learning_rate": 0.01, "weight_decay": 1e-4})"}) {
    CAPTURE(optimizer);
    const TrainRig<float> rig(kBatchNormNet, clusters<float>(300),
                              R"({"epochs": 20, "batch_size": 16, "optimizer": )" + std::string(optimizer) + "}");
    const train::Trainer<float> trainer = rig.trained();
    CHECK(trainer.epoch_totals().accuracy() > 0.9);
    const Evaluation test = evaluate<float>(rig.network, trainer.model().params, trainer.model().state, kEvalMode, rig.data.test,
                                            rows_in_order(100), 100, rig.loss);
    CHECK(test.accuracy > 0.9);
  }
}

TEST_CASE("epochs, steps and the running totals") {
  const TrainRig<double> rig(kBatchNormNet, clusters<double>(75), R"({"epochs": 2, "batch_size": 16})");  // 50 rows: 4 steps an epoch
  train::Trainer<double> trainer = rig.trainer();
  CHECK(trainer.steps_per_epoch() == 4);
  CHECK(trainer.total_steps() == 8);
  CHECK_FALSE(trainer.at_epoch_end());
  double loss_sum = 0.0;
  for (Index rows : {16, 16, 16, 2}) {
    trainer.advance();
    loss_sum += trainer.last_loss() * static_cast<double>(rows);
  }
  CHECK(trainer.at_epoch_end());
  CHECK(trainer.epoch() == 1);
  CHECK(trainer.epoch_totals().samples == 50);
  CHECK(trainer.epoch_totals().steps == 4);
  CHECK(trainer.epoch_totals().loss() == doctest::Approx(loss_sum / 50.0).epsilon(1e-14));
  trainer.advance();
  CHECK_FALSE(trainer.at_epoch_end());
  CHECK(trainer.epoch_totals().samples == 16);

  const TrainRig<double> in_steps(kBatchNormNet, clusters<double>(75), R"({"steps": 6, "batch_size": 16})");
  const train::Trainer<double> stopped = in_steps.trained();
  CHECK(stopped.step() == 6);
  CHECK(stopped.epoch() == 1);
  CHECK(stopped.at_epoch_end());
  const TrainRig<double> dropping(kBatchNormNet, clusters<double>(75), R"({"batch_size": 16})", R"({"last": "drop"})");
  CHECK(dropping.trained().epoch_totals().samples == 48);
  const TrainRig<double> untrained(kBatchNormNet, clusters<double>(75), R"({"steps": 0})");
  CHECK(untrained.trainer().done());
  CHECK(equal_models(untrained.trainer().model(), nn::fresh_model(untrained.network, 7)));
}

TEST_CASE("a list of batch sizes: each step reads the next one, and an epoch starts with the first") {
  const TrainRig<double> rig(kBatchNormNet, clusters<double>(75), R"({"epochs": 2, "batch_size": [4, 16]})");  // 50 rows: 4 16 4 16 4 6
  train::Trainer<double> trainer = rig.trainer();
  CHECK(trainer.steps_per_epoch() == 6);
  CHECK(trainer.total_steps() == 12);
  for (const Index epoch : {0, 1}) {
    CAPTURE(epoch);
    for (const Index rows : {4, 20, 24, 40, 44, 50}) {
      trainer.advance();
      CHECK(trainer.epoch_totals().samples == rows);
    }
    CHECK(trainer.at_epoch_end());
  }
  CHECK(trainer.done());

  // A list whose sizes are one size is that size, to the bit.
  const TrainRig<double> one(kBatchNormNet, clusters<double>(75), R"({"epochs": 2, "batch_size": 16})");
  const TrainRig<double> listed(kBatchNormNet, clusters<double>(75), R"({"epochs": 2, "batch_size": [16, 16]})");
  CHECK(equal_models(one.trained().model(), listed.trained().model()));
  CHECK_FALSE(equal_models(rig.trained().model(), listed.trained().model()));
}

TEST_CASE("a training by a list of batch sizes goes on from any step as if it had not stopped") {
  const TrainRig<float> rig(
      kWithDropout, clusters<float>(75),
      R"({"epochs": 2, "batch_size": [2, 16, 6], "phases": [{"from_step": 9, "rows": "test", "update": "statistics"}]})");
  const nn::Model<float> whole = rig.trained().model();
  train::Trainer<float> first = rig.trainer();
  while (!first.done()) {
    train::Trainer<float> second = rig.trainer();
    second.restore(first.state());
    while (!second.done()) second.advance();
    CHECK(equal_models(second.model(), whole));
    first.advance();
  }
  const std::size_t before = allocations();
  train::Trainer<float> third = rig.trainer();
  const std::size_t made = allocations();
  CHECK(made > before);
  for (Index step = 0; step < 9; ++step) third.advance();
  CHECK(allocations() == made);
}

TEST_CASE("a step allocates nothing, in any optimizer, with dropout, over the end of an epoch") {
  for (const char* optimizer : {"sgd", "adam", "rmsprop"}) {
    const std::string train = R"({"epochs": 3, "batch_size": 16, "optimizer": {"type": ")" + std::string(optimizer) +
                              R"(", "convention": "torch", "weight_decay": 0.01}})";
    const TrainRig<float> rig(kWithDropout, clusters<float>(150), train);
    train::Trainer<float> trainer = rig.trainer();
    const std::size_t before = allocations();
    while (!trainer.done()) trainer.advance();
    CHECK(allocations() == before);
  }
}

TEST_CASE("comparing between steps does not disturb the training") {
  const TrainRig<float> rig(kWithDropout, clusters<float>(150), R"({"epochs": 2, "batch_size": 16})");
  const std::vector<Index> order = rows_in_order(50);
  train::Trainer<float> trainer = rig.trainer();
  while (!trainer.done()) {
    trainer.advance();
    const nn::Model<float> before = trainer.model();
    for (const Mode& mode : {kTrainMode, kEvalMode, kTrainFrozen})
      evaluate<float>(rig.network, trainer.model().params, trainer.model().state, mode, rig.data.test, order, 7, rig.loss);
    statistics::population_statistics(rig.network, trainer.model(), rig.data.train, statistics::PopulationOptions{}, 4);
    CHECK(equal_models(before, trainer.model()));
  }
  CHECK(equal_models(trainer.model(), rig.trained().model()));
}

TEST_CASE("the forward mode decides which statistics move") {
  const auto state_after = [](const std::string& mode) {
    const TrainRig<float> rig(kBatchNormNet, clusters<float>(150), R"({"epochs": 2, "forward_mode": ")" + mode + "\"}");
    const train::Trainer<float> trainer = rig.trained();
    CHECK(trainer.model().params != nn::fresh_model(rig.network, 7).params);
    return std::pair(trainer.model().state, nn::fresh_model(rig.network, 7).state);
  };
  const auto is_untouched = [&state_after](const std::string& mode) {
    const auto [state, fresh] = state_after(mode);
    return state == fresh;
  };
  CHECK(is_untouched("eval"));  // the forgotten flag: exactly 0 and 1
  CHECK(is_untouched("frozen-statistics"));
  CHECK_FALSE(is_untouched("train"));
  CHECK_FALSE(is_untouched("moving-averages"));
}

TEST_CASE("dropout differs from step to step, and from slice to slice of a comparison") {
  const std::vector<LayerText> net = {{"dropout", R"("rate": 0.5)"}, {"dense", R"("units": 3)"}};
  const TrainRig<float> rig(net, clusters<float>(30), R"({"steps": 2, "batch_size": 20, "optimizer": {"type": "sgd", "learning_rate": 0}})",
                            R"({"order": "sequential"})");
  const std::vector<double> losses = rig.losses();
  CHECK(losses[0] != losses[1]);
  const nn::Model<float> model = nn::fresh_model(rig.network, 7);
  const Mode dropping{Statistics::kBatch, Tracking::kFreeze, Dropout::kOn};
  const std::vector<Index> twice = {0, 1, 2, 0, 1, 2};
  const Matrix<float> outputs =
      statistics::run_forward<float>(rig.network, model.params, model.state, dropping, rig.data.test, twice, 3, 2, {.seed = 7, .step = 5});
  CHECK_FALSE(std::equal(outputs.view().row(0), outputs.view().row(3), outputs.view().row(3)));
}

TEST_CASE("the scaled learning rate is the one that trains") {
  const std::string scaled = R"({"steps": 5, "batch_size": 16, "learning_rate_scaling": "linear", "reference_batch_size": 64,
                                 "optimizer": {"type": "sgd", "learning_rate": 0.4}})";
  const std::string plain = R"({"steps": 5, "batch_size": 16, "optimizer": {"type": "sgd", "learning_rate": 0.1}})";
  const TrainRig<double> a(kBatchNormNet, clusters<double>(150), scaled);
  const TrainRig<double> b(kBatchNormNet, clusters<double>(150), plain);
  CHECK(a.losses() == b.losses());
}

TEST_CASE("resample: fresh rows for every step, zeros of the network's width as targets") {
  const std::string train = R"({"steps": 3, "batch_size": 4, "optimizer": {"type": "sgd", "learning_rate": 0}})";
  const TrainRig<double> rig({{"dense", R"("units": 5, "use_bias": false, "kernel_initializer": {"type": "ones"})"}}, counting_data(),
                             train);
  const std::vector<double> losses = rig.losses();
  REQUIRE(losses.size() == 3);
  for (std::size_t step = 0; step < 3; ++step) {
    double expected = 0.0;
    for (int r = 0; r < 4; ++r) expected += std::pow(2.0 * (100.0 * static_cast<double>(step) + r), 2.0) / 4.0;
    CHECK(losses[step] == doctest::Approx(expected).epsilon(1e-13));
  }
  CHECK(rig.trained().epoch() == 1);

  const std::string in_turn = R"({"steps": 3, "batch_size": [4, 2], "optimizer": {"type": "sgd", "learning_rate": 0}})";
  const TrainRig<double> listed({{"dense", R"("units": 5, "use_bias": false, "kernel_initializer": {"type": "ones"})"}}, counting_data(),
                                in_turn);
  CHECK(listed.losses()[0] == losses[0]);
  CHECK(listed.losses()[1] == doctest::Approx((200.0 * 200.0 + 202.0 * 202.0) / 2.0).epsilon(1e-13));
  CHECK(listed.losses()[2] == losses[2]);
  CHECK(listed.trained().epoch_totals().samples == 10);
  const TrainRig<double> in_epochs({{"dense", R"("units": 5)"}}, counting_data(), R"({"epochs": 2})");
  CHECK_THROWS_AS(in_epochs.trainer(), Error);
}

TEST_CASE("a training that cannot be is refused before its first step") {
  const TrainRig<float> wrong_width({{"dense", R"("units": 7)"}}, clusters<float>(90), "{}");
  CHECK_THROWS_WITH_AS(wrong_width.trainer(),
                       "the network gives 7 outputs, but the data has 3 classes; make the last dense layer's units 3", Error);
  data::Dataset<float> empty = clusters<float>(90);
  empty.train = {};
  const TrainRig<float> no_rows(kBatchNormNet, std::move(empty), "{}");
  CHECK_THROWS_AS(no_rows.trainer(), Error);
  TrainRig<float> other_shape(kBatchNormNet, clusters<float>(90), "{}");
  other_shape.data.shape = Shape{5, 2};
  CHECK_THROWS_AS(other_shape.trainer(), Error);
  const TrainRig<float> missing(kBatchNormNet, clusters<float>(90), R"({"init_from": "no-such-file.safetensors"})");
  CHECK_THROWS_AS(missing.trainer(), Error);
}

TEST_CASE("a run that diverges says at which step, and which tensor was the first") {
  data::Dataset<float> broken = clusters<float>(150);  // 100 rows
  broken.train.features(40, 3) = std::numeric_limits<float>::quiet_NaN();
  const TrainRig<float> nan_data(kBatchNormNet, std::move(broken), R"({"batch_size": 16})", R"({"order": "sequential"})");
  CHECK(message_of(nan_data) ==
        "the loss is nan at step 3; first non-finite tensor: the batch's features; look at \"scale\" and \"shift\" in the data");

  const TrainRig<float> exploding({{"dense", R"("units": 4)"}, {"dense", R"("units": 3)"}}, clusters<float>(150),
                                  R"({"batch_size": 16, "epochs": 5, "optimizer": {"type": "sgd", "learning_rate": 1e30}})");
  const std::string message = message_of(exploding);
  CAPTURE(message);
  CHECK(message.find("at step 2; first non-finite tensor: layer dense_") != std::string::npos);

  data::Dataset<float> huge = clusters<float>(150);
  for (float& feature : huge.train.features.view()) feature *= 2e37f;
  const TrainRig<float> overflow({{"dense", R"("units": 3, "name": "first", "kernel_initializer": {"type": "ones"})"}}, std::move(huge),
                                 R"({"batch_size": 16})");
  CHECK(message_of(overflow).find("at step 1; first non-finite tensor: layer first, activations") != std::string::npos);

  const TrainRig<float> last_step({{"dense", R"("units": 3)"}}, clusters<float>(150),
                                  R"({"steps": 1, "optimizer": {"type": "sgd", "learning_rate": 1e300}})");
  CHECK(message_of(last_step) == "a parameter or moving statistic is not finite at step 1; first non-finite tensor: layer dense_0, kernel");
}

TEST_CASE("statistics that stop being finite while the loss is fine end the run at the epoch") {
  data::Dataset<float> huge = clusters<float>(150);
  for (float& feature : huge.train.features.view()) feature *= 1e25f;  // its variance is no float
  const TrainRig<float> rig({{"batch"}, {"dense", R"("units": 3)"}}, std::move(huge),
                            R"({"batch_size": 16, "steps": 1, "forward_mode": "moving-averages"})");
  const std::string message = message_of(rig);
  CAPTURE(message);
  CHECK(message.find("layer batch_0, moving_variance") != std::string::npos);
}

}  // namespace normrun::test
