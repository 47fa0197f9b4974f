#include "diagnosis/statistics_algebra.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "diagnosis/places.hpp"

using namespace normrun;
using namespace normrun::diagnosis;

namespace {

diagnosis::StatisticsList list_of(std::vector<double> mean, std::vector<double> variance) {
  return {{.normalization = 0, .mean = std::move(mean), .variance = std::move(variance)}};
}

}  // namespace

TEST_CASE("a fault that was measured in one place stands alone in another") {
  const diagnosis::StatisticsList base = list_of({10.0}, {4.0});
  const diagnosis::StatisticsList sound = list_of({1.0}, {1.0});
  const diagnosis::StatisticsList faulty = list_of({1.5}, {0.5});
  const diagnosis::StatisticsList moved = diagnosis::with_fault(base, faulty, sound);
  CHECK(moved[0].mean[0] == doctest::Approx(11.0));  // half a standard deviation of 2
  CHECK(moved[0].variance[0] == doctest::Approx(2.0));
}

TEST_CASE("the share of the initial values is fitted over all channels") {
  const diagnosis::StatisticsList base = list_of({3.0, -2.0, 0.5}, {4.0, 0.25, 9.0});
  const diagnosis::StatisticsList initial = list_of({0.0, 0.0, 0.0}, {1.0, 1.0, 1.0});
  const diagnosis::BlendFit fit = diagnosis::fit_blend(diagnosis::blended(base, initial, 0.7), base, initial);
  CHECK(fit.share == doctest::Approx(0.7));
  CHECK(fit.explained == doctest::Approx(1.0));
  const diagnosis::BlendFit other = diagnosis::fit_blend(list_of({3.0, -1.0, -2.5}, {4.0, 0.25, 9.0}), base, initial);
  CHECK(other.explained < 0.95);
}

TEST_CASE("distances are in standard deviations and logs of variances; constant channels have none") {
  const statistics::LayerStatistics a{.normalization = 0, .mean = {2.0, 5.0}, .variance = {4.0, 0.0}};
  const statistics::LayerStatistics b{.normalization = 0, .mean = {0.0, 0.0}, .variance = {1.0, 0.0}};
  const std::vector<double> distances = diagnosis::channel_distances(a, b, a, 0.0);
  CHECK(distances[0] == doctest::Approx(1.0 + 0.5 * std::log(4.0) * std::log(4.0)));
  CHECK(distances[1] == 0.0);
}

TEST_CASE("a few numbers are named where they make up four fifths") {
  CHECK(diagnosis::few_largest({0.1, 9.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}) == std::vector<Index>{1});
  CHECK(diagnosis::few_largest({1.0, 1.0, 1.0, 1.0}).empty());
}

TEST_CASE("channels that hardly vary get the variance that is usual in their layer") {
  statistics::LayerStatistics layer{.normalization = 0, .mean = {0.0, 0.0, 0.0, 0.0, 0.0}, .variance = {2.0, 1e-4, 3.0, 0.0, 4.0}};
  CHECK(diagnosis::give_usual_variance(layer) == std::vector<Index>{1, 3});
  CHECK(layer.variance == std::vector<double>{2.0, 2.0, 3.0, 2.0, 4.0});
}
