#include "nn/network.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <thread>

#include "core/error.hpp"
#include "core/random.hpp"
#include "nn/losses.hpp"
#include "support/allocation_counter.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

std::vector<nn::LayerDescription> small_network(const std::string& norm, const std::string& options = "{}") {
  return {describe_layer("dense", R"({"units": 6, "activation": "tanh", "name": "hidden"})"), describe_layer(norm, options),
          describe_layer("dropout", R"({"rate": 0.3})"), describe_layer("dense", R"({"units": 3})"), describe_layer("softmax")};
}

LayerRig<double> small_rig(const std::string& norm, Index examples) {
  LayerRig<double> rig(small_network(norm), Shape{4}, examples);
  RandomStream stream(1, Purpose::kData);
  for (double& value : rig.x.view()) value = stream.normal();
  for (double& value : rig.dy.view()) value = stream.normal();
  return rig;
}

struct NamedNorm {
  std::string type;
  Index mode_free;  // boundary, in small_network
};

std::string problem_of(const std::vector<nn::LayerDescription>& layers, const Shape& input) {
  try {
    const nn::Network<float> network(layers, input);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::kUsage);
    return error.what();
  }
  return "";
}

const nn::ParamEntry& entry_of(const nn::Layout& layout, const std::string& layer, const std::string& name) {
  return *std::find_if(layout.params.begin(), layout.params.end(),
                       [&](const nn::ParamEntry& entry) { return entry.layer == layer && entry.name == name; });
}

/// Every layer of a network as a network of its own, with the same parameters: none then works in parts.
template <class T>
std::vector<std::unique_ptr<LayerRig<T>>> alone(const std::vector<nn::LayerDescription>& layers, const LayerRig<T>& together) {
  std::vector<std::unique_ptr<LayerRig<T>>> rigs;
  auto params = together.model.params.begin();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    rigs.push_back(std::make_unique<LayerRig<T>>(std::vector{layers[i]}, together.network().layers()[i].input, together.x.rows()));
    std::copy_n(params, rigs.back()->model.params.size(), rigs.back()->model.params.begin());
    params += static_cast<std::ptrdiff_t>(rigs.back()->model.params.size());
  }
  return rigs;
}

}  // namespace

TEST_CASE("layers are named by type and place in the config, or as they say; an activation follows its layer") {
  const nn::Network<float> network(small_network("batch"), Shape{4});
  std::vector<std::string> names;
  for (const auto& info : network.layers()) names.push_back(info.name);
  CHECK(names == std::vector<std::string>{"hidden", "hidden_tanh", "batch_1", "dropout_2", "dense_3", "softmax_4"});
  CHECK(network.layers()[1].type == "tanh");
  CHECK(network.layers()[0].params == 4 * 6 + 6);
  CHECK(network.output() == Shape{3});
  CHECK(network.layout().normalizations.at(0).layer == 2);
  CHECK(network.layout().normalizations.at(0).name == "batch_1");
}

TEST_CASE("none builds nothing, and the layers behind it keep their names") {
  const nn::Network<float> network(small_network("none"), Shape{4});
  CHECK(network.layers().size() == 5);
  CHECK(network.layers()[3].name == "dense_3");
  CHECK(network.layout().normalizations.empty());
}

TEST_CASE("a parameter starts the same whatever the normalization") {
  for (const std::string norm : {"layer", "none"}) {
    CAPTURE(norm);
    const nn::Network<float> with_batch(small_network("batch"), Shape{4});
    const nn::Network<float> other(small_network(norm), Shape{4});
    const nn::Model<float> a = nn::fresh_model(with_batch, 5);
    const nn::Model<float> b = nn::fresh_model(other, 5);
    for (const std::string layer : {"hidden", "dense_3"}) {
      const nn::ParamEntry& in_a = entry_of(with_batch.layout(), layer, "kernel");
      const nn::ParamEntry& in_b = entry_of(other.layout(), layer, "kernel");
      CHECK(std::equal(a.params.begin() + in_a.id.offset, a.params.begin() + in_a.id.offset + in_a.id.size,
                       b.params.begin() + in_b.id.offset));
    }
  }
}

