#include "compare/layer_tables.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace normrun;

TEST_CASE("the gaps of a layer, by hand, dead channels left out") {
  const compare::LayerGap gap = compare::layer_gap({1.0, 5.0, 0.0}, {2.0, 9.0, 0.5}, {0, {0.0, 7.0, 2.0}, {1.0, 0.0, 4.0}});
  CHECK(gap.dead_channels == 1);
  CHECK(gap.mean_gap == doctest::Approx(1.0));                      // 1/1 and 2/2
  CHECK(gap.var_ratio == doctest::Approx(std::sqrt(2.0 * 0.125)));  // 2/1 and 0.5/4
  CHECK(gap.worst_channel == 0);
  CHECK(gap.worst_gap == 1.0);
}

TEST_CASE("a layer of dead channels has no worst one") {
  const compare::LayerGap gap = compare::layer_gap({1.0}, {1.0}, {0, {1.0}, {0.0}});
  CHECK(gap.dead_channels == 1);
  CHECK(gap.worst_channel == -1);
}

TEST_CASE("a variance that rounding alone may leave is a dead channel's, a larger one is not, and one that is no number is neither") {
  const statistics::LayerStatistics population{0, {0.1, 0.1, 0.1}, {1e-34, 1e-33, 4.0}, {2e-34, 2e-34, 2e-34}};
  const compare::LayerGap gap = compare::layer_gap({0.1, 0.1, 2.1}, {1.0, 1e-33, 4.0}, population);
  CHECK(gap.dead_channels == 1);
  CHECK(gap.worst_channel == 2);
  CHECK(gap.worst_gap == 1.0);
  CHECK(gap.var_ratio == doctest::Approx(1.0));
  const compare::LayerGap undefined =
      compare::layer_gap({1.0, 1.0, 9.0}, {1.0, 1.0, 1.0}, {0, {1.0, std::nan(""), 1.0}, {1.0, std::nan(""), 1.0}});
  CHECK(undefined.dead_channels == 0);
  CHECK(std::isnan(undefined.mean_gap));
  CHECK(std::isnan(undefined.var_ratio));
  CHECK(undefined.worst_channel == 1);
  CHECK(std::isnan(compare::layer_gap({1.0}, {-1.0}, {0, {1.0}, {1.0}}).var_ratio));
}

TEST_CASE("the share of the initial values is momentum to the power of the updates") {
  CHECK(nn::share_left(nn::Average::kExponential, 0.99, 0, 10) == doctest::Approx(0.9043820750088044).epsilon(1e-14));
  CHECK(nn::share_left(nn::Average::kExponential, 0.9, 0, 0) == 1.0);
  CHECK(nn::share_left(nn::Average::kCumulative, 0.99, 0, 0) == 1.0);
  CHECK(nn::share_left(nn::Average::kCumulative, 0.99, 0, 1) == 0.0);
  CHECK(nn::share_left(nn::Average::kBiasCorrected, 0.99, 0, 3) == 0.0);
}
