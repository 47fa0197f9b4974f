#include <doctest/doctest.h>

#include <cmath>

#include "core/random.hpp"
#include "support/central_differences.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

constexpr Index kRows = 5;
constexpr Index kChannels = 2;
constexpr double kEpsilon = 0.1;

LayerRig<double> power_rig(const std::string& options = "") {
  LayerRig<double> rig({describe_layer("power", R"({"epsilon": 0.1, "momentum": 0.75, "backward_momentum": 0.5)" + options + "}")},
                       Shape{kChannels}, kRows);
  RandomStream stream(17, Purpose::kData);
  for (double& value : rig.x.view()) value = 1.0 + stream.normal();
  for (double& value : rig.dy.view()) value = stream.normal();
  for (const char* name : {"gamma", "beta"})
    for (double& value : rig.param(name)) value = 1.0 + 0.5 * stream.normal();
  for (double& value : rig.state("moving_square")) value = 1.5 + std::abs(stream.normal());
  for (double& value : rig.state("moving_product")) value = stream.normal();
  return rig;
}

double mean_of(const Matrix<double>& a, const Matrix<double>& b, Index c) {
  double sum = 0.0;
  for (Index r = 0; r < kRows; ++r) sum += a(r, c) * b(r, c);
  return sum / static_cast<double>(kRows);
}

}  // namespace

TEST_CASE("power: the running mean of squares before this batch divides, in train mode as in eval mode") {
  LayerRig<double> rig = power_rig();
  for (const Mode& mode : {kTrainMode, kEvalMode, kTrainFrozen}) {
    const ConstView<double> y = rig.forward({.mode = mode});
    for (Index r = 0; r < kRows; ++r) {
      for (Index c = 0; c < kChannels; ++c) {
        const auto at = static_cast<std::size_t>(c);
        const double root = std::sqrt(rig.state("moving_square")[at] + kEpsilon);
        CHECK(y(r, c) == doctest::Approx(rig.param("gamma")[at] * rig.x(r, c) / root + rig.param("beta")[at]).epsilon(1e-12));
      }
    }
  }
  rig.forward({.mode = kTrainMode});
  for (std::size_t c = 0; c < 2; ++c) {
    const double moved = 0.75 * rig.state("moving_square")[c] + 0.25 * mean_of(rig.x, rig.x, static_cast<Index>(c));
    CHECK(rig.next("moving_square")[c] == doctest::Approx(moved).epsilon(1e-12));
  }
}

TEST_CASE("power: backward corrects by the running product, and moves it after that") {
  LayerRig<double> rig = power_rig();
  rig.forward({.mode = kTrainMode});
  rig.backward();
  for (Index c = 0; c < kChannels; ++c) {
    const auto at = static_cast<std::size_t>(c);
    const double inv = 1.0 / std::sqrt(rig.state("moving_square")[at] + kEpsilon);
    const double gamma = rig.param("gamma")[at];
    const double product = rig.state("moving_product")[at];
    for (Index r = 0; r < kRows; ++r)
      CHECK(rig.dx(r, c) == doctest::Approx(inv * (gamma * rig.dy(r, c) - product * rig.x(r, c) * inv)).epsilon(1e-12));
    const double square_of_x_hat = mean_of(rig.x, rig.x, c) * inv * inv;
    const double dot = mean_of(rig.x, rig.dy, c) * inv * gamma;
    CHECK(rig.next("moving_product")[at] == doctest::Approx(product * (1.0 - 0.5 * square_of_x_hat) + 0.5 * dot).epsilon(1e-12));
  }
}

TEST_CASE("power: dx is the gradient of y in eval mode, when frozen, and while the running product is 0; otherwise it is not") {
  LayerRig<double> rig = power_rig();
  CHECK(gradient_error(rig, {.mode = kEvalMode}) < 1e-7);
  CHECK(gradient_error(rig, {.mode = kTrainMode}) > 1e-2);
  CHECK(parameter_gradient_error(rig, {.mode = kTrainMode}) < 1e-7);
  for (double& value : rig.state("moving_product")) value = 0.0;
  CHECK(gradient_error(rig, {.mode = kTrainMode}) < 1e-7);
  LayerRig<double> frozen = power_rig(R"(, "trainable": false)");
  frozen.forward({.mode = kTrainMode});
  frozen.backward();
  CHECK(frozen.next("moving_product")[0] == frozen.state("moving_product")[0]);
  CHECK(frozen.next("moving_square")[0] == frozen.state("moving_square")[0]);
  const double inv = 1.0 / std::sqrt(frozen.state("moving_square")[0] + kEpsilon);
  CHECK(frozen.dx(0, 0) == doctest::Approx(inv * frozen.param("gamma")[0] * frozen.dy(0, 0)).epsilon(1e-12));
}

}  // namespace normrun::test
