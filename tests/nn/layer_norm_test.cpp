#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "core/error.hpp"
#include "core/random.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

LayerRig<float> layer_rig(const std::string& options, Index examples, std::vector<Index> shape) {
  LayerRig<float> rig({describe_layer("layer", options)}, Shape(std::move(shape)), examples);
  RandomStream stream(5, Purpose::kData);
  for (float& value : rig.x.view()) value = static_cast<float>(stream.normal());
  return rig;
}

std::string problem_of(const std::string& options, std::vector<Index> shape) {
  try {
    layer_rig(options, 1, std::move(shape));
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kUsage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the training and the evaluation output are the same bits") {
  LayerRig<float> rig = layer_rig("{}", 5, {17});
  const ConstView<float> train = rig.forward({.mode = kTrainMode});
  const std::vector<float> kept(train.begin(), train.end());
  const ConstView<float> eval = rig.forward({.mode = kEvalMode});
  CHECK(kept == std::vector<float>(eval.begin(), eval.end()));
  CHECK(rig.layout().state_count == 0);
}

TEST_CASE("a single feature gives beta exactly") {
  LayerRig<float> rig = layer_rig("{}", 3, {1});
  rig.param("beta")[0] = 0.75F;
  for (const float value : rig.forward({.mode = kTrainMode})) CHECK(value == 0.75F);
}

TEST_CASE("axes: gamma has their shape, and each example is one group") {
  CHECK(layer_rig("{}", 1, {2, 3, 4}).layout().params[0].shape == std::vector<Index>{4});
  CHECK(layer_rig(R"({"axes": [-2, -1]})", 1, {2, 3, 4}).layout().params[0].shape == std::vector<Index>{3, 4});
  CHECK(layer_rig(R"({"axes": [1, 2, 3]})", 1, {2, 3, 4}).layout().params[0].shape == std::vector<Index>{2, 3, 4});
  CHECK(layer_rig(R"({"axes": [3, 2]})", 1, {2, 3, 4}).layout().params[0].shape == std::vector<Index>{3, 4});

  LayerRig<float> rig = layer_rig(R"({"axes": [1, 2], "epsilon": 0})", 2, {4, 8});
  const ConstView<float> y = rig.forward({.mode = kTrainMode});
  for (Index r = 0; r < 2; ++r) {
    double sum = 0.0;
    double square = 0.0;
    for (Index c = 0; c < 32; ++c) {
      sum += static_cast<double>(y(r, c));
      square += static_cast<double>(y(r, c)) * static_cast<double>(y(r, c));
    }
    CHECK(sum / 32 == doctest::Approx(0.0).scale(1.0).epsilon(1e-6));
    CHECK(square / 32 == doctest::Approx(1.0).epsilon(1e-6));
  }
}

TEST_CASE("axes that are not the last ones: one row for each place along the others, gamma in the example's order") {
  CHECK(layer_rig(R"({"axes": [3, 1]})", 1, {2, 3, 4}).layout().params[0].shape == std::vector<Index>{2, 4});
  LayerRig<float> rig = layer_rig(R"({"axes": [1, 3], "epsilon": 0})", 2, {2, 3, 4});
  for (std::size_t i = 0; i < 8; ++i) rig.param("beta")[i] = static_cast<float>(i);
  const ConstView<float> y = rig.forward({.mode = kTrainMode}).reshaped(2, 24);
  for (Index e = 0; e < 2; ++e) {
    for (Index column = 0; column < 3; ++column) {
      double sum = 0.0;
      for (Index row = 0; row < 2; ++row)
        for (Index c = 0; c < 4; ++c) sum += static_cast<double>(y(e, (row * 3 + column) * 4 + c)) - static_cast<double>(row * 4 + c);
      CHECK(sum == doctest::Approx(0.0).scale(1.0).epsilon(1e-5));
    }
  }
}

TEST_CASE("axes that no example has are refused with the layer's name") {
  CHECK(problem_of(R"({"axes": [0]})", {2, 3}).find("layer layer_0: axis 0 is not one of (2, 3)") == 0);
  CHECK(problem_of(R"({"axes": [3]})", {2, 3}).find("layer layer_0: axis 3") == 0);
  CHECK(problem_of(R"({"axes": [-1, 2]})", {2, 3}).find("layer layer_0: axis 2 is given twice") == 0);
  CHECK(!problem_of(R"({"axes": []})", {2, 3}).empty());
}

}  // namespace normrun::test
