// Layers over time: what they do to sequences of several lengths.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/random.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

constexpr Index kTime = 9;
constexpr Index kFeatures = 4;

/// A layer and how many steps it makes of 9, of 5 and of 1.
struct SequenceCase {
  std::string type;
  std::string options;
  Index steps, of_five, of_one;
};

const std::vector<SequenceCase> kCases = {
    {"conv1d", R"({"filters": 3})", 7, 3, 0},
    {"conv1d", R"({"filters": 3, "padding": "same"})", 9, 5, 1},
    {"conv1d", R"({"filters": 3, "padding": "causal", "strides": 2, "dilation_rate": 2})", 5, 3, 1},
    {"conv1d", R"({"filters": 3, "strides": 2, "pads": [1, 0]})", 4, 2, 0},
    {"conv1d", R"({"filters": 4, "groups": 2, "strides": 2})", 4, 2, 0},
    {"conv1d", R"({"filters": 4, "groups": 4, "kernel_size": 2})", 8, 4, 0},
    {"conv1d_transpose", R"({"filters": 3, "strides": 2})", 19, 11, 3},
    {"conv1d_transpose", R"({"filters": 3, "strides": 2, "pads": 1})", 17, 9, 1},
    {"max_pooling1d", "{}", 4, 2, 0},
    {"max_pooling1d", R"({"ceil_mode": true})", 5, 3, 1},
    {"average_pooling1d", R"({"pool_size": 3, "strides": 1, "padding": "same"})", 9, 5, 1},
    {"average_pooling1d", R"({"pool_size": 3, "strides": 2, "pads": 1, "count_include_pad": true})", 5, 3, 1},
    {"upsampling1d", R"({"size": 3})", 27, 15, 3},
    {"multi_head_attention", R"({"num_heads": 2})", 9, 5, 1},
    {"multi_head_attention", R"({"num_heads": 2, "key_dim": 3, "use_causal_mask": true})", 9, 5, 1},
    {"sinusoidal_positions", "{}", 9, 5, 1},
    {"reverse", "{}", 9, 5, 1},
    {"gru", R"({"units": 3, "go_backwards": true, "return_sequences": true})", 9, 5, 1},
    {"bidirectional", R"({"layer": {"type": "lstm", "units": 3, "return_sequences": true}})", 9, 5, 1},
    {"transformer_encoder", R"({"d_model": 6, "num_heads": 2, "feed_forward": 5, "depth": 2, "pooling": "none"})", 9, 5, 1},
};

/// The layer over `time` steps, with the same parameters and the same first steps whatever `time` is; the others are not 0.
LayerRig<double> make_rig(const std::vector<nn::LayerDescription>& layers, Index time) {
  LayerRig<double> rig(layers, Shape{time, kFeatures}, 1);
  RandomStream params(5, Purpose::kInitialization);
  for (double& value : rig.model.params) value = params.normal();
  RandomStream stream(5, Purpose::kData);
  for (double& value : rig.x.view()) value = 1.0 + stream.normal();
  for (double& value : rig.dy.view()) value = stream.normal();
  return rig;
}

std::vector<double> numbers(ConstView<double> view) { return {view.begin(), view.end()}; }

}  // namespace

TEST_CASE("layers over time: how many steps the output has") {
  for (const SequenceCase& c : kCases) {
    CAPTURE(c.type);
    CAPTURE(c.options);
    CHECK(make_rig({describe_layer(c.type, c.options)}, kTime).network().output().dims()[0] == c.steps);
  }
}

TEST_CASE("layers over time: a padded sequence gives what it gives alone, and its padding gets no gradient") {
  for (const SequenceCase& c : kCases) {
    for (const Index length : {Index{1}, Index{5}}) {
      CAPTURE(c.type);
      CAPTURE(c.options);
      CAPTURE(length);
      const Index steps = length == 1 ? c.of_one : c.of_five;
      // The sum over time reads the valid steps alone, as many as it is told.
      const std::vector<nn::LayerDescription> layers = {describe_layer(c.type, c.options), describe_layer("global_average_pooling1d")};
      LayerRig<double> padded = make_rig(layers, kTime);
      padded.lengths = {length};
      const std::vector<double> y = numbers(padded.forward({.mode = kEvalMode}));
      if (steps == 0) {
        CHECK(std::all_of(y.begin(), y.end(), [](double value) { return value == 0.0; }));
        continue;
      }
      LayerRig<double> alone = make_rig(layers, length);
      REQUIRE(alone.network().layers()[0].output.dims()[0] == steps);
      const std::vector<double> expected = numbers(alone.forward({.mode = kEvalMode}));
      for (std::size_t i = 0; i < y.size(); ++i) CHECK(y[i] == doctest::Approx(expected[i]).epsilon(1e-13));
      std::copy(alone.dy.view().begin(), alone.dy.view().end(), padded.dy.view().begin());
      padded.backward();
      alone.backward();
      for (Index i = 0; i < padded.dx.view().size(); ++i) {
        const double wanted = i < alone.dx.view().size() ? alone.dx.view().data[i] : 0.0;
        CHECK(padded.dx.view().data[i] == doctest::Approx(wanted).epsilon(1e-12).scale(1.0));
      }
      for (std::size_t i = 0; i < alone.grads.size(); ++i)
        CHECK(padded.grads[i] == doctest::Approx(alone.grads[i]).epsilon(1e-12).scale(1.0));
    }
  }
}

