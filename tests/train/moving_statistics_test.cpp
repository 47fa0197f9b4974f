#include "statistics/moving_statistics.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "train_rig.hpp"

using namespace normrun;
using namespace normrun::test;

TEST_CASE("the share that is left of older statistics is the product of the momenta") {
  for (const nn::Average average : {nn::Average::kExponential, nn::Average::kCumulative, nn::Average::kBiasCorrected}) {
    for (const double momentum : {0.0, 0.5, 0.99}) {
      for (const Index from : {Index{0}, Index{1}, Index{7}}) {
        double product = 1.0;
        for (Index update = from + 1; update <= 20; ++update)
          product *= nn::momentum_of_update(average, momentum, static_cast<double>(update));
        CHECK(nn::share_left(average, momentum, from, 20) == doctest::Approx(product).epsilon(1e-12));
        CHECK(nn::share_left(average, momentum, from, from) == 1.0);
      }
    }
  }
}

TEST_CASE("bias correction takes the initial values out of the moving statistics") {
  // One batch, momentum 0.9: moving mean 0.1 mean, moving variance 0.9 + 0.1 variance.
  for (const char* norm : {R"("momentum": 0.9)", R"("momentum": 0.9, "initial_mean": 3, "initial_variance": 5)"}) {
    TrainRig<double> rig({{"batch", norm}, {"dense", R"("units": 3)"}}, clusters<double>(60),
                         R"({"batch_size": 40, "steps": 1, "optimizer": {"type": "sgd", "learning_rate": 0}})");
    const train::Trainer<double> trainer = rig.trained();
    statistics::ChannelMoments batch(10);
    batch.add<double>(rig.data.train.features.view());
    const auto corrected = statistics::bias_corrected<double>(rig.network.layout(), trainer.model().state);
    REQUIRE(corrected.size() == 1);
    for (std::size_t c = 0; c < 10; ++c) {
      CHECK(corrected[0].mean[c] == doctest::Approx(batch.mean()[c]).epsilon(1e-12));
      CHECK(corrected[0].variance[c] == doctest::Approx(batch.variance()[c]).epsilon(1e-12));
    }
  }
}

TEST_CASE("batch renormalization averages the standard deviation, and is corrected there") {
  TrainRig<double> rig({{"batch_renorm", R"("momentum": 0.9)"}, {"dense", R"("units": 3)"}}, clusters<double>(60),
                       R"({"batch_size": 40, "steps": 1, "optimizer": {"type": "sgd", "learning_rate": 0}})");
  const train::Trainer<double> trainer = rig.trained();
  statistics::ChannelMoments batch(10);
  batch.add<double>(rig.data.train.features.view());
  const auto corrected = statistics::bias_corrected<double>(rig.network.layout(), trainer.model().state);
  REQUIRE(corrected.size() == 1);
  for (std::size_t c = 0; c < 10; ++c) {
    CHECK(corrected[0].mean[c] == doctest::Approx(batch.mean()[c]).epsilon(1e-9));
    CHECK(corrected[0].variance[c] == doctest::Approx(batch.variance()[c]).epsilon(1e-6));
  }
}

TEST_CASE("of averaged replicas it is the mean of their deviations that is corrected, and the variance follows from it") {
  TrainRig<double> rig({{"batch_renorm", R"("momentum": 0.9)"}, {"dense", R"("units": 3)"}}, clusters<double>(60),
                       R"({"batch_size": 40, "steps": 1, "replicas": 4, "sync": "moving-statistics",
                           "optimizer": {"type": "sgd", "learning_rate": 0}})",
                       R"({"order": "sequential"})");
  const train::Trainer<double> trainer = rig.trained();
  std::vector<double> deviation(10);
  std::vector<double> stored(10);
  for (Index replica = 0; replica < 4; ++replica) {
    statistics::ChannelMoments own(10);
    own.add<double>(rig.data.train.features.view().slice(10 * replica, 10));
    const std::vector<double> variance = own.variance();
    for (std::size_t c = 0; c < 10; ++c) {
      const double of_replica = std::sqrt(variance[c] + 1e-3);
      deviation[c] += of_replica / 4.0;
      stored[c] += ((0.9 + 0.1 * of_replica) * (0.9 + 0.1 * of_replica) - 1e-3) / 4.0;
    }
  }
  const auto corrected = statistics::bias_corrected<double>(rig.network.layout(), trainer.model().state);
  const auto moving = statistics::moving_statistics<double>(rig.network.layout(), 0, trainer.model().state);
  for (std::size_t c = 0; c < 10; ++c) {
    CHECK(corrected[0].variance[c] == doctest::Approx(deviation[c] * deviation[c] - 1e-3).epsilon(1e-9));
    CHECK(moving.variance[c] == doctest::Approx(stored[c]).epsilon(1e-12));  // each replica's own, averaged
  }
}

TEST_CASE("statistics that never moved have no bias correction") {
  const TrainRig<double> rig(kBatchNormNet, clusters<double>(60), R"({"batch_size": 4})");
  CHECK(statistics::bias_corrected<double>(rig.network.layout(), rig.trainer().model().state).empty());
}

TEST_CASE("batches are averaged by the layer's own rule") {
  const double rows[] = {1.0, 3.0, 10.0};
  statistics::ChannelMoments pair(1);
  pair.add<double>(ConstView<double>(rows, 2, 1));  // mean 2, variance 1 biased, 2 unbiased
  statistics::ChannelMoments single(1);
  single.add<double>(ConstView<double>(rows + 2, 1, 1));  // mean 10, no unbiased variance
  nn::Normalization norm{.features = 1, .epsilon = 0.25};
  const auto average = [&](nn::MovingVariance rule) {
    norm.variance_rule = rule;
    statistics::BatchAverage batches(norm);
    batches.add(pair, 3.0);
    batches.add(single, 1.0);
    statistics::LayerStatistics statistics{0, {7.0}, {8.0}};
    batches.replace(statistics);
    return std::pair(statistics.mean[0], statistics.variance[0]);
  };
  CHECK(average(nn::MovingVariance::kBiased) == std::pair(4.0, 0.75));
  CHECK(average(nn::MovingVariance::kUnbiased) == std::pair(4.0, 2.0));
  const double deviation = (3.0 * std::sqrt(1.25) + std::sqrt(0.25)) / 4.0;
  CHECK(average(nn::MovingVariance::kFromDeviation).second == doctest::Approx(deviation * deviation - 0.25).epsilon(1e-14));
}

TEST_CASE("what no batch moves stays: an unbiased variance of single rows, anything by weights of zero") {
  const double rows[] = {1.0, 3.0};
  statistics::ChannelMoments single(1);
  single.add<double>(ConstView<double>(rows, 1, 1));
  statistics::ChannelMoments pair(1);
  pair.add<double>(ConstView<double>(rows, 2, 1));
  statistics::LayerStatistics statistics{0, {7.0}, {8.0}};
  statistics::BatchAverage by_single_rows({.features = 1, .variance_rule = nn::MovingVariance::kUnbiased});
  by_single_rows.add(single, 1.0);
  by_single_rows.replace(statistics);
  CHECK(statistics.mean == std::vector<double>{1.0});
  CHECK(statistics.variance == std::vector<double>{8.0});
  statistics::BatchAverage without_weight({.features = 1});
  without_weight.add(pair, 0.0);
  without_weight.replace(statistics);
  CHECK(statistics.mean == std::vector<double>{1.0});
  CHECK(statistics.variance == std::vector<double>{8.0});
}
