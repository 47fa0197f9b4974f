// An update inside the backward pass moves every parameter to the bits of an update after it.

#include "train/fused_update.hpp"

#include <doctest/doctest.h>

#include "core/denormals.hpp"
#include "support/layer_chains.hpp"
#include "support/pass_outcome.hpp"
#include "train_rig.hpp"

using namespace normrun;
using namespace normrun::test;

namespace {

/// A few steps on the same rows, each with its gradients kept apart.
template <class T>
struct Learner {
  Learner(const nn::Network<T>& net, const std::shared_ptr<train::OptimizerSpec>& by, nn::Keep keep)
      : network(net),
        optimizer(by->make<T>()),
        model(nn::fresh_model(net, 3)),
        grads(model.params.size()),
        slots(model.params.size() * static_cast<std::size_t>(by->slot_count())),
        record(net, 40, keep) {}

  /// From a gradient of the outputs that is as good as any: the outputs themselves.
  View<T> forward(ConstView<T> x) {
    const ConstView<T> y =
        network.forward({.mode = kTrainMode, .lengths = lengths}, model.params, model.state, model.state.data(), record, x);
    const View<T> dy = record.gradient(network.output_boundary());
    std::copy(y.begin(), y.end(), dy.begin());
    return dy;
  }
  void step_after(ConstView<T> x, Index step) {
    network.backward(model.params, record, network.output_boundary(), forward(x), grads);
    optimizer->update(buffers(), {.number = step, .learning_rate = 0.01}, {});
  }
  void step_inside(ConstView<T> x, Index step, train::FusedUpdate<T>& fused) {
    const View<T> dy = forward(x);
    fused.start({.number = step, .learning_rate = 0.01});
    network.backward(model.params, record, network.output_boundary(), dy, grads, {}, &fused);
    fused.finish();
  }

  train::OptimizerBuffers<T> buffers() { return {model.params, grads, slots}; }

  const nn::Network<T>& network;
  const Index* lengths = nullptr;  // of sequences: valid steps of each row
  std::unique_ptr<const train::Optimizer<T>> optimizer;
  nn::Model<T> model;
  Buffer<T> grads, slots;
  nn::Record<T> record;
};

}  // namespace

TEST_CASE_TEMPLATE("an update inside the backward pass gives the bits of one after it", T, float, double) {
  const FlushDenormals flush;
  const nn::Network<T> network = make_network<T>({{"dense", R"("units": 40)"},
                                                  {"batch"},
                                                  {"relu"},
                                                  {"batch"},
                                                  {"dense", R"("units": 7, "use_bias": false)"},
                                                  {"tanh"},
                                                  {"dense", R"("units": 3)"}},
                                                 Shape{10});
  for (const std::string convention : {"keras", "torch"}) {
    const auto optimizer = make_optimizer("adam", "\"convention\": \"" + convention + "\"");
    REQUIRE(optimizer->make<T>()->updates_kernels());
    Learner<T> after(network, optimizer, nn::Keep::kAllActivations);
    Learner<T> inside(network, optimizer, nn::Keep::kForBackward);  // dx then goes over x
    train::FusedUpdate<T> fused(*inside.optimizer, network.layout().params.size(), inside.buffers());
    const data::Dataset<T> data = clusters<T>(120);
    for (Index step = 1; step <= 4; ++step) {
      const ConstView<T> x = data.train.features.view().slice(step, 5 * step);
      after.step_after(x, step);
      inside.step_inside(x, step, fused);
    }
    CHECK(inside.model.params == after.model.params);
    CHECK(inside.slots == after.slots);
    CHECK(inside.model.state == after.model.state);
  }
}

TEST_CASE_TEMPLATE("an update inside the backward pass gives the bits of one after it in chains of all families of layers", T, float,
                   double) {
  const FlushDenormals flush;
  const auto optimizer = make_optimizer("adam");
  for (const LayerChain& chain : layer_chains()) {
    const std::string text = chain.text();
    CAPTURE(text);
    LayerRig<T> rig(chain.descriptions(), chain.input(), 40);
    fill_rig(rig, 7);
    const std::vector<Index> lengths = lengths_of(chain.input().dims(), chain.sequence, 40);
    Learner<T> after(rig.network(), optimizer, nn::Keep::kAllActivations);
    Learner<T> inside(rig.network(), optimizer, nn::Keep::kForBackward);
    for (Learner<T>* learner : {&after, &inside}) {
      learner->model = rig.model;
      if (!lengths.empty()) learner->lengths = lengths.data();
    }
    train::FusedUpdate<T> fused(*inside.optimizer, rig.layout().params.size() + 1, inside.buffers());
    for (Index step = 1; step <= 2; ++step) {
      const ConstView<T> x = rig.x.view().slice(0, step == 1 ? 3 : 40);  // few rows are updated another way than many
      after.step_after(x, step);
      inside.step_inside(x, step, fused);
    }
    // Bits, because a chain that divides by 0 ends with NaN.
    CHECK(same_bits(inside.model.params, after.model.params));
    CHECK(same_bits(inside.slots, after.slots));
    CHECK(same_bits(inside.model.state, after.model.state));
  }
}

TEST_CASE("optimizers that keep their gradients say so") {
  for (const char* type : {"sgd", "rmsprop"}) CHECK_FALSE(make_optimizer(type)->make<double>()->updates_kernels());
}
