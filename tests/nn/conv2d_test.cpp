#include <doctest/doctest.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

struct ConvCase {
  Index height, width, inputs;
  Index kernel_height, kernel_width, stride_y, stride_x;
  bool same;
  Index out_height, out_width;  // what TensorFlow's rule gives
  Index top, left;              // padding before
};

const std::vector<ConvCase> kCases = {
    {4, 5, 2, 3, 3, 1, 1, true, 4, 5, 1, 1},
    {4, 5, 2, 3, 3, 2, 2, true, 2, 3, 0, 1},  // one row is missing at the bottom, one column on each side
    {4, 5, 2, 2, 2, 1, 1, true, 4, 5, 0, 0},  // the odd padding is at the bottom and at the right
    {7, 7, 1, 5, 4, 3, 2, true, 3, 4, 2, 1},
    {6, 3, 1, 1, 1, 4, 4, true, 2, 1, 0, 0},  // a stride larger than the kernel pads nothing
    {2, 2, 3, 5, 5, 1, 1, true, 2, 2, 2, 2},  // a kernel larger than the image
    {4, 5, 2, 3, 2, 1, 1, false, 2, 4, 0, 0},
    {7, 8, 1, 3, 3, 2, 3, false, 3, 2, 0, 0},
};

std::string options_of(const ConvCase& c) {
  const auto pair = [](Index a, Index b) { return "[" + std::to_string(a) + ", " + std::to_string(b) + "]"; };
  return R"({"filters": 2, "kernel_size": )" + pair(c.kernel_height, c.kernel_width) + R"(, "strides": )" + pair(c.stride_y, c.stride_x) +
         R"(, "padding": ")" + (c.same ? "same" : "valid") + R"("})";
}

void fill_random(LayerRig<double>& rig) {
  RandomStream stream(3, Purpose::kData);
  for (double& value : rig.model.params) value = stream.normal();
  for (double& value : rig.x.view()) value = stream.normal();
}

/// The definition: every number of the output as a sum over the kernel.
double output_at(LayerRig<double>& rig, const ConvCase& c, Index example, Index y, Index x, Index filter) {
  double sum = rig.param("bias")[static_cast<std::size_t>(filter)];
  for (Index i = 0; i < c.kernel_height; ++i) {
    for (Index j = 0; j < c.kernel_width; ++j) {
      const Index row = y * c.stride_y + i - c.top;
      const Index col = x * c.stride_x + j - c.left;
      if (row < 0 || row >= c.height || col < 0 || col >= c.width) continue;
      for (Index k = 0; k < c.inputs; ++k) {
        const Index weight = ((i * c.kernel_width + j) * c.inputs + k) * 2 + filter;
        sum += rig.x(example, (row * c.width + col) * c.inputs + k) * rig.param("kernel")[static_cast<std::size_t>(weight)];
      }
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("conv2d: output shape and values are those of the definition, padded as in TensorFlow") {
  for (const ConvCase& c : kCases) {
    CAPTURE(options_of(c));
    LayerRig<double> rig({describe_layer("conv2d", options_of(c))}, Shape{c.height, c.width, c.inputs}, 2);
    REQUIRE(rig.network().output() == Shape{c.out_height, c.out_width, 2});
    fill_random(rig);
    const ConstView<double> y = rig.forward({.mode = kTrainMode});
    for (Index e = 0; e < 2; ++e) {
      for (Index i = 0; i < c.out_height * c.out_width * 2; ++i) {
        const double expected = output_at(rig, c, e, i / 2 / c.out_width, i / 2 % c.out_width, i % 2);
        CHECK(y(e, i) == doctest::Approx(expected).epsilon(1e-13).scale(1.0));
      }
    }
  }
}

TEST_CASE("conv2d: parameters have Keras's names, shapes and fans") {
  LayerRig<float> rig({describe_layer("conv2d", R"({"filters": 5, "kernel_size": [3, 2]})")}, Shape{4, 4, 2}, 1);
  const auto& params = rig.layout().params;
  REQUIRE(params.size() == 2);
  CHECK(params[0].name == "kernel");
  CHECK(params[0].shape == std::vector<Index>{3, 2, 2, 5});
  CHECK(params[0].fan_in == 12);
  CHECK(params[0].fan_out == 30);
  CHECK(params[1].name == "bias");
  CHECK(params[1].shape == std::vector<Index>{5});
}

TEST_CASE("conv2d: one number stands for both directions") {
  const auto output = [](const std::string& options) {
    return LayerRig<float>({describe_layer("conv2d", options)}, Shape{9, 9, 1}, 1).network().output();
  };
  CHECK(output(R"({"filters": 1, "kernel_size": 4, "strides": 2})") ==
        output(R"({"filters": 1, "kernel_size": [4, 4], "strides": [2, 2]})"));
  CHECK(output(R"({"filters": 1, "kernel_size": 4})") == Shape{6, 6, 1});
}

TEST_CASE("conv2d: what does not fit is refused") {
  const auto build = [](const std::string& options, const Shape& shape) { LayerRig<float>({describe_layer("conv2d", options)}, shape, 1); };
  CHECK_THROWS_WITH_AS(build(R"({"filters": 1})", Shape{4}), doctest::Contains("not (height, width, channels)"), Error);
  CHECK_THROWS_WITH_AS(build(R"({"filters": 1, "kernel_size": 5})", Shape{4, 9, 1}), doctest::Contains("does not fit"), Error);
  CHECK_THROWS_AS(build(R"({"filters": 1, "kernel_size": [1, 2, 3]})", Shape{4, 4, 1}), Error);
  CHECK_THROWS_AS(build(R"({"filters": 1, "strides": 0})", Shape{4, 4, 1}), Error);
  CHECK_THROWS_AS(build(R"({"filters": 1, "padding": "full"})", Shape{4, 4, 1}), Error);
  CHECK_THROWS_WITH_AS(build("{}", Shape{4, 4, 1}), doctest::Contains("filters"), Error);
  CHECK_THROWS_WITH_AS(build(R"({"filters": 2147483648, "kernel_size": 1048576, "padding": "same"})", Shape{4, 4, 1}),
                       doctest::Contains("more than 2^31 parameters"), Error);
}

TEST_CASE("conv2d: the network of workload W4 has 251,850 parameters") {
  const nn::Network<float> network(
      {describe_layer("conv2d", R"({"filters": 32, "kernel_size": 3, "padding": "same", "activation": "relu"})"), describe_layer("batch"),
       describe_layer("flatten"), describe_layer("dense", R"({"units": 10})")},
      Shape{28, 28, 3});
  CHECK(network.layout().param_count == 251850);
}

}  // namespace normrun::test
