#include "statistics/moving_statistics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "statistics/population.hpp"
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

namespace {

struct Tolerance {
  double mean;
  double variance;
};

/// Checks that bias correction gives the moments of the one batch that moved the statistics, which holds all training rows.
void check_corrected_to_batch(const TrainRig<double>& rig, const train::Trainer<double>& trainer, const Tolerance& tolerance) {
  statistics::ChannelMoments batch(10);
  batch.add<double>(rig.data.train.features.view());
  const auto corrected = statistics::bias_corrected<double>(rig.network.layout(), trainer.model().state);
  REQUIRE(corrected.size() == 1);
  for (std::size_t c = 0; c < 10; ++c) {
    CHECK(corrected[0].mean[c] == doctest::Approx(batch.mean()[c]).epsilon(tolerance.mean));
    CHECK(corrected[0].variance[c] == doctest::Approx(batch.variance()[c]).epsilon(tolerance.variance));
  }
}

}  // namespace

TEST_CASE("bias correction takes the initial values out of the moving statistics") {
  // One batch, momentum 0.9: moving mean 0.1 mean, moving variance 0.9 + 0.1 variance.
  for (const char* norm : {R"("momentum": 0.9)", R"("momentum": 0.9, "initial_mean": 3, "initial_variance": 5)"}) {
    TrainRig<double> rig({{"batch", norm}, {"dense", R"("units": 3)"}}, clusters<double>(60),
                         R"({"batch_size": 40, "steps": 1, "optimizer": {"type": "sgd", "learning_rate": 0}})");
    const train::Trainer<double> trainer = rig.trained();
    check_corrected_to_batch(rig, trainer, {.mean = 1e-12, .variance = 1e-12});
  }
}

TEST_CASE("batch renormalization averages the standard deviation, and is corrected there") {
  TrainRig<double> rig({{"batch_renorm", R"("momentum": 0.9)"}, {"dense", R"("units": 3)"}}, clusters<double>(60),
                       R"({"batch_size": 40, "steps": 1, "optimizer": {"type": "sgd", "learning_rate": 0}})");
  const train::Trainer<double> trainer = rig.trained();
  check_corrected_to_batch(rig, trainer, {.mean = 1e-9, .variance = 1e-6});
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

TEST_CASE_TEMPLATE("a channel is constant where rounding alone may have left its variance, at any size and for any number of rows", T,
                   float, double) {
  constexpr double kEpsilon = std::numeric_limits<T>::epsilon();
  constexpr double kGenuine = std::is_same_v<T, float> ? 64.0 : 2048.0;  // a sum of 512 doubles is off by up to 256 of theirs
  for (const double size : {0.1, -0.1, 1e-3, 7.0, 1e6, 1e-20}) {
    for (const Index rows : {3, 30, 5000}) {
      for (const double step : {0.0, 1.0, kGenuine}) {  // in units of the last place
        CAPTURE(size);
        CAPTURE(rows);
        CAPTURE(step);
        Matrix<T> x(rows, 1);
        for (Index r = 0; r < rows; ++r) x.view()(r, 0) = static_cast<T>(size * (r % 2 == 0 ? 1.0 : 1.0 + step * kEpsilon));
        statistics::ChannelMoments moments(1);
        for (Index first = 0; first < rows; first += 512)
          moments.add<T>(ConstView<T>(x.view()).slice(first, std::min<Index>(512, rows - first)));
        const statistics::LayerStatistics found{0, moments.mean(), moments.variance(), moments.rounding_variance(kEpsilon)};
        CHECK(found.is_constant(0) == (step < kGenuine));
      }
    }
  }
  statistics::ChannelMoments zeros(1);
  zeros.add<T>(Matrix<T>(4, 1).view());
  CHECK(statistics::LayerStatistics{0, zeros.mean(), zeros.variance(), zeros.rounding_variance(kEpsilon)}.is_constant(0));
}

TEST_CASE_TEMPLATE("every estimator leaves a constant feature a variance that rounding explains, and no other feature", T, float, double) {
  for (const char* type : {"batch", "batch_renorm"}) {
    for (const char* steps : {"1", "7", "60"}) {
      CAPTURE(type);
      CAPTURE(steps);
      data::Dataset<T> data = clusters<T>(60);
      for (Index r = 0; r < data.train.features.rows(); ++r) data.train.features.view()(r, 3) = static_cast<T>(0.1);
      TrainRig<T> rig({{type, R"("momentum": 0.9)"}, {"dense", R"("units": 3)"}}, std::move(data),
                      R"({"batch_size": 20, "steps": )" + std::string(steps) + R"(, "optimizer": {"type": "sgd", "learning_rate": 0}})");
      const nn::Model<T> model = rig.trained().model();
      for (const statistics::Estimator estimator : {statistics::Estimator::kLayerByLayer, statistics::Estimator::kPooled,
                                                    statistics::Estimator::kBatchAverage, statistics::Estimator::kBiasCorrected}) {
        CAPTURE(static_cast<int>(estimator));
        statistics::PopulationOptions options;
        options.estimator = estimator;
        options.batch_size = {.word = "train"};
        const auto found = statistics::population_statistics(rig.network, model, rig.data.train, options, 20);
        REQUIRE(found.size() == 1);
        for (std::size_t c = 0; c < 10; ++c) CHECK(found[0].is_constant(c) == (c == 3));
      }
    }
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
