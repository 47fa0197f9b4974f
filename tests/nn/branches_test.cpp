// Networks with branches: what a config's nested lists become, and what is refused.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "nn/initializers.hpp"
#include "nn/layer_list.hpp"
#include "nn/registry.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

using Layers = std::vector<nn::LayerDescription>;

std::vector<std::string> names_of(const nn::Network<float>& network) {
  std::vector<std::string> names;
  for (const auto& info : network.layers()) names.push_back(info.name);
  return names;
}

std::string problem_of(const Layers& layers, const Shape& input) {
  try {
    const nn::Network<float> network(layers, input);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kUsage);
    return error.what();
  }
  return "";
}

std::string problem_of(const std::string& type, const std::string& options, const Shape& input) {
  try {
    return problem_of({describe_layer(type, options)}, input);
  } catch (const Error& error) {
    return error.what();
  }
}

/// The numbers ((i * factor) mod base - base / 2) / base, which the golden vectors were computed from.
void fill_ramp(std::span<double> values, Index factor, Index base, double offset = 0.0) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Index place = static_cast<Index>(i) * factor % base - base / 2;
    values[i] = offset + static_cast<double>(place) / static_cast<double>(base);
  }
}

template <class Numbers>
void check_near(const Numbers& computed, const std::vector<double>& expected) {
  REQUIRE(std::ssize(computed) == std::ssize(expected));
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::abs(computed[i] - expected[i]) <= 1e-9 * std::abs(expected[i]) + 1e-12);
}

}  // namespace

TEST_CASE("a block's branches come first, then the layer that joins them, under the block's name") {
  const nn::Network<float> network({describe_layer("dense", R"({"units": 3})"),
                                    describe_layer("residual", R"({"body": ["batch", {"type": "dense", "units": 3, "activation": "relu"}],
                                      "shortcut": [{"type": "residual", "body": ["tanh"], "name": "inner"}]})"),
                                    describe_layer("concatenate", R"({"branches": [[], [{"type": "dense", "units": 2, "name": "own"}]]})")},
                                   Shape{4});
  CHECK(names_of(network) == std::vector<std::string>{"dense_0", "residual_1/body/batch_0", "residual_1/body/dense_1",
                                                      "residual_1/body/dense_1_relu", "inner/body/tanh_0", "inner", "residual_1", "own",
                                                      "concatenate_2"});
  CHECK(network.layers()[5].inputs == std::vector<Index>{5, 1});
  CHECK(network.layers()[6].inputs == std::vector<Index>{4, 6});
  CHECK(network.layers()[8].inputs == std::vector<Index>{7, 8});
  CHECK(network.output() == Shape{5});
  CHECK(network.layout().normalizations.at(0).input == 1);
  CHECK(network.is_cut(7));
  CHECK_FALSE(network.is_cut(4));
}

TEST_CASE("layers read what they name: a layer before them, its activation included, a block, or the input") {
  const nn::Network<float> network(
      {describe_layer("dense", R"({"units": 3, "activation": "relu", "name": "a"})"), describe_layer("none", R"({"name": "same"})"),
       describe_layer("dense", R"({"units": 3, "inputs": ["input"]})"), describe_layer("add", R"({"inputs": ["same", "dense_2", "a"]})")},
      Shape{2});
  CHECK(network.layers()[2].inputs == std::vector<Index>{0});
  CHECK(network.layers()[3].inputs == std::vector<Index>{2, 3, 2});
  CHECK(network.readers(2) == 2);
}

