#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/random.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

constexpr Index kExamples = 4;
constexpr Index kChannels = 3;

LayerRig<double> moving_rig(const std::string& type) {
  LayerRig<double> rig({describe_layer(type, type == "layer" ? R"({"epsilon": 1e-8})" : "{}")}, Shape{kChannels}, kExamples);
  RandomStream stream(41, Purpose::kData);
  for (double& value : rig.x.view()) value = 1.0 + 2.0 * stream.normal();
  return rig;
}

}  // namespace

TEST_CASE("moving_layer: train mode is layer normalization") {
  LayerRig<double> moving = moving_rig("moving_layer");
  LayerRig<double> layer = moving_rig("layer");
  const ConstView<double> a = moving.forward({.mode = kTrainMode});
  const ConstView<double> b = layer.forward({.mode = kTrainMode});
  for (Index i = 0; i < a.size(); ++i) CHECK(a.data[i] == doctest::Approx(b.data[i]).epsilon(1e-14));
}

TEST_CASE("moving_layer: before training, eval mode is the identity") {
  LayerRig<double> rig = moving_rig("moving_layer");
  const ConstView<double> y = rig.forward({.mode = kEvalMode});
  CHECK(std::equal(y.begin(), y.end(), rig.x.view().begin()));
}

TEST_CASE("moving_layer: the averages take a hundredth of the rows' mean statistics, the epsilon inside") {
  LayerRig<double> rig = moving_rig("moving_layer");
  rig.forward({.mode = kTrainMode});
  double mean = 0.0;
  double variance = 0.0;
  for (Index e = 0; e < kExamples; ++e) {
    const double* row = rig.x.view().row(e);
    const double of_row = (row[0] + row[1] + row[2]) / 3;
    mean += of_row / kExamples;
    for (Index c = 0; c < kChannels; ++c) variance += std::pow(row[c] - of_row, 2) / 3 / kExamples;
  }
  CHECK(rig.next("moving_mean")[0] == doctest::Approx(0.01 * mean).epsilon(1e-13));
  CHECK(rig.next("moving_variance")[0] == doctest::Approx(0.99 + 0.01 * (variance + 1e-8)).epsilon(1e-14));
  CHECK(rig.next("updates")[0] == 1.0);
  rig.model.state = rig.next_state;
  const ConstView<double> y = rig.forward({.mode = kEvalMode});
  CHECK(y(1, 2) ==
        doctest::Approx((rig.x(1, 2) - rig.state("moving_mean")[0]) / std::sqrt(rig.state("moving_variance")[0])).epsilon(1e-14));
}

TEST_CASE("moving_layer: gain, offset and statistics are one number each") {
  const LayerRig<double> rig = moving_rig("moving_layer");
  CHECK(rig.layout().param_count == 2);
  CHECK(rig.layout().state_count == 3);
}

}  // namespace normrun::test