TEST_CASE("batch normalization behind a strided convolution counts the steps that are valid there") {
  const std::vector<nn::LayerDescription> layers = {describe_layer("conv1d", R"({"filters": 2, "kernel_size": 2, "strides": 2})"),
                                                    describe_layer("batch", R"({"momentum": 0})")};
  LayerRig<double> padded = make_rig(layers, 8);
  padded.lengths = {4};
  padded.forward({.mode = kTrainMode});
  LayerRig<double> alone = make_rig(layers, 4);
  alone.forward({.mode = kTrainMode});
  for (std::size_t c = 0; c < 2; ++c) {
    CHECK(padded.next("moving_mean")[c] == doctest::Approx(alone.next("moving_mean")[c]).epsilon(1e-6));
    CHECK(padded.next("moving_variance")[c] == doctest::Approx(alone.next("moving_variance")[c]).epsilon(1e-6));
  }
}

TEST_CASE("lengths end where a sequence does: behind the last state, a permutation, another shape") {
  for (const auto& [type, options] : {std::pair<std::string, std::string>{"lstm", R"({"units": 3})"},
                                      {"permute", R"({"dims": [2, 1]})"},
                                      {"reshape", R"({"target_shape": [3, 12]})"}}) {
    CAPTURE(type);
    LayerRig<double> rig = make_rig({describe_layer(type, options), describe_layer("batch", R"({"momentum": 0, "epsilon": 0.1})")}, kTime);
    LayerRig<double> whole =
        make_rig({describe_layer(type, options), describe_layer("batch", R"({"momentum": 0, "epsilon": 0.1})")}, kTime);
    rig.lengths = {type == "lstm" ? kTime : 2};
    CHECK(numbers(rig.forward({.mode = kTrainMode})) == numbers(whole.forward({.mode = kTrainMode})));
  }
}

TEST_CASE("conv1d: a causal output sees no later step") {
  const auto layer = describe_layer("conv1d", R"({"filters": 2, "padding": "causal", "dilation_rate": 2})");
  LayerRig<double> rig = make_rig({layer}, kTime);
  const std::vector<double> before = numbers(rig.forward({.mode = kEvalMode}));
  rig.x(0, 5 * kFeatures) += 1.0;
  const std::vector<double> after = numbers(rig.forward({.mode = kEvalMode}));
  for (std::size_t i = 0; i < 10; ++i) CHECK(after[i] == before[i]);
  CHECK(after[10] != before[10]);
}

TEST_CASE("layers over time: what does not fit is refused") {
  const auto build = [](const std::string& type, const std::string& options, const Shape& shape) {
    LayerRig<float>({describe_layer(type, options)}, shape, 1);
  };
  CHECK_THROWS_WITH_AS(build("conv1d", R"({"filters": 1})", Shape{4, 4, 1}), doctest::Contains("not (time, features)"), Error);
  CHECK_THROWS_WITH_AS(build("conv1d", R"({"filters": 1, "kernel_size": 5})", Shape{4, 2}), doctest::Contains("does not fit"), Error);
  CHECK_THROWS_WITH_AS(build("conv1d", R"({"filters": 1, "kernel_size": [3, 3]})", Shape{4, 2}), doctest::Contains("one whole number"),
                       Error);
  CHECK_THROWS_WITH_AS(build("conv1d", R"({"filters": 1, "padding": "same", "pads": 1})", Shape{4, 2}), doctest::Contains("not by both"),
                       Error);
  CHECK_THROWS_WITH_AS(build("conv2d", R"({"filters": 1, "pads": [1, 2, 3]})", Shape{4, 4, 1}), doctest::Contains("pads"), Error);
  CHECK_THROWS_WITH_AS(build("conv2d", R"({"filters": 3, "groups": 2})", Shape{4, 4, 2}), doctest::Contains("groups do not divide"), Error);
  CHECK_THROWS_AS(build("conv2d", R"({"filters": 1, "padding": "causal"})", Shape{4, 4, 1}), Error);
  CHECK_THROWS_WITH_AS(build("max_pooling2d", R"({"pads": 2})", Shape{4, 4, 1}), doctest::Contains("padding alone"), Error);
  CHECK_THROWS_WITH_AS(build("conv2d_transpose", R"({"filters": 1, "pads": 4})", Shape{2, 2, 1}), doctest::Contains("leaves no output"),
                       Error);
  CHECK_THROWS_WITH_AS(build("reshape", R"({"target_shape": [4, -1]})", Shape{3, 2}), doctest::Contains("do not fit"), Error);
  CHECK_THROWS_WITH_AS(build("permute", R"({"dims": [1, 1]})", Shape{3, 2}), doctest::Contains("each axis"), Error);
}

