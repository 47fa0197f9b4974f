// A simple recurrent layer: h_t = tanh(x_t kernel + h_{t-1} recurrent_kernel + bias), h_0 = 0.
//
//   x: (time, features)  kernel: (features, units)  recurrent_kernel: (units, units)  bias: (units)
//   backward, from the last step to the first: da = dh (1 - h^2),  dh_{t-1} += da recurrent_kernel^T
//
// With normalization "layer": h_t = tanh(gamma a_hat + bias), where a_hat is x_t kernel + h_{t-1} recurrent_kernel, normalized for each
// example by its own mean and variance.  Gain and bias act before the non-linearity.
//
// Source: Keras 3 SimpleRNN; Ba, Kiros and Hinton 2016, eq. 4.  Modes: the layer does not read the mode.  At a step beyond an example's
// length, the state stays and the output is repeated (Keras with a mask).  An example of length 0 gives 0.
#include <algorithm>
#include <optional>

#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layers/cell_norm.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/recurrent.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class SimpleRnn;

class SimpleRnnSpec final : public SpecOf<SimpleRnnSpec, SimpleRnn> {
 public:
  RecurrentOptions recurrent;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    recurrent.describe(visitor);
    visitor.require(recurrent.normalization != CellNormalization::kBatch, "normalization", "none or layer; batch is for lstm alone");
  }
};

template <class T>
class SimpleRnn final : public Layer<T> {
 public:
  SimpleRnn(const SimpleRnnSpec& spec, Blueprint& blueprint) : unrolled_(spec.recurrent, blueprint, 1) {
    const Index units = unrolled_.units();
    if (spec.recurrent.use_bias) bias_ = blueprint.param("bias", {units}, initializer_from(spec.recurrent.bias_initializer), units, units);
    if (spec.recurrent.normalization == CellNormalization::kLayer) {
      norm_.emplace("gamma", std::vector<Index>{units}, spec.recurrent, unrolled_.time(), blueprint);
    }
    projected_ = blueprint.per_example(unrolled_.time() * units);
    summed_ = blueprint.per_example(units);
    dshifted_ = blueprint.per_example(unrolled_.time() * units);
    dsummed_ = norm_ ? blueprint.per_example(unrolled_.time() * units) : dshifted_;
  }

  void forward(const Forward<T>& call) const override {
    const T* bias = bias_.size > 0 ? call.params + bias_.offset : nullptr;
    const Steps<T> steps = unrolled_.start(call);
    steps.for_each_few([&](Index first, Index count) {
      unrolled_.project(steps, norm_ ? nullptr : bias, first, steps.some(projected_, first, count, unrolled_.units()));
      for (Index t = first; t < first + count; ++t) step(steps, call.params, bias, t);
    });
    unrolled_.write_output(steps, call.y);
  }

  void backward(const Backward<T>& call) const override {
    const Steps<T> steps = unrolled_.start(call);
    for (Index t = steps.count - 1; t >= 0; --t) {
      unrolled_.add_output_gradient(steps, call.dy, t);
      step_back(steps, call.params, t);
    }
    const View<T> dshifted = steps.all(dshifted_, unrolled_.units());
    const View<T> dsummed = steps.all(dsummed_, unrolled_.units());
    unrolled_.gradients(steps, call, dsummed, dsummed);
    if (bias_.size > 0) kernels::column_sums<T>(dshifted, call.grads + bias_.offset);
    if (norm_) kernels::column_dots<T>(dshifted, steps.all(projected_, unrolled_.units()), norm_->dgamma(call.grads));
  }

 private:
  void step(const Steps<T>& steps, const T* params, const T* bias, Index t) const {
    const View<T> summed = steps.one(summed_, unrolled_.units());
    const View<T> projected = steps.at(projected_, t, unrolled_.units());
    const View<T> h = unrolled_.h(steps, t);
    unrolled_.recur(steps, params, t, nullptr, summed);
    kernels::add<T>(projected.data, summed.data, summed.size());
    if (norm_) norm_->forward({steps, steps.first_row(t), params}, summed, bias, projected, h);
    kernels::tanh<T>(norm_ ? h.data : summed.data, h.data, h.size());
    unrolled_.carry_h(steps, t);
  }

  void step_back(const Steps<T>& steps, const T* params, Index t) const {
    const View<T> dh = unrolled_.dh(steps);
    const View<T> dshifted = steps.at(dshifted_, t, unrolled_.units());
    const View<T> dsummed = steps.at(dsummed_, t, unrolled_.units());
    kernels::tanh_backward<T>(unrolled_.h(steps, t).data, dh.data, dshifted.data, dh.size());
    unrolled_.clear_ended(steps, t, dshifted);
    if (norm_) norm_->backward({steps, steps.first_row(t), params}, steps.at(projected_, t, dh.cols), dshifted, dsummed);
    const ConstView<T> dh_before = unrolled_.state_gradient(steps, params, dsummed);
    steps.for_each_run(t, [&](Index first, Index count) { std::copy_n(dh_before.row(first), count * dh.cols, dh.row(first)); });
  }

  Unrolled<T> unrolled_;
  ParamId bias_;  // of size 0 without a bias
  std::optional<CellNorm<T>> norm_;
  CacheId projected_;  // (time, examples, units): x_t kernel, with the bias where there is no norm; later the normalized sum
  CacheId summed_;     // (examples, units) of one step
  CacheId dshifted_;   // (time, examples, units): the gradient of the argument of tanh
  CacheId dsummed_;    // the gradient of the norm's input; without a norm the same cache
};

}  // namespace

config::FamilyMember simple_rnn() {
  return {"simple_rnn", "recurrent: h_t = tanh(x_t kernel + h_{t-1} recurrent_kernel + bias)", "Keras 3 SimpleRNN",
          [] { return std::make_shared<SimpleRnnSpec>(); }};
}

}  // namespace normrun::nn::layers
