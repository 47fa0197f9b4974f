#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "train_rig.hpp"

namespace normrun::test {
namespace {

std::shared_ptr<train::ScheduleSpec> make_schedule(const std::string& type, const std::string& options) {
  auto spec = std::dynamic_pointer_cast<train::ScheduleSpec>(train::schedule_family().make(type));
  read_object("{" + options + "}", *spec);
  return spec;
}

/// The rates of 12 steps in epochs of 3, from 0.5 on.
std::vector<double> rates_of(const std::string& type, const std::string& options) {
  const auto schedule = make_schedule(type, options);
  std::vector<double> rates;
  for (Index step = 0; step < 12; ++step) rates.push_back(schedule->rate(0.5, {.step = step, .steps_per_epoch = 3, .total_steps = 12}));
  return rates;
}

struct Case {
  std::string type;
  std::string options;
  double (*factor)(int step);  // of 0.5
};

// The formulas of torch.optim.lr_scheduler and keras.optimizers.schedules.
const std::vector<Case> kCases = {
    {"constant", "", [](int) { return 1.0; }},
    {"constant", R"("warmup": 4, "warmup_factor": 0.2)", [](int t) { return t < 4 ? 0.2 + 0.8 * t / 4.0 : 1.0; }},
    {"step", "", [](int t) { return std::pow(0.1, t / 3); }},
    {"step", R"("step_size": 5, "gamma": 0.5, "every": "step")", [](int t) { return std::pow(0.5, t / 5); }},
    {"step", R"("milestones": [1, 3], "gamma": 0.5)", [](int t) { return t < 3   ? 1.0
                                                                         : t < 9 ? 0.5
                                                                                 : 0.25; }},
    {"exponential", R"("decay_rate": 0.9, "decay_steps": 4)", [](int t) { return std::pow(0.9, t / 4.0); }},
    {"exponential", R"("decay_rate": 0.9, "decay_steps": 4, "staircase": true)", [](int t) { return std::pow(0.9, t / 4); }},
    {"exponential", R"("decay_rate": 0.9, "every": "epoch")", [](int t) { return std::pow(0.9, t / 3); }},
    {"cosine", "", [](int t) { return (1.0 + std::cos(std::numbers::pi * t / 12.0)) / 2.0; }},
    {"cosine", R"("decay_steps": 5, "end_learning_rate": 0.1)",
     [](int t) { return 0.2 + 0.8 * (1.0 + std::cos(std::numbers::pi * std::min(t, 5) / 5.0)) / 2.0; }},
    {"cosine", R"("every": "epoch", "warmup": 1)",
     [](int t) { return t < 3 ? 0.0 : (1.0 + std::cos(std::numbers::pi * (t / 3 - 1) / 3.0)) / 2.0; }},
    {"polynomial", R"("power": 1.5, "end_learning_rate": 0.05)", [](int t) { return 0.1 + 0.9 * std::pow(1.0 - t / 12.0, 1.5); }},
    {"polynomial", R"("power": 2, "decay_steps": 6)", [](int t) { return t < 6 ? std::pow(1.0 - t / 6.0, 2.0) : 0.0; }},
    {"linear", "", [](int t) { return 1.0 - t / 12.0; }},
    {"linear", R"("start_factor": 0.25, "end_factor": 1, "decay_steps": 4)", [](int t) { return 0.25 + 0.75 * std::min(t, 4) / 4.0; }},
};

/// The learning rates that a plateau has after each of these scores.
std::vector<double> after(const std::string& options, const std::vector<double>& scores) {
  const auto plateau = make_schedule("plateau", options)->plateau();
  train::PlateauState state{.learning_rate = 1.0};
  std::vector<double> rates;
  for (const double score : scores) {
    state.add(*plateau, score);
    rates.push_back(state.learning_rate);
  }
  return rates;
}

}  // namespace

TEST_CASE("every schedule follows its formula") {
  for (const Case& test : kCases) {
    CAPTURE(test.type);
    CAPTURE(test.options);
    const std::vector<double> rates = rates_of(test.type, test.options);
    for (int t = 0; t < 12; ++t) {
      CAPTURE(t);
      CHECK(rates[static_cast<std::size_t>(t)] == doctest::Approx(0.5 * test.factor(t)).epsilon(1e-14));
    }
  }
}

TEST_CASE("a plateau cuts as Keras and as PyTorch do") {
  // What Keras 3.15 and torch 2.13 do with these scores, each with patience 2, factor 0.5 and cooldown 1.
  const std::vector<double> scores = {3, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1};
  CHECK(after(R"("patience": 2, "factor": 0.5, "cooldown": 1)", scores) ==
        std::vector<double>{1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.125, 0.0625});
  CHECK(after(R"("convention": "torch", "patience": 2, "factor": 0.5, "cooldown": 1)", scores) ==
        std::vector<double>{1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5});
  CHECK(after(R"("patience": 1, "factor": 0.1, "min_learning_rate": 0.05)", {1, 1, 1}).back() == 0.05);
  CHECK(after(R"("patience": 1, "factor": 0.5, "min_delta": 0.1)", {1.0, 0.95}).back() == 0.5);
  CHECK(after(R"("patience": 1, "factor": 0.5, "min_delta": 0.01)", {1.0, 0.95}).back() == 1.0);
  CHECK(after(R"("patience": 1, "factor": 0.5, "min_delta": 0.1, "relative": true)", {4.0, 3.7}).back() == 0.5);
}

TEST_CASE("training steps with the schedule's rate") {
  const std::string sgd = R"("optimizer": {"type": "sgd", "learning_rate": 0.1}, "steps": 4, "batch_size": 16)";
  const TrainRig<double> half(kBatchNormNet, clusters<double>(75),
                              "{" + sgd + R"(, "schedule": {"type": "linear", "start_factor": 0.5, "end_factor": 0.5}})");
  const TrainRig<double> other(kBatchNormNet, clusters<double>(75),
                               R"({"optimizer": {"type": "sgd", "learning_rate": 0.05}, "steps": 4, "batch_size": 16})");
  CHECK(half.trained().model().params == other.trained().model().params);
  const TrainRig<double> constant(kBatchNormNet, clusters<double>(75), "{" + sgd + R"(, "schedule": {"type": "constant"}})");
  const TrainRig<double> none(kBatchNormNet, clusters<double>(75), "{" + sgd + "}");
  CHECK(constant.trained().model().params == none.trained().model().params);
}

TEST_CASE("a plateau that follows the training loss cuts the rate at the end of an epoch") {
  const TrainRig<double> rig(kBatchNormNet, clusters<double>(75),
                             R"({"optimizer": {"type": "sgd", "learning_rate": 0.1}, "epochs": 3, "batch_size": 25, "schedule": {
                                 "type": "plateau", "split": "train", "patience": 1, "factor": 0.5, "min_delta": 1e9}})");
  train::Trainer<double> trainer = rig.trainer();
  std::vector<double> rates;
  while (!trainer.done()) {
    rates.push_back(trainer.learning_rate());
    trainer.advance();
  }
  CHECK(rates == std::vector<double>{0.1, 0.1, 0.1, 0.1, 0.05, 0.05});
}

TEST_CASE("a score that the data cannot give is refused") {
  for (const char* options : {R"({"schedule": {"type": "plateau"}})", R"({"early_stopping": {"patience": 1}})"}) {
    const TrainRig<double> rig(kBatchNormNet, clusters<double>(75), options);
    CHECK_THROWS_AS(rig.trainer(), Error);
  }
}

}  // namespace normrun::test
