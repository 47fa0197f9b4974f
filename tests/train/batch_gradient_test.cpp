#include "train/batch_gradient.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "support/allocation_counter.hpp"
#include "train_rig.hpp"

namespace normrun::test {
namespace {

using Net = std::vector<LayerText>;

const Net kLayerNormNet = {{"dense", R"("units": 8)"}, {"layer"}, {"relu"}, {"dropout"}, {"dense", R"("units": 3)"}};

/// Rows of some shape with three classes, and of sequences with lengths from 1.
struct Rows {
  Rows(Index count, const Shape& shape) : x(count, shape.size()) {
    RandomStream random(5, Purpose::kData);
    for (double& value : x.view()) value = 2.0 + 3.0 * random.normal();
    for (Index r = 0; r < count; ++r) {
      labels.push_back(static_cast<std::int32_t>(random.below(3)));
      if (shape.rank() == 2) lengths.push_back(1 + static_cast<Index>(random.below(static_cast<std::uint64_t>(shape.dims()[0]))));
    }
  }
  train::Batch<double> batch() const {
    return {.x = x.view(), .targets = {.labels = labels.data(), .values = {}}, .lengths = lengths.empty() ? nullptr : lengths.data()};
  }
  Matrix<double> x;
  std::vector<std::int32_t> labels;
  std::vector<Index> lengths;
};

struct Outcome {
  double loss;
  Index correct;
  Buffer<double> gradient;
  Buffer<double> state;
};

Outcome outcome_of(const nn::Network<double>& network, const train::Division& division, const train::Batch<double>& batch) {
  nn::Model<double> model = nn::fresh_model(network, 3);
  train::BatchGradient<double> gradient(network, nn::LossKind::kSoftmaxCrossEntropy, division, batch.x.rows);
  const auto result = gradient.compute(kTrainMode, {.seed = 3, .step = 11}, model.params, model.state, batch);
  return {result.loss, result.correct, {gradient.gradient().begin(), gradient.gradient().end()}, model.state};
}

double largest_difference(const Buffer<double>& a, const Buffer<double>& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

void check_equal(const Outcome& a, const Outcome& b) {
  CHECK(a.loss == doctest::Approx(b.loss).epsilon(1e-13));
  CHECK(a.correct == b.correct);
  CHECK(largest_difference(a.gradient, b.gradient) < 1e-12);
}

std::vector<double> moving_variance(const nn::Network<double>& network, const Outcome& outcome) {
  const nn::StateId id = *network.layout().normalizations[0].moving_variance;
  return {outcome.state.begin() + id.offset, outcome.state.begin() + id.offset + id.size};
}

/// Four rows, two for each of two replicas, and momentum 0: the variances are those that Keras 3.15 stored.
Outcome keras_example(const nn::Network<double>& network, train::Sync sync) {
  const std::vector<double> x = {0, 0, 0, 1, 2, 6, 3, 1, 7, 8, 3, 15};
  const std::vector<std::int32_t> labels = {0, 1, 2, 0};
  return outcome_of(network, {.replicas = 2, .sync = sync}, {.x = {x.data(), 4, 3}, .targets = {.labels = labels.data(), .values = {}}});
}

const std::vector<train::Division> kDivisions = {{.accumulate = 1},
                                                 {.accumulate = 4},
                                                 {.replicas = 3},
                                                 {.replicas = 2, .sync = train::Sync::kMovingStatistics},
                                                 {.replicas = 4, .sync = train::Sync::kBatchStatistics},
                                                 {.accumulate = 2, .replicas = 3},
                                                 {.accumulate = 5, .replicas = 4, .sync = train::Sync::kMovingStatistics}};

}  // namespace

TEST_CASE("parts are consecutive and as equal as they can be") {
  for (const Index total : {0, 1, 7, 8, 30}) {
    for (const Index parts : {1, 3, 8, 11}) {
      Index next = 0;
      for (Index i = 0; i < parts; ++i) {
        const Part part = even_part(total, parts, i);
        CHECK(part.first == next);
        CHECK(part.count == (total + parts - 1 - i) / parts);
        next += part.count;
      }
      CHECK(next == total);
    }
  }
}

TEST_CASE("what treats each row alone has the same gradient however the batch is divided, dropout included") {
  const nn::Network<double> dense = make_network<double>(kLayerNormNet, Shape{10});
  const nn::Network<double> recurrent =
      make_network<double>({{"lstm", R"("units": 4, "normalization": "layer")"}, {"dropout"}, {"dense", R"("units": 3)"}}, Shape{5, 2});
  for (const nn::Network<double>* network : {&dense, &recurrent}) {
    for (const Index count : {12, 11, 2}) {
      const Rows rows(count, network->input());
      const Outcome whole = outcome_of(*network, {}, rows.batch());
      for (const train::Division& division : kDivisions) {
        CAPTURE(count);
        CAPTURE(division.accumulate);
        CAPTURE(division.replicas);
        check_equal(outcome_of(*network, division, rows.batch()), whole);
      }
    }
  }
}

TEST_CASE("batch normalization: each part by its own statistics, gradients averaged by rows") {
  const nn::Network<double> network = make_network<double>(kBatchNormNet, Shape{10});
  const Rows rows(7, Shape{10});
  const Outcome first = outcome_of(network, {}, rows.batch().part({0, 4}));
  const Outcome second = outcome_of(network, {}, rows.batch().part({4, 3}));
  Buffer<double> mean(first.gradient.size());
  for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = (4.0 * first.gradient[i] + 3.0 * second.gradient[i]) / 7.0;
  for (const train::Division& division : {train::Division{.accumulate = 2}, train::Division{.replicas = 2}}) {
    const Outcome divided = outcome_of(network, division, rows.batch());
    CHECK(largest_difference(divided.gradient, mean) < 1e-14);
    CHECK(divided.loss == doctest::Approx((4.0 * first.loss + 3.0 * second.loss) / 7.0).epsilon(1e-14));
    CHECK(divided.correct == first.correct + second.correct);
  }
  CHECK(largest_difference(outcome_of(network, {}, rows.batch()).gradient, mean) > 1e-3);
}

TEST_CASE("accumulation: the moving statistics move after each micro-batch") {
  const nn::Network<double> network = make_network<double>({{"batch", R"("momentum": 0.9)"}, {"dense", R"("units": 3)"}}, Shape{2});
  const Rows rows(6, Shape{2});
  nn::Model<double> model = nn::fresh_model(network, 3);
  nn::Record<double> record(network, 2);
  for (Index micro = 0; micro < 3; ++micro) {
    network.forward({.mode = kTrainMode}, model.params, model.state, model.state.data(), record, rows.x.view().slice(2 * micro, 2));
  }
  CHECK(outcome_of(network, {.accumulate = 3}, rows.batch()).state == model.state);
}

TEST_CASE("replicas: what is kept of the moving statistics, in Keras's example") {
  const nn::Network<double> network = make_network<double>({{"batch", R"("momentum": 0)"}, {"dense", R"("units": 3)"}}, Shape{3});
  const auto variance = [&](train::Sync sync) { return moving_variance(network, keras_example(network, sync)); };
  CHECK(variance(train::Sync::kNone) == std::vector<double>{0.25, 1.0, 9.0});
  CHECK(variance(train::Sync::kMovingStatistics) == std::vector<double>{3.25, 1.0, 12.5});
  CHECK(variance(train::Sync::kBatchStatistics) == std::vector<double>{9.5, 1.25, 28.5});
  for (const train::Sync sync : {train::Sync::kNone, train::Sync::kMovingStatistics, train::Sync::kBatchStatistics}) {
    const Outcome outcome = keras_example(network, sync);
    CHECK(outcome.state[static_cast<std::size_t>(network.layout().normalizations[0].updates->offset)] == 1.0);
  }
}

TEST_CASE("synchronised replicas are the whole batch, in every layer with batch statistics") {
  const std::vector<std::pair<Net, Shape>> nets = {
      {kBatchNormNet, Shape{10}},
      {{{"dense", R"("units": 8)"}, {"batch_renorm", R"("rmax": 3, "dmax": 5)"}, {"dropout"}, {"dense", R"("units": 3)"}}, Shape{10}},
      {{{"moving_layer"}, {"dense", R"("units": 3)"}}, Shape{10}},
      {{{"batch", R"("moving_variance": "unbiased")"}, {"lstm", R"("units": 3)"}}, Shape{5, 2}},
      {{{"batch", R"("time": "per-step")"}, {"lstm", R"("units": 3)"}}, Shape{5, 2}},
      {{{"conv2d", R"("filters": 3, "kernel_size": 2)"}, {"batch"}, {"flatten"}, {"dense", R"("units": 3)"}}, Shape{4, 4, 1}}};
  for (const auto& net : nets) {
    const Net& layers = net.first;
    const Shape& shape = net.second;
    const nn::Network<double> network = make_network<double>(layers, shape);
    for (const Index count : {12, 11, 3}) {
      const Rows rows(count, shape);
      CAPTURE(layers[0].type);
      CAPTURE(layers[1].type);
      CAPTURE(count);
      const Outcome whole = outcome_of(network, {}, rows.batch());
      const Outcome synchronised = outcome_of(network, {.replicas = 4, .sync = train::Sync::kBatchStatistics}, rows.batch());
      CHECK(synchronised.loss == doctest::Approx(whole.loss).epsilon(1e-13));
      CHECK(largest_difference(synchronised.gradient, whole.gradient) < 1e-12);
      CHECK(largest_difference(synchronised.state, whole.state) < 1e-13);
    }
  }
}

TEST_CASE("synchronised replicas on padded sequences add Keras's 1e-7 once to the number of valid steps") {
  for (const char* layer : {"batch", "batch_renorm"}) {
    CAPTURE(layer);
    const nn::Network<double> network = make_network<double>({{layer, R"("momentum": 0)"}, {"lstm", R"("units": 3)"}}, Shape{5, 2});
    Rows rows(6, Shape{5, 2});
    rows.lengths = {5, 1, 0, 0, 5, 5};  // 16 steps; the second of three replicas has none
    std::fill(rows.x.view().begin(), rows.x.view().end(), 1.0);
    for (const Index replicas : {1, 2, 3}) {
      CAPTURE(replicas);
      const Outcome outcome = outcome_of(network, {.replicas = replicas, .sync = train::Sync::kBatchStatistics}, rows.batch());
      const nn::StateId id = *network.layout().normalizations[0].moving_mean;
      CHECK(std::abs(outcome.state[static_cast<std::size_t>(id.offset)] - 1.0 + 6.25e-9) < 1e-14);
    }
  }
}

TEST_CASE("one micro-batch on one replica is a plain step, bit for bit, whatever sync says") {
  const TrainRig<float> plain(kBatchNormNet, clusters<float>(150), R"({"epochs": 2, "batch_size": 16})");
  for (const char* sync : {"\"none\"", "\"moving-statistics\"", "\"batch-statistics\"", "true", "false"}) {
    const TrainRig<float> rig(kBatchNormNet, clusters<float>(150),
                              R"({"epochs": 2, "batch_size": 16, "accumulate": 1, "replicas": 1, "sync": )" + std::string(sync) + "}");
    CHECK(rig.losses() == plain.losses());
    CHECK(rig.trained().model().state == plain.trained().model().state);
  }
}

TEST_CASE("a divided step allocates nothing") {
  for (const char* options : {R"("accumulate": 4)", R"("replicas": 4)", R"("accumulate": 2, "replicas": 4, "sync": "moving-statistics")",
                              R"("replicas": 8, "sync": "batch-statistics")"}) {
    const TrainRig<float> rig(kBatchNormNet, clusters<float>(150), R"({"epochs": 3, "batch_size": 16, )" + std::string(options) + "}");
    train::Trainer<float> trainer = rig.trainer();
    const std::size_t before = allocations();
    while (!trainer.done()) trainer.advance();
    CHECK(allocations() == before);
    CHECK(trainer.epoch_totals().samples == 100);
  }
}

TEST_CASE("a batch that cannot be divided is refused, and a part that diverges ends the run") {
  const TrainRig<float> odd(kBatchNormNet, clusters<float>(150), R"({"batch_size": 30, "accumulate": 4})");
  CHECK_THROWS_WITH_AS(odd.trainer(),
                       "a batch of 30 rows cannot be divided into 4 equal parts (train.accumulate); make train.batch_size a multiple of 4",
                       Error);
  const TrainRig<float> both(kBatchNormNet, clusters<float>(150), R"({"batch_size": 32, "accumulate": 2, "replicas": 3})");
  CHECK_THROWS_AS(both.trainer(), Error);
  data::Dataset<float> broken = clusters<float>(150);
  broken.train.features(40, 3) = std::numeric_limits<float>::quiet_NaN();  // in the third part of the third step
  const TrainRig<float> diverging(kBatchNormNet, std::move(broken), R"({"batch_size": 16, "accumulate": 4})", R"({"order": "sequential"})");
  CHECK_THROWS_WITH_AS(
      diverging.trained(),
      "the loss is nan at step 3; first non-finite tensor: the batch's features; look at \"scale\" and \"shift\" in the data",
      train::Diverged);
}

TEST_CASE("a label for each step: every step that counts weighs the same, however the rows are divided") {
  Rows rows(7, {4, 3});
  RandomStream random(6, Purpose::kData);
  rows.labels.clear();
  for (Index i = 0; i < 28; ++i) rows.labels.push_back(random.below(3) == 0 ? kNoLabel : static_cast<std::int32_t>(random.below(3)));
  std::fill(rows.labels.begin(), rows.labels.begin() + 4, kNoLabel);  // the first row has nothing to predict
  train::Batch<double> batch = rows.batch();
  batch.targets.positions = 4;
  const nn::Network<double> network =
      make_network<double>({{"dense", R"("units": 8)"}, {"layer"}, {"relu"}, {"dense", R"("units": 3)"}}, Shape{4, 3});
  const Outcome whole = outcome_of(network, {}, batch);
  check_equal(outcome_of(network, {.accumulate = 7}, batch), whole);
  check_equal(outcome_of(network, {.accumulate = 2, .replicas = 3}, batch), whole);

  // A padded step's features and a label that is ignored do not reach the loss.
  const Outcome again = [&] {
    for (Index i = 0; i < 28; ++i)
      if (rows.labels[static_cast<std::size_t>(i)] == kNoLabel) std::fill_n(rows.x.view().data + 3 * i, 3, 100.0);
    return outcome_of(network, {}, batch);
  }();
  check_equal(again, whole);
}

}  // namespace normrun::test