TEST_CASE("dropout's mask depends on seed, step and place, not on the normalization") {
  const auto zeros = [](const std::string& norm, nn::PassKey key) {
    LayerRig<double> rig(small_network(norm), Shape{4}, 8);
    for (double& value : rig.x.view()) value = 1.0;
    const nn::Network<double>& network = rig.network();
    nn::Record<double> record(network, 8);
    const Index behind_dropout = norm == "none" ? 3 : 4;
    const ConstView<double> y =
        network.forward({.mode = {Statistics::kMoving, Tracking::kFreeze, Dropout::kOn}, .key = key, .last_boundary = behind_dropout},
                        rig.model.params, rig.model.state, nullptr, record, rig.x.view());
    std::vector<bool> dropped;
    for (const double value : y) dropped.push_back(value == 0.0);
    return dropped;
  };
  const std::vector<bool> mask = zeros("batch", {1, 2});
  CHECK(std::count(mask.begin(), mask.end(), true) > 5);
  CHECK(std::count(mask.begin(), mask.end(), true) < 25);
  CHECK(mask == zeros("none", {1, 2}));
  CHECK(mask == zeros("batch", {1, 2}));
  CHECK(mask != zeros("batch", {1, 3}));
  CHECK(mask != zeros("batch", {2, 2}));
}

TEST_CASE("gradients of the whole chain are those of central differences") {
  LayerRig<double> rig = small_rig("batch", 5);
  rig.forward({.mode = kTrainMode, .key = {3, 4}});
  rig.backward();
  const auto loss = [&] {
    const ConstView<double> y = rig.forward({.mode = kTrainMode, .key = {3, 4}});
    return std::inner_product(y.begin(), y.end(), rig.dy.view().begin(), 0.0);
  };
  const Buffer<double> grads = rig.grads;
  for (std::size_t i = 0; i < rig.model.params.size(); ++i) {
    const double at = rig.model.params[i];
    rig.model.params[i] = at + 1e-5;
    const double up = loss();
    rig.model.params[i] = at - 1e-5;
    const double down = loss();
    rig.model.params[i] = at;
    CHECK(grads[i] == doctest::Approx((up - down) / 2e-5).scale(1.0).epsilon(1e-8));
  }
}

TEST_CASE("the logits lie before a last softmax or sigmoid of the matching loss") {
  const nn::Network<float> softmax({describe_layer("dense", R"({"units": 2})"), describe_layer("softmax")}, Shape{2});
  CHECK(softmax.logits_boundary(nn::LossKind::kSoftmaxCrossEntropy) == 1);
  CHECK(softmax.logits_boundary(nn::LossKind::kBinaryCrossEntropy) == 2);
  CHECK(softmax.logits_boundary(nn::LossKind::kMse) == 2);
  const nn::Network<float> sigmoid({describe_layer("dense", R"({"units": 1, "activation": "sigmoid"})")}, Shape{2});
  CHECK(sigmoid.logits_boundary(nn::LossKind::kBinaryCrossEntropy) == 1);
  CHECK(sigmoid.output_boundary() == 2);
}

TEST_CASE("backward from the logits gives zeros above them and leaves the softmax out") {
  LayerRig<double> rig = small_rig("batch", 5);
  const nn::Network<double>& network = rig.network();
  nn::Record<double> record(network, 5);
  const std::int32_t labels[] = {0, 1, 2, 1, 0};
  network.forward({.mode = kTrainFrozen}, rig.model.params, rig.model.state, nullptr, record, rig.x.view());
  const Index boundary = network.logits_boundary(nn::LossKind::kSoftmaxCrossEntropy);
  nn::loss_and_gradient<double>(nn::LossKind::kSoftmaxCrossEntropy, record.activations(boundary), {labels, {}}, record.gradient(boundary));
  network.backward(rig.model.params, record, boundary, record.gradient(boundary), rig.grads);
  const std::vector<double> whole(rig.grads.begin(), rig.grads.end());
  CHECK(std::any_of(whole.begin(), whole.end(), [](double g) { return g != 0.0; }));

  std::fill(rig.grads.begin(), rig.grads.end(), 9.0);
  const View<double> dy = record.gradient(2);
  std::fill(dy.begin(), dy.end(), 1.0);
  network.backward(rig.model.params, record, 2, dy, rig.grads);
  CHECK(rig.grad("gamma")[0] == 0.0);
  CHECK(rig.grads.back() == 0.0);
  CHECK(rig.grads.front() != 9.0);
}