TEST_CASE("what no graph of layers can be is refused with the layer's name") {
  const auto dense = [](const std::string& options) { return describe_layer("dense", options); };
  CHECK(problem_of({dense(R"({"units": 2})"), dense(R"({"units": 2, "inputs": ["dense_9"]})")}, Shape{2})
            .find("layer dense_1: reads \"dense_9\", but no layer before it has this name; did you mean \"dense_0\"?") == 0);
  CHECK(problem_of({dense(R"({"units": 2, "inputs": ["later"]})"), dense(R"({"units": 2, "name": "later"})")}, Shape{2})
            .find("layer dense_0: reads \"later\"") == 0);
  CHECK(problem_of({dense(R"({"units": 2, "name": "lost"})"), dense(R"({"units": 2, "inputs": ["input"]})")}, Shape{2})
            .find("layer lost: no layer reads its output") == 0);
  CHECK(problem_of({dense(R"({"units": 2, "name": "lost"})"), describe_layer("none", R"({"inputs": ["input"]})")}, Shape{2})
            .find("layer lost: no layer reads its output") == 0);
  CHECK(problem_of({dense(R"({"units": 2, "inputs": ["input", "input"]})")}, Shape{2}).find("layer dense_0: reads one input") == 0);
  CHECK(problem_of("residual", R"({"body": [{"type": "dense", "units": 3}]})", Shape{2})
            .find("layer residual_0: cannot add inputs of the shapes (3) and (2); give the block a \"shortcut\"") == 0);
  CHECK(problem_of("add", R"({"branches": [[], [{"type": "dense", "units": 3}]]})", Shape{2})
            .find("layer add_0: cannot add inputs of the shapes (2) and (3)") == 0);
  CHECK(problem_of("multiply", R"({"branches": [[], [{"type": "dense", "units": 3}]]})", Shape{2})
            .find("layer multiply_0: cannot multiply") == 0);
  CHECK(problem_of("concatenate", R"({"branches": [[], ["flatten"]]})", Shape{2, 3}).find("layer concatenate_0: cannot put") == 0);
  CHECK(problem_of("residual", R"({"body": [{"type": "dense"}]})", Shape{2}).find("/body/0: expected the key \"units\"") !=
        std::string::npos);
  CHECK(problem_of("add", R"({"branches": [[], [{"type": "dens"}]]})", Shape{2}).find("/branches/1/0/type: unknown layer type") !=
        std::string::npos);
  CHECK(problem_of("add", R"({"branches": [[]]})", Shape{2}).find("/branches: expected two branches or more") != std::string::npos);
  CHECK(problem_of("add", R"({"branches": [[], []], "inputs": ["a", "b"]})", Shape{2}).find("/inputs: expected one name") !=
        std::string::npos);
  CHECK(problem_of("add", "{}", Shape{2}).find("expected \"branches\"") != std::string::npos);
  CHECK(problem_of("residual", "{}", Shape{2}).find("expected the key \"body\"") != std::string::npos);
}

TEST_CASE("layers of several branches start and drop differently, and the same whatever stands beside them") {
  const std::string dense = R"({"type": "dense", "units": 3})";
  const auto params_of = [&](const std::string& norm) {
    const auto block = R"({"body": [{"type": ")" + norm + R"("}, )" + dense + R"(], "shortcut": ["none", )" + dense + "]}";
    const nn::Network<double> network({describe_layer("residual", block), describe_layer("residual", block)}, Shape{3});
    const nn::Model<double> model = nn::fresh_model(network, 5);
    std::vector<std::vector<double>> kernels;
    for (const nn::ParamEntry& entry : network.layout().params) {
      const auto begin = model.params.begin() + entry.id.offset;
      if (entry.name == "kernel") kernels.emplace_back(begin, begin + entry.id.size);
    }
    return kernels;
  };
  const auto kernels = params_of("none");
  REQUIRE(kernels.size() == 4);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < i; ++j) CHECK(kernels[i] != kernels[j]);
  CHECK(kernels == params_of("batch"));

  LayerRig<double> rig({describe_layer("concatenate", R"({"branches": [["dropout"], ["dropout"]]})")}, Shape{40}, 1);
  std::fill(rig.x.view().begin(), rig.x.view().end(), 1.0);
  const ConstView<double> y = rig.forward({.mode = kTrainMode, .key = {1, 2}});
  CHECK_FALSE(std::equal(y.begin(), y.begin() + 40, y.begin() + 40));
}

TEST_CASE("a normalization takes the place of every placeholder, those of branches too") {
  const auto norm = nn::norm_family().make("layer");
  const auto list = [](const std::string& type, const std::string& options) {
    return std::const_pointer_cast<nn::LayerSpec>(describe_layer(type, options).spec);
  };
  const nn::LayerList layers{list("norm", "{}"), list("residual", R"({"body": ["norm", {"type": "norm", "name": "mine"}]})")};
  const nn::Network<float> plain(nn::describe_layers(layers, norm), Shape{4});
  CHECK(names_of(plain) == std::vector<std::string>{"layer_0", "residual_1/body/layer_0", "mine", "residual_1"});
  dynamic_cast<nn::LayerSpec&>(*norm).name = std::string("n");  // GCC 12 warns of a literal
  const nn::Network<float> named(nn::describe_layers(layers, norm), Shape{4});
  CHECK(names_of(named) == std::vector<std::string>{"n_0", "residual_1/body/n_0", "mine", "residual_1"});
  CHECK(named.layers()[0].former_name == "n");
}

