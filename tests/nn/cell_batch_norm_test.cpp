#include <doctest/doctest.h>

#include <cmath>

#include "core/error.hpp"
#include "core/random.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

constexpr Index kTime = 3;
constexpr Index kFeatures = 2;

LayerRig<double> lstm_rig(const std::string& options, Index examples) {
  LayerRig<double> rig({describe_layer("lstm", R"({"units": 2, "normalization": "batch")" + options + "}")}, Shape{kTime, kFeatures},
                       examples);
  rig.network().initialize(5, rig.model.params, rig.model.state);
  RandomStream stream(23, Purpose::kData);
  for (double& value : rig.x.view()) value = stream.normal();
  return rig;
}

}  // namespace

TEST_CASE("batch norm in an LSTM: three norms with statistics of each step, gains of 0.1 and no beta but that of the state") {
  LayerRig<double> rig = lstm_rig("", 2);
  const std::vector<nn::Normalization>& norms = rig.layout().normalizations;
  REQUIRE(norms.size() == 3);
  CHECK(norms[0].name == "lstm_0/input");
  CHECK(norms[1].name == "lstm_0/recurrent");
  CHECK(norms[2].name == "lstm_0/state");
  CHECK(norms[0].steps == kTime);
  CHECK(norms[0].features == kTime * 8);
  CHECK(norms[2].features == kTime * 2);
  for (const char* gamma : {"input_gamma", "recurrent_gamma", "state_gamma"}) CHECK(rig.param(gamma)[0] == 0.1);
  CHECK(rig.param("state_beta")[1] == 0.0);
  CHECK_THROWS_AS(rig.param("input_beta"), std::out_of_range);
  CHECK(lstm_rig(R"(, "initial_gamma": 0.5)", 2).param("recurrent_gamma")[7] == 0.5);
}

TEST_CASE("batch norm in an LSTM: only the examples that reach a step move its averages, and later steps than the longest use its own") {
  const std::vector<Index> lengths = {2, 1, 2};
  LayerRig<double> rig = lstm_rig(R"(, "momentum": 0)", 3);
  rig.x(1, kFeatures) = 1e6;  // padding
  rig.forward({.mode = kTrainMode, .lengths = lengths.data()});
  const auto projected = [&](Index e, Index t) {
    const std::span<double> kernel = rig.param("kernel");
    return rig.x(e, t * kFeatures) * kernel[0] + rig.x(e, t * kFeatures + 1) * kernel[8];
  };
  CHECK(rig.next("input_moving_mean")[0] == doctest::Approx((projected(0, 0) + projected(1, 0) + projected(2, 0)) / 3));
  CHECK(rig.next("input_moving_mean")[8] == doctest::Approx((projected(0, 1) + projected(2, 1)) / 2));
  CHECK(rig.next("input_moving_variance")[8] == doctest::Approx(std::pow((projected(0, 1) - projected(2, 1)) / 2, 2)));
  CHECK(rig.next("input_moving_mean")[16] == 0.0);  // nobody is there
  CHECK(rig.next("input_moving_variance")[16] == 1.0);
  CHECK(rig.next("updates")[0] == 1.0);

  LayerRig<double> short_one = lstm_rig(R"(, "longest_step": 2)", 3);
  LayerRig<double> whole = lstm_rig("", 3);
  CHECK(short_one.layout().normalizations[0].steps == 2);
  RandomStream stream(29, Purpose::kData);
  for (const char* name : {"input_moving_mean", "recurrent_moving_mean", "state_moving_mean"}) {
    const std::span<double> stored = short_one.state(name);
    for (double& value : stored) value = stream.normal();
    const std::size_t width = stored.size() / 2;
    std::copy(stored.begin(), stored.end(), whole.state(name).begin());
    std::copy_n(stored.begin() + static_cast<std::ptrdiff_t>(width), width,
                whole.state(name).begin() + static_cast<std::ptrdiff_t>(2 * width));
  }
  const ConstView<double> y = short_one.forward({.mode = kEvalMode});
  const ConstView<double> y_of_whole = whole.forward({.mode = kEvalMode});
  for (Index i = 0; i < y.size(); ++i) CHECK(y.data[i] == y_of_whole.data[i]);
}

TEST_CASE("batch norm in an LSTM: one row alone gives the same output for every input") {
  LayerRig<double> rig = lstm_rig("", 1);
  rig.param("bias")[4] = 0.25;
  rig.param("state_beta")[0] = 0.5;
  const double first = rig.forward({.mode = kTrainFrozen})(0, 0);
  for (double& value : rig.x.view()) value = 3.0 - 2.0 * value;
  CHECK(rig.forward({.mode = kTrainFrozen})(0, 0) == first);
  CHECK(first == doctest::Approx(std::tanh(0.5) / 2));
}

TEST_CASE("batch norm in a cell: gru and simple_rnn refuse it, and freezing norms leaves an LSTM alone") {
  for (const std::string type : {"gru", "simple_rnn"})
    CHECK_THROWS_WITH_AS(describe_layer(type, R"({"units": 2, "normalization": "batch"})"), doctest::Contains("normalization"), Error);
  const LayerRig<double> rig = lstm_rig("", 1);
  CHECK_THROWS_AS(rig.network().changed({.frozen = {"norms"}, .momentum = std::nullopt}), Error);
}

}  // namespace normrun::test