TEST_CASE("layers that work in place give the same outputs and gradients") {
  const auto layer = [](const char* type, const char* options = "{}") { return describe_layer(type, options); };
  // A relu behind a relu or a pooling may not write over what their backward reads.
  LayerRig<float> rig({layer("conv2d", R"({"filters": 3, "kernel_size": 2})"), layer("relu"), layer("relu"), layer("batch"),
                       layer("max_pooling2d"), layer("relu"), layer("flatten"), layer("batch"), layer("dense", R"({"units": 4})"),
                       layer("tanh"), layer("dense", R"({"units": 3})"), layer("relu")},
                      Shape{5, 5, 2}, 6);
  std::iota(rig.x.view().begin(), rig.x.view().end(), -150.0F);
  const nn::Network<float>& network = rig.network();
  const auto results_of = [&](nn::Keep keep) {
    nn::Record<float> record(network, 6, keep);
    const ConstView<float> y = network.forward({.mode = kTrainFrozen}, rig.model.params, rig.model.state, nullptr, record, rig.x.view());
    std::vector<float> results(y.begin(), y.end());
    const View<float> dy = record.gradient(network.output_boundary());
    std::iota(dy.begin(), dy.end(), 1.0F);
    network.backward(rig.model.params, record, network.output_boundary(), dy, rig.grads, rig.dx.view());
    results.insert(results.end(), rig.grads.begin(), rig.grads.end());
    results.insert(results.end(), rig.dx.view().begin(), rig.dx.view().end());
    return results;
  };
  CHECK(results_of(nn::Keep::kForBackward) == results_of(nn::Keep::kAllActivations));
  nn::Record<float> record(network, 6, nn::Keep::kForBackward);
  CHECK(record.activations(2).data == record.activations(1).data);
  CHECK(record.activations(3).data != record.activations(2).data);
  CHECK(record.activations(6).data != record.activations(5).data);
}

TEST_CASE("layers that pass through a batch part by part give the same bits as each of them alone") {
  const auto layer = [](const char* type, const char* options = "{}") { return describe_layer(type, options); };
  // Examples so large that a part is one of them, with rows that end anywhere in the blocks of a sum.
  const std::vector<nn::LayerDescription> layers{layer("dropout", R"({"rate": 0.3})"),
                                                 layer("conv2d", R"({"filters": 8, "kernel_size": 4})"),
                                                 layer("relu"),
                                                 layer("batch"),
                                                 layer("max_pooling2d"),
                                                 layer("conv2d", R"({"filters": 40})"),
                                                 layer("tanh"),
                                                 layer("batch"),
                                                 layer("relu")};
  LayerRig<float> rig(layers, Shape{64, 64, 2}, 3);
  RandomStream stream(1, Purpose::kData);
  for (float& value : rig.x.view()) value = static_cast<float>(stream.normal());
  for (float& value : rig.dy.view()) value = static_cast<float>(stream.normal());
  const typename nn::Network<float>::Pass pass{.mode = {Statistics::kBatch, Tracking::kFreeze, Dropout::kOn}, .key = {.seed = 3}};
  const ConstView<float> y = rig.forward(pass);
  rig.backward();

  const auto rigs = alone(layers, rig);
  ConstView<float> x = rig.x.view();
  for (const auto& one : rigs) {
    std::copy(x.begin(), x.end(), one->x.view().begin());
    x = one->forward(pass);
  }
  CHECK(std::equal(y.begin(), y.end(), x.begin(), x.end()));
  ConstView<float> dy = rig.dy.view();
  auto grads = rig.grads.end();
  for (auto one = rigs.rbegin(); one != rigs.rend(); ++one) {
    std::copy(dy.begin(), dy.end(), (*one)->dy.view().begin());
    (*one)->backward();
    dy = (*one)->dx.view();
    grads -= static_cast<std::ptrdiff_t>((*one)->grads.size());
    CHECK(std::equal((*one)->grads.begin(), (*one)->grads.end(), grads));
  }
  CHECK(std::equal(rig.dx.view().begin(), rig.dx.view().end(), dy.begin(), dy.end()));
}

