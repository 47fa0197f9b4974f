#include <doctest/doctest.h>

#include <string>

#include "train_rig.hpp"

namespace normrun::test {
namespace {

train::TrainOptions read_train(const std::string& json) {
  train::TrainOptions options;
  read_object(json, options);
  return options;
}

std::string refusal(nn::LossKind loss, const Shape& output, Index classes, Index outputs) {
  try {
    train::check_loss_fits(loss, output, classes, outputs);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kUsage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("train: defaults") {
  const train::TrainOptions options = read_train("{}");
  CHECK(options.batch_size == 32);
  CHECK_FALSE(options.epochs.has_value());
  CHECK_FALSE(options.steps.has_value());
  CHECK(options.loss == train::LossChoice::kAuto);
  CHECK(options.optimizer->type == "adam");
  CHECK(options.optimizer_spec().learning_rate == 1e-3);
  CHECK(options.history == std::vector<std::string>{"train", "eval"});
  CHECK(train::step_mode(options.forward_mode) == kTrainMode);
  CHECK(options.division.accumulate == 1);
  CHECK(options.division.replicas == 1);
  CHECK(options.division.sync == train::Sync::kNone);
}

TEST_CASE("train: what a config may say") {
  const train::TrainOptions options = read_train(
      R"({"batch_size": 4, "steps": 0, "loss": "sparse_categorical_crossentropy", "forward_mode": "frozen-statistics", "history": [],
          "optimizer": {"type": "sgd", "momentum": 0.9}, "checkpoints": "none"})");
  CHECK(options.steps == 0);
  CHECK(options.loss == train::LossChoice::kSoftmaxCrossEntropy);
  CHECK(train::step_mode(options.forward_mode) == Mode{Statistics::kBatch, Tracking::kFreeze, Dropout::kOn});
  CHECK(options.optimizer_spec().slot_count() == 1);
  CHECK(options.history.empty());
  CHECK(options.checkpoints == train::CheckpointPolicy::kNone);
  CHECK(train::step_mode(read_train(R"({"forward_mode": "eval"})").forward_mode) == kEvalMode);
  CHECK(train::step_mode(read_train(R"({"forward_mode": "moving-averages"})").forward_mode) ==
        Mode{Statistics::kMoving, Tracking::kUpdate, Dropout::kOn});
}

TEST_CASE("train: a batch size, or a list of them") {
  CHECK(read_train(R"({"batch_size": 8})").batch_sizes.empty());
  const train::TrainOptions alone = read_train(R"({"batch_size": [8]})");
  CHECK(alone.batch_size == 8);
  CHECK(alone.batch_sizes.empty());
  const train::TrainOptions listed = read_train(R"({"batch_size": [4, 32, 8]})");
  CHECK(listed.batch_size == 32);
  CHECK(listed.batch_sizes == std::vector<Index>{4, 32, 8});
  for (const char* json : {R"({"batch_size": []})", R"({"batch_size": [4, 0]})", R"({"batch_size": [4, "all"]})",
                           R"({"batch_size": [4, 8], "learning_rate_scaling": "linear"})"}) {
    CAPTURE(json);
    CHECK_THROWS_AS(read_train(json), Error);
  }
  const train::TrainOptions divided = read_train(R"({"batch_size": [4, 6], "accumulate": 4})");
  CHECK_THROWS_WITH_AS(train::check_division(divided),
                       "a batch of 6 rows cannot be divided into 4 equal parts (train.accumulate); make train.batch_size a multiple of 4",
                       Error);
}

TEST_CASE("train: what a config may not say") {
  for (const char* json : {R"({"epochs": 1, "steps": 10})", R"({"batch_size": 0})", R"({"batch_size": 16777217})", R"({"steps": -1})",
                           R"({"history": ["population"]})", R"({"history": ["eval", "eval"]})", R"({"loss": "hinge"})",
                           R"({"optimizer": {"type": "lion"}})", R"({"optimizer": {"type": "adam", "rho": 0.9}})",
                           R"({"reference_batch_size": 0})", R"({"accumulate": 0})", R"({"replicas": 0})", R"({"sync": "all"})"}) {
    CAPTURE(json);
    CHECK_THROWS_AS(read_train(json), Error);
  }
}

TEST_CASE("a batch is divided into equal parts, or not at all") {
  CHECK(read_train(R"({"sync": true})").division.sync == train::Sync::kBatchStatistics);
  CHECK(read_train(R"({"sync": false})").division.sync == train::Sync::kNone);
  CHECK_NOTHROW(train::check_division(read_train(R"({"batch_size": 24, "accumulate": 3, "replicas": 8})")));
  CHECK_THROWS_WITH_AS(train::check_division(read_train(R"({"batch_size": 24, "accumulate": 4, "replicas": 4})")),
                       "a batch of 24 rows cannot be divided into 16 equal parts (train.accumulate times train.replicas); make "
                       "train.batch_size a multiple of 16",
                       Error);
  CHECK_THROWS_AS(train::check_division(read_train(R"({"batch_size": 4, "replicas": 8})")), Error);
}

TEST_CASE("the learning rate scales with the batch size, or its root, on demand") {
  const std::string rest = R"("batch_size": 32, "reference_batch_size": 128, "optimizer": {"type": "sgd", "learning_rate": 0.8}})";
  CHECK(read_train("{" + rest).scaled_learning_rate() == 0.8);
  CHECK(read_train(R"({"learning_rate_scaling": "linear", )" + rest).scaled_learning_rate() == 0.2);
  CHECK(read_train(R"({"learning_rate_scaling": "square-root", )" + rest).scaled_learning_rate() == 0.4);
}

TEST_CASE("the loss that auto means") {
  CHECK(train::resolve_loss(train::LossChoice::kAuto, 0, 1) == nn::LossKind::kMse);
  CHECK(train::resolve_loss(train::LossChoice::kAuto, 2, 1) == nn::LossKind::kBinaryCrossEntropy);
  CHECK(train::resolve_loss(train::LossChoice::kAuto, 2, 2) == nn::LossKind::kSoftmaxCrossEntropy);
  CHECK(train::resolve_loss(train::LossChoice::kAuto, 10, 1) == nn::LossKind::kSoftmaxCrossEntropy);
  CHECK(train::resolve_loss(train::LossChoice::kMse, 10, 10) == nn::LossKind::kMse);
}

TEST_CASE("a network that cannot learn the data is told what to change") {
  CHECK(refusal(nn::LossKind::kSoftmaxCrossEntropy, {7}, 10, 0) ==
        "the network gives 7 outputs, but the data has 10 classes; make the last dense layer's units 10");
  CHECK(refusal(nn::LossKind::kSoftmaxCrossEntropy, {10}, 10, 0).empty());
  CHECK_FALSE(refusal(nn::LossKind::kSoftmaxCrossEntropy, {1}, 0, 1).empty());
  CHECK(refusal(nn::LossKind::kBinaryCrossEntropy, {1}, 2, 0).empty());
  CHECK_FALSE(refusal(nn::LossKind::kBinaryCrossEntropy, {1}, 3, 0).empty());
  CHECK_FALSE(refusal(nn::LossKind::kBinaryCrossEntropy, {2}, 2, 0).empty());
  CHECK(refusal(nn::LossKind::kMse, {4}, 0, 1) ==
        "the network gives 4 outputs, but the data has 1 target a row; make the last dense layer's units 1");
  CHECK(refusal(nn::LossKind::kMse, {4}, 0, 0).empty());  // zeros, of any width
  CHECK(refusal(nn::LossKind::kMse, {10}, 10, 0).empty());
  CHECK(refusal(nn::LossKind::kMse, {1}, 2, 0).empty());
  CHECK_FALSE(refusal(nn::LossKind::kMse, {1}, 3, 0).empty());
}

TEST_CASE("an output of several positions lacks a flatten, whatever its units") {
  CHECK(refusal(nn::LossKind::kSoftmaxCrossEntropy, {28, 28, 10}, 10, 0) ==
        "the network gives 7840 outputs of shape (28, 28, 10), but the data has 10 classes; "
        "put {\"type\": \"flatten\"} before a last dense layer of 10 units");
  CHECK(refusal(nn::LossKind::kMse, {12, 1}, 0, 1) ==
        "the network gives 12 outputs of shape (12, 1), but the data has 1 target a row; "
        "put {\"type\": \"flatten\"} before a last dense layer of 1 unit");
  CHECK(refusal(nn::LossKind::kBinaryCrossEntropy, {12, 1}, 2, 0) ==
        "binary cross-entropy needs 1 output, but the network gives 12 outputs of shape (12, 1); "
        "put {\"type\": \"flatten\"} before a last dense layer of 1 unit");
}

TEST_CASE("a class for each position needs outputs for each position") {
  CHECK(train::outputs_of_label({5}, {}) == Shape{5});
  CHECK(train::outputs_of_label({7, 5}, {7}) == Shape{5});
  CHECK(train::outputs_of_label({7}, {7}) == Shape{1});
  CHECK(train::outputs_of_label({4, 6, 5}, {4, 6}) == Shape{5});
  try {
    train::outputs_of_label({6, 5}, {7});
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kUsage);
    const std::string line = to_line(error.problems().front());
    CHECK(line.find("30 outputs of shape (6, 5), but the data has labels of shape (7)") != std::string::npos);
    CHECK(line.find("(7, classes)") != std::string::npos);
  }
  CHECK_THROWS_AS(train::outputs_of_label({5}, {7}), Error);
  CHECK_THROWS_AS(train::outputs_of_label({5, 7}, {7}), Error);
}

}  // namespace normrun::test