TEST_CASE("an embedding refuses what is no token, and does not read padding") {
  LayerRig<double> rig({describe_layer("embedding", R"({"input_dim": 3, "output_dim": 2})")}, Shape{2, 1}, 1);
  std::copy_n(std::vector<double>{1, 2, 3, 4, 5, 6}.begin(), 6, rig.model.params.begin());
  rig.x.view()(0, 0) = 2.0;
  rig.x.view()(0, 1) = 0.0;
  CHECK(numbers(rig.forward({.mode = kEvalMode})) == std::vector<double>{5, 6, 1, 2});
  for (const double no_token : {3.0, -1.0, 0.5, std::nan("")}) {
    CAPTURE(no_token);
    rig.x.view()(0, 1) = no_token;
    rig.lengths = {};
    CHECK_THROWS_AS(rig.forward({.mode = kEvalMode}), Error);
    rig.lengths = {1};
    CHECK(numbers(rig.forward({.mode = kEvalMode})) == std::vector<double>{5, 6, 0, 0});
  }
  CHECK_THROWS_AS(make_rig({describe_layer("relu"), describe_layer("embedding", R"({"input_dim": 3, "output_dim": 2})")}, 1), Error);
}

TEST_CASE("a record knows the valid steps in front of a layer and behind it") {
  const nn::Network<double> network({describe_layer("conv1d", R"({"filters": 2, "strides": 2, "padding": "causal"})"),
                                     describe_layer("relu"), describe_layer("permute", R"({"dims": [2, 1]})")},
                                    Shape{5, 2});
  nn::Record<double> record(network, 2);
  const std::vector<Index> lengths = {5, 2};
  const std::vector<double> params(static_cast<std::size_t>(network.layout().param_count), 0.5);
  const Matrix<double> x(2, 10);
  network.forward({.mode = kEvalMode, .lengths = lengths.data()}, params, {}, nullptr, record, x.view());
  const auto list = [](std::span<const Index> numbers) { return std::vector<Index>(numbers.begin(), numbers.end()); };
  CHECK(list(record.lengths(0)) == lengths);
  CHECK(list(record.lengths_behind(0)) == std::vector<Index>{3, 1});
  CHECK(list(record.lengths(1)) == std::vector<Index>{3, 1});
  CHECK(list(record.lengths_behind(1)) == std::vector<Index>{3, 1});
  CHECK(list(record.lengths_behind(2)).empty());
}

TEST_CASE("what an encoder and both directions stand for: their layers by name") {
  const auto names_of = [](const std::string& type, const std::string& options) {
    const LayerRig<float> rig({describe_layer(type, options)}, Shape{3, 4}, 1);
    std::vector<std::string> names;
    for (const nn::LayerInfo& layer : rig.network().layers()) names.push_back(layer.name);
    return names;
  };
  CHECK(names_of("transformer_encoder", R"({"depth": 1, "name": "e"})") ==
        std::vector<std::string>{"e/embedding", "e/positions", "e/attention_1/body/norm", "e/attention_1/body/attention", "e/attention_1",
                                 "e/feed_forward_1/body/norm", "e/feed_forward_1/body/dense_1", "e/feed_forward_1/body/activation",
                                 "e/feed_forward_1/body/dense_2", "e/feed_forward_1", "e/norm", "e/pool"});
  CHECK(names_of("transformer_encoder", R"({"depth": 1, "name": "e", "norm_first": false, "positions": "none", "pooling": "none"})") ==
        std::vector<std::string>{"e/embedding", "e/attention_1/body/attention", "e/attention_1", "e/attention_1_norm",
                                 "e/feed_forward_1/body/dense_1", "e/feed_forward_1/body/activation", "e/feed_forward_1/body/dense_2",
                                 "e/feed_forward_1", "e/feed_forward_1_norm"});
  CHECK(names_of("bidirectional", R"({"layer": {"type": "gru", "units": 2, "return_sequences": true}, "name": "b"})") ==
        std::vector<std::string>{"b/forward/gru_0", "b/backward/gru_0", "b/backward/reverse_1", "b"});
}

}  // namespace normrun::test