TEST_CASE("a step of forward, loss and backward allocates nothing") {
  LayerRig<float> rig(small_network("batch"), Shape{4}, 5);
  const nn::Network<float>& network = rig.network();
  nn::Record<float> record(network, 5);
  const std::int32_t labels[] = {0, 1, 2, 1, 0};
  const auto step = [&] {
    network.forward({.mode = kTrainMode}, rig.model.params, rig.model.state, rig.model.state.data(), record, rig.x.view());
    const View<float> dy = record.gradient(5);
    nn::loss_and_gradient<float>(nn::LossKind::kSoftmaxCrossEntropy, record.activations(5), {labels, {}}, dy);
    network.backward(rig.model.params, record, 5, dy, rig.grads);
  };
  step();
  const std::size_t before = allocations();
  step();
  CHECK(allocations() == before);
}

TEST_CASE("a pass may start at any boundary with what it has there") {
  for (const NamedNorm& norm : {NamedNorm{"batch", 2}, NamedNorm{"layer", 3}}) {  // then comes dropout
    CAPTURE(norm.type);
    LayerRig<double> rig = small_rig(norm.type, 7);
    const nn::Network<double>& network = rig.network();
    CHECK(network.mode_free_boundary() == norm.mode_free);
    const ConstView<double> whole = rig.forward({.mode = kTrainFrozen});
    for (Index boundary = 1; boundary < network.output_boundary(); ++boundary) {
      nn::Record<double> below(network, 7);
      const ConstView<double> x = network.forward({.mode = kTrainFrozen, .last_boundary = boundary}, rig.model.params, rig.model.state,
                                                  nullptr, below, rig.x.view());
      nn::Record<double> above(network, 7, nn::Keep::kNoGradients);
      const ConstView<double> y =
          network.forward({.mode = kTrainFrozen, .first_boundary = boundary}, rig.model.params, rig.model.state, nullptr, above, x);
      CHECK(std::equal(y.begin(), y.end(), whole.begin(), whole.end()));
      CHECK_THROWS_AS(network.backward(rig.model.params, above, network.output_boundary(), rig.dy.view(), rig.grads),
                      std::invalid_argument);
    }
  }
}

