#include <doctest/doctest.h>

#include <cmath>

#include "core/error.hpp"
#include "core/random.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

constexpr Index kTime = 3;
constexpr Index kChannels = 2;

LayerRig<double> per_step_rig(const std::string& options, Index examples) {
  LayerRig<double> rig({describe_layer("batch", R"({"time": "per-step")" + options + "}")}, Shape{kTime, kChannels}, examples);
  RandomStream stream(31, Purpose::kData);
  for (double& value : rig.x.view()) value = 1.0 + 2.0 * stream.normal();
  return rig;
}

}  // namespace

TEST_CASE("per-step: each step is what batch norm gives it alone") {
  LayerRig<double> sequences = per_step_rig("", 5);
  LayerRig<double> step({describe_layer("batch")}, Shape{kChannels}, 5);
  const ConstView<double> y = sequences.forward({.mode = kTrainMode});
  for (Index t = 0; t < kTime; ++t) {
    for (Index e = 0; e < 5; ++e) std::copy_n(sequences.x.view().row(e) + t * kChannels, kChannels, step.x.view().row(e));
    const ConstView<double> y_t = step.forward({.mode = kTrainMode});
    for (Index e = 0; e < 5; ++e) {
      for (Index c = 0; c < kChannels; ++c) CHECK(y(e, t * kChannels + c) == y_t(e, c));
    }
    for (std::size_t c = 0; c < 2; ++c) {
      const std::size_t at = static_cast<std::size_t>(t * kChannels) + c;
      CHECK(sequences.next("moving_mean")[at] == step.next("moving_mean")[c]);
      CHECK(sequences.next("moving_variance")[at] == step.next("moving_variance")[c]);
    }
  }
}

TEST_CASE("per-step: only the examples that reach a step make its statistics") {
  const std::vector<Index> lengths = {2, 1, 2};
  LayerRig<double> rig = per_step_rig(R"(, "momentum": 0)", 3);
  rig.x(1, kChannels) = 1e6;  // padding
  rig.forward({.mode = kTrainMode, .lengths = lengths.data()});
  const auto x = [&](Index e, Index t) { return rig.x(e, t * kChannels); };
  CHECK(rig.next("moving_mean")[0] == doctest::Approx((x(0, 0) + x(1, 0) + x(2, 0)) / 3));
  CHECK(rig.next("moving_mean")[2] == doctest::Approx((x(0, 1) + x(2, 1)) / 2));
  CHECK(rig.next("moving_variance")[2] == doctest::Approx(std::pow((x(0, 1) - x(2, 1)) / 2, 2)));
  CHECK(rig.next("moving_mean")[4] == 0.0);  // nobody is there: the averages stay
  CHECK(rig.next("moving_variance")[4] == 1.0);
}

TEST_CASE("per-step: gamma and beta are shared, an input without steps is refused") {
  const LayerRig<double> rig = per_step_rig("", 1);
  CHECK(rig.layout().params[0].shape == std::vector<Index>{kChannels});
  CHECK(rig.layout().states[0].shape == std::vector<Index>{kTime, kChannels});
  CHECK_THROWS_WITH_AS(LayerRig<double>({describe_layer("batch", R"({"time": "per-step"})")}, Shape{4}, 1), doctest::Contains("no steps"),
                       Error);
}

}  // namespace normrun::test