TEST_CASE("a preset is its layers, whose names follow its own, and whose norms are the config's") {
  const auto norm = nn::norm_family().make("batch");
  const auto spec = [](const std::string& type, const std::string& options) {
    return std::const_pointer_cast<nn::LayerSpec>(describe_layer(type, options).spec);
  };
  const nn::LayerList layers{spec("resnet20", R"({"width": 4, "depth": 1})"),
                             spec("resnet20", R"({"width": 4, "depth": 1, "name": "top"})")};
  const std::vector<std::string> names = names_of(nn::Network<float>(nn::describe_layers({layers[0]}, norm), Shape{8, 8, 3}));
  CHECK(std::vector<std::string>(names.begin(), names.begin() + 9) ==
        std::vector<std::string>{"resnet20_0/conv", "resnet20_0/norm", "resnet20_0/relu", "resnet20_0/stage_1_block_1/body/conv_1",
                                 "resnet20_0/stage_1_block_1/body/norm_1", "resnet20_0/stage_1_block_1/body/relu",
                                 "resnet20_0/stage_1_block_1/body/conv_2", "resnet20_0/stage_1_block_1/body/norm_2",
                                 "resnet20_0/stage_1_block_1"});
  CHECK(names.back() == "resnet20_0/pool");
  const nn::Network<float> own(nn::describe_layers({layers[1]}, norm), Shape{8, 8, 3});
  CHECK(names_of(own).front() == "top/conv");
  CHECK(own.layout().normalizations.size() == 9);
  CHECK(own.output() == Shape{16});
  const nn::LayerList full{spec("resnet20", "{}"), spec("dense", R"({"units": 10})")};
  const nn::Network<float> network(nn::describe_layers(full, norm), Shape{32, 32, 3});
  // He and others 2016, table 6: 0.27 million for ResNet-20, whose shortcuts add no parameters; here 1x1 convolutions and two norms do.
  CHECK(network.layout().param_count == 272474);
  const nn::LayerList padded{spec("resnet20", R"({"shortcut": "padding"})"), full[1]};
  CHECK(nn::Network<float>(nn::describe_layers(padded, norm), Shape{32, 32, 3}).layout().param_count == 269722);
}