TEST_CASE("a pass without gradients may stop anywhere and go on from there, in less memory") {
  const auto layer = [](const char* type, const char* options = "{}") { return describe_layer(type, options); };
  const LayerRig<float> rig({layer("conv2d", R"({"filters": 3, "kernel_size": 3, "padding": "same"})"),
                             layer("residual", R"({"body": [{"type": "conv2d", "filters": 3, "kernel_size": 1}, "batch", "relu"]})"),
                             layer("batch"), layer("relu"), layer("global_average_pooling2d"), layer("batch"),
                             layer("residual", R"({"body": [{"type": "dense", "units": 3}, "batch"]})"), layer("dense", R"({"units": 2})")},
                            Shape{6, 6, 2}, 5);
  Matrix<float> x(5, 72);
  for (Index i = 0; i < x.view().size(); ++i) x.view().data[i] = static_cast<float>((i * 37) % 101) - 50.0F;
  const nn::Network<float>& network = rig.network();
  nn::Record<float> all(network, 5);
  nn::Record<float> little(network, 5, nn::Keep::kNoGradients);
  for (const Mode& mode : {kTrainFrozen, kEvalMode}) {
    network.forward({.mode = mode}, rig.model.params, rig.model.state, nullptr, all, x.view());
    ConstView<float> at = x.view();
    for (Index boundary = 0; boundary < network.output_boundary(); ++boundary) {
      CAPTURE(boundary);
      at = network.forward({.mode = mode, .first_boundary = boundary, .last_boundary = boundary + 1}, rig.model.params, rig.model.state,
                           nullptr, little, at);
      const ConstView<float> expected = std::as_const(all).activations(boundary + 1);
      CHECK(std::equal(at.begin(), at.end(), expected.begin(), expected.end()));
    }
  }
  nn::Record<float> empty(network, 5);
  const ConstView<float> inside = std::as_const(all).activations(2);  // the body's convolution: the sum still reads what lies below
  CHECK_THROWS_AS(network.forward({.mode = kEvalMode, .first_boundary = 2}, rig.model.params, rig.model.state, nullptr, empty, inside),
                  std::invalid_argument);
}

TEST_CASE("a network knows whether it drops out, and what precedes a last activation") {
  CHECK(small_rig("batch", 1).network().drops_out());
  const LayerRig<float> plain({describe_layer("dense", R"({"units": 2})"), describe_layer("tanh")}, Shape{3}, 1);
  CHECK_FALSE(plain.network().drops_out());
  CHECK(plain.network().pre_activation_boundary() == 1);
  const LayerRig<float> linear({describe_layer("tanh"), describe_layer("dense", R"({"units": 2})")}, Shape{3}, 1);
  CHECK(linear.network().pre_activation_boundary() == 2);
}

TEST_CASE("one network serves several threads, each with its own record") {
  LayerRig<float> rig(small_network("batch"), Shape{4}, 7);
  std::iota(rig.x.view().begin(), rig.x.view().end(), -9.0F);
  const nn::Network<float>& network = rig.network();
  std::vector<std::vector<float>> outputs(4);
  std::vector<std::thread> threads;
  for (std::vector<float>& output : outputs) {
    threads.emplace_back([&] {
      nn::Record<float> record(network, 7);
      for (int i = 0; i < 50; ++i) {
        const ConstView<float> y =
            network.forward({.mode = kTrainFrozen}, rig.model.params, rig.model.state, nullptr, record, rig.x.view());
        output.assign(y.begin(), y.end());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& output : outputs) CHECK(output == outputs[0]);
}

TEST_CASE("what cannot be built is refused with the layer's name") {
  const auto dense = [](const std::string& options) { return describe_layer("dense", options); };
  CHECK(problem_of({dense(R"({"units": 2, "name": "a"})"), dense(R"({"units": 2, "name": "a"})")}, Shape{2})
            .find("layer a: two layers have this name") == 0);
  CHECK(problem_of({dense(R"({"units": 2147483648})")}, Shape{2}).find("layer dense_0: has more than 2^31 parameters") == 0);
  CHECK(problem_of({dense(R"({"units": 40000})"), dense(R"({"units": 40000})"), dense(R"({"units": 40000})")}, Shape{2})
            .find("layer dense_2: the network has more than 2^31 parameters") == 0);
  CHECK(problem_of({dense(R"({"units": 1000000})")}, Shape{100000, 2}).find("layer dense_0: its output has more than 2^31") == 0);
  CHECK(problem_of({describe_layer("norm")}, Shape{2}).find("layer norm_0: this layer is the placeholder \"norm\"") == 0);
}

TEST_CASE("a batch larger than the record is refused") {
  LayerRig<float> rig(small_network("batch"), Shape{4}, 3);
  nn::Record<float> record(rig.network(), 2);
  CHECK_THROWS_AS(rig.network().forward({.mode = kEvalMode}, rig.model.params, rig.model.state, nullptr, record, rig.x.view()),
                  std::invalid_argument);
}

}  // namespace normrun::test
