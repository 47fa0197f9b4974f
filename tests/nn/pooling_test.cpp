#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

using Numbers = std::vector<double>;

/// One example through one layer: its output, and dx of the sum of all outputs weighed 1, 2, 3, …
struct Pooled {
  Numbers y;
  Numbers dx;
};
Pooled pool(const std::string& type, const std::string& options, const Shape& shape, const Numbers& x) {
  LayerRig<double> rig({describe_layer(type, options)}, shape, 1);
  std::copy(x.begin(), x.end(), rig.x.view().begin());
  double weight = 0.0;
  for (double& dy : rig.dy.view()) dy = ++weight;
  const ConstView<double> y = rig.forward({.mode = kEvalMode});
  Pooled pooled{{y.begin(), y.end()}, {}};
  rig.backward();
  pooled.dx.assign(rig.dx.view().begin(), rig.dx.view().end());
  return pooled;
}

const Numbers kImage = {1, 5, 2,  // (3, 3, 1)
                        4, 3, 0, 7, 8, 6};

}  // namespace

TEST_CASE("max_pooling2d: the largest number under the window gets the gradient") {
  const Pooled valid = pool("max_pooling2d", R"({"pool_size": 2, "strides": 1})", Shape{3, 3, 1}, kImage);
  CHECK(valid.y == Numbers{5, 5, 8, 8});
  CHECK(valid.dx == Numbers{0, 3, 0, 0, 0, 0, 0, 7, 0});
  const Pooled same = pool("max_pooling2d", R"({"pool_size": 2, "padding": "same"})", Shape{3, 3, 1}, kImage);
  CHECK(same.y == Numbers{5, 2, 8, 6});
  CHECK(same.dx == Numbers{0, 1, 2, 0, 0, 0, 0, 3, 4});
}

TEST_CASE("max_pooling2d: padding never wins, not even over negative numbers") {
  CHECK(pool("max_pooling2d", R"({"pool_size": 3, "strides": 1, "padding": "same"})", Shape{1, 2, 1}, {-3, -2}).y == Numbers{-2, -2});
}

TEST_CASE("max_pooling2d: the first of equals gets the gradient") {
  CHECK(pool("max_pooling2d", "{}", Shape{2, 2, 1}, {1, 4, 4, 4}).dx == Numbers{0, 1, 0, 0});
}

TEST_CASE("max_pooling2d: a NaN under the window gives NaN") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Numbers& x : {Numbers{nan, 1, 2, 3}, Numbers{1, 2, nan, 3}, Numbers{1, 2, 3, nan}}) {
    CHECK(std::isnan(pool("max_pooling2d", "{}", Shape{2, 2, 1}, x).y[0]));
  }
}

TEST_CASE("average_pooling2d: padded cells do not count") {
  const Pooled valid = pool("average_pooling2d", R"({"pool_size": 2, "strides": 1})", Shape{3, 3, 1}, kImage);
  CHECK(valid.y == Numbers{3.25, 2.5, 5.5, 4.25});
  const Pooled same = pool("average_pooling2d", R"({"pool_size": 2, "padding": "same"})", Shape{3, 3, 1}, kImage);
  CHECK(same.y == Numbers{3.25, 1, 7.5, 6});
  CHECK(same.dx == Numbers{0.25, 0.25, 1, 0.25, 0.25, 1, 1.5, 1.5, 4});
}

TEST_CASE("global_average_pooling2d: each channel for itself") {
  const Pooled pooled = pool("global_average_pooling2d", "{}", Shape{2, 1, 2}, {1, 10, 3, 30});
  CHECK(pooled.y == Numbers{2, 20});
  CHECK(pooled.dx == Numbers{0.5, 1, 0.5, 1});
}

TEST_CASE("pooling: strides default to the pool size, channels stay apart") {
  const Pooled pooled = pool("max_pooling2d", R"({"pool_size": [1, 2]})", Shape{1, 4, 2}, {1, 8, 2, 7, 3, 6, 4, 5});
  CHECK(pooled.y == Numbers{2, 8, 4, 6});
  CHECK_THROWS_AS(pool("max_pooling2d", "{}", Shape{4}, {1, 2, 3, 4}), Error);
  CHECK_THROWS_AS(pool("global_average_pooling2d", "{}", Shape{2, 2}, {1, 2, 3, 4}), Error);
}

}  // namespace normrun::test