// PyTorch 2.13, float64: h = x @ w; n = batch_norm(h) over examples and positions, biased, epsilon 1e-3, gamma and beta;
// y = cat([n * sigmoid(mean over positions of n @ s) + x @ p, x]), and the gradients of sum(y dy).  x: (2, 2, 2, 3), ramps as fill_ramp.
TEST_CASE("a squeeze-and-excitation block in a residual block gives PyTorch's numbers and gradients") {
  LayerRig<double> rig({describe_layer("concatenate", R"({"branches": [[{"type": "residual",
      "body": [{"type": "dense", "units": 4, "use_bias": false}, {"type": "batch", "epsilon": 1e-3},
               {"type": "multiply", "branches": [[], ["global_average_pooling2d", {"type": "dense", "units": 4, "use_bias": false},
                                                      "sigmoid"]]}],
      "shortcut": [{"type": "dense", "units": 4, "use_bias": false}]}], []]})")},
                       Shape{2, 2, 3}, 2);
  const auto params = [&](Index first, Index count) {
    return std::span<double>(rig.model.params).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  };
  fill_ramp({rig.x.view().begin(), rig.x.view().end()}, 7, 11);
  fill_ramp({rig.dy.view().begin(), rig.dy.view().end()}, 5, 17);
  fill_ramp(params(0, 12), 5, 9);
  fill_ramp(params(12, 4), 3, 5, 1.0);
  fill_ramp(params(16, 4), 2, 7);
  fill_ramp(params(20, 16), 3, 7);
  fill_ramp(params(36, 12), 4, 13);
  const ConstView<double> y = rig.forward({.mode = kTrainFrozen});
  const std::vector<double> expected_y = {0.3541786601013793,
                                          0.28075465288537566,
                                          0.3698606126879832,
                                          0.12084055493386603,
                                          -0.45454545454545453,
                                          0.18181818181818182,
                                          -0.18181818181818182,
                                          -0.9375158435124036,
                                          0.3879568237420873,
                                          -0.09050126371832173,
                                          1.077074976774358,
                                          0.45454545454545453,
                                          0.09090909090909091,
                                          -0.2727272727272727,
                                          -0.7335640797839116,
                                          0.3669778027630663,
                                          -0.04446507607769126,
                                          0.9908679223137138,
                                          0.36363636363636365,
                                          0.0,
                                          -0.36363636363636365,
                                          -0.5296123160554195,
                                          0.3459987817840453,
                                          0.0015711115629392924,
                                          0.9046608678530692,
                                          0.2727272727272727,
                                          -0.09090909090909091,
                                          -0.45454545454545453,
                                          -0.3042766939916344,
                                          -0.726600493554619,
                                          -0.044225235446998246,
                                          -0.30396373959211076,
                                          0.18181818181818182,
                                          -0.18181818181818182,
                                          0.45454545454545453,
                                          -0.11095380478736433,
                                          -0.7475795145336399,
                                          0.045510652251031514,
                                          -0.44894037387713004,
                                          0.09090909090909091,
                                          -0.2727272727272727,
                                          0.36363636363636365,
                                          0.08236908441690577,
                                          -0.7685585355126611,
                                          0.1352465399490613,
                                          -0.5939170081621491,
                                          0.0,
                                          -0.36363636363636365,
                                          0.2727272727272727,
                                          0.2756919736211757,
                                          -0.7895375564916819,
                                          0.2249824276470911,
                                          -0.7388936424471682,
                                          -0.09090909090909091,
                                          -0.45454545454545453,
                                          0.18181818181818182};
  check_near(std::vector<double>(y.begin(), y.end()), expected_y);
  rig.backward();
  const std::vector<double> expected_dx = {
      0.8625878323924744,  0.7582120304957278,   -0.20426230056658976, 0.6619622112211978,  0.6544351346295105, -0.19375057663739,
      -0.330366503872821,  -0.02506824075760017, 0.6780733946981696,   -0.2802537426657028, 0.1495421056883322, 0.6016197669666392,
      -0.5648755514351204, 0.033056653003848635, -0.1393761018102596,  -0.5066375730632289, 0.2706319597692521, -0.27029130130820095,
      -0.4483995946913372, 0.5082072665346553,   -0.40120650080614234, 0.5969331483588818,  0.7414808281928345, -0.5278199551968595};
  check_near(std::vector<double>(rig.dx.view().begin(), rig.dx.view().end()), expected_dx);
  const std::vector<double> expected_grads = {
      0.24139782661872422,  0.1341445124668305,    0.26775798815310575,  -1.0117159059090985,  -0.5254296866448998,  -0.22157602377964586,
      0.06426192706421541,  0.4962208065617729,    0.5722856366049279,   -0.11020051601448191, 0.8118587579585519,   -0.07025726801464917,
      0.2892744630117598,   -0.3787464379571044,   -0.11078301537802196, 0.6021040451706077,   -1.2435840481313336,  0.306144817181806,
      0.5669300012851182,   -0.8305114696583383,   -0.18599058753047712, 0.0797108442884345,   0.05599301545157416,  0.018853034818694093,
      0.2054522811675177,   0.15905567625901434,   -0.1727758198876394,  -0.3200956283624697,  -0.06346097636606013, -0.08871791476797877,
      0.07113841135165729,  0.14681738326151558,   0.4052330753830429,   0.028894579408726445, -0.21292683852950375, -0.28640430212890094,
      -0.23529411764705885, 0.0053475935828877046, 0.33689839572192515,  -0.33155080213903737, 0.0641711229946524,   -0.25668449197860965,
      -0.12299465240641713, 0.46524064171123,      0.24598930481283415,  0.24598930481283424,  0.06417112299465234,  -0.20855614973262032};
  check_near(rig.grads, expected_grads);
}

}  // namespace normrun::test
