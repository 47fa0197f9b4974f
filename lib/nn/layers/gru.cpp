// Gated recurrent unit.  The columns of the kernels and of the bias are the gates z, r, h.
//
//   p_t = x_t kernel + bias,  q_t = h_{t-1} recurrent_kernel + recurrent bias
//   z, r = sigmoid(p + q) of their columns,  h_new = tanh(p_h + r q_h),  h_t = z h_{t-1} + (1 - z) h_new;  h_0 = 0
//   x: (time, features)  kernel: (features, 3 units)  recurrent_kernel: (units, 3 units)  bias: (2, 3 units)
//   backward, from the last step to the first, where da is the gradient of the argument of a gate's function:
//     da_z = dh (h_{t-1} - h_new) z (1 - z),  da_h = dh (1 - z) (1 - h_new^2),  da_r = da_h q_h r (1 - r)
//     dp = (da_z, da_r, da_h),  dq = (da_z, da_r, da_h r),  dh_{t-1} = dh z + dq recurrent_kernel^T
//
// The form with "reset_after": false is in gru_reset_before.cpp.
// With normalization "layer" (Ba, Kiros and Hinton 2016, supplementary material), p and q are normalized before their bias is added: the
// columns of z and r together, and those of h by themselves.  The gains are input_gamma and recurrent_gamma.
//
// Source: Cho et al. 2014; Keras 3 GRU (the paper's z is 1 - z here).  Modes: all are the same.  A step beyond an example's length keeps
// its state and repeats its output (Keras with a mask); an example of length 0 gives 0.
#include "nn/layers/gru.hpp"

#include <optional>

#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layers/cell_norm.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

class GruSpec final : public SpecWithFactory<GruSpec> {
 public:
  RecurrentOptions recurrent;
  bool reset_after = true;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    recurrent.describe(visitor);
    visitor.require(recurrent.normalization != CellNormalization::kBatch, "normalization", "none or layer; batch is for lstm alone");
    visitor.flag({"reset_after", "whether the reset gate multiplies after the recurrent kernel (cuDNN's form) or before it (the paper's)"},
                 reset_after);
    visitor.require(reset_after || recurrent.normalization == CellNormalization::kNone, "reset_after", "true beside a normalization");
  }
  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint& blueprint) const {
    return reset_after ? make_gru_reset_after<T>(recurrent, blueprint) : make_gru_reset_before<T>(recurrent, blueprint);
  }
};

/// The normalizations of the cell, and the numbers that they keep.
template <class T>
struct GruNorms {
  GruNorms(const RecurrentOptions& options, Index time, Blueprint& blueprint)
      : input("input_gamma", {2 * options.units, options.units}, options, time, blueprint),
        recurrent("recurrent_gamma", {2 * options.units, options.units}, options, time, blueprint),
        projected(blueprint.per_example(time * 3 * options.units)),
        recurred(blueprint.per_example(time * 3 * options.units)),
        drecurred(blueprint.per_example(time * 3 * options.units)) {}

  CellNorm<T> input;
  CellNorm<T> recurrent;
  CacheId projected;  // (time, examples, 3 units): x_t kernel, normalized in place
  CacheId recurred;   // (time, examples, 3 units): h_{t-1} recurrent_kernel, normalized in place
  CacheId drecurred;
};

template <class T>
class Gru final : public Layer<T> {
 public:
  Gru(const RecurrentOptions& options, Blueprint& blueprint) : unrolled_(options, blueprint, 3), units_(options.units) {
    const Index time = unrolled_.time();
    if (options.use_bias)
      bias_ = blueprint.param("bias", {2, 3 * units_}, initializer_from(options.bias_initializer), 3 * units_, 3 * units_);
    if (options.normalization == CellNormalization::kLayer) norms_.emplace(options, time, blueprint);
    gates_ = blueprint.per_example(time * 3 * units_);
    q_ = blueprint.per_example(time * 3 * units_);
    dp_ = blueprint.per_example(time * 3 * units_);
    dq_ = blueprint.per_example(time * 3 * units_);
  }

  void forward(const Forward<T>& call) const override {
    const Steps<T> steps = unrolled_.start(call);
    steps.for_each_few([&](Index first, Index count) {
      project(steps, call.params, first, count);
      for (Index t = first; t < first + count; ++t) step(steps, call.params, t);
    });
    unrolled_.write_output(steps, call.y);
  }

  void backward(const Backward<T>& call) const override {
    const Steps<T> steps = unrolled_.start(call);
    for (Index t = steps.count - 1; t >= 0; --t) {
      unrolled_.add_output_gradient(steps, call.dy, t);
      step_back(steps, call.params, t);
    }
    const View<T> dp = steps.all(dp_, 3 * units_);
    const View<T> dq = steps.all(dq_, 3 * units_);
    if (bias_.size > 0) {
      kernels::column_sums<T>(dp, call.grads + bias_.offset);
      kernels::column_sums<T>(dq, call.grads + bias_.offset + 3 * units_);
    }
    if (!norms_) return unrolled_.gradients(steps, call, dp, dq);
    const View<T> projected = steps.all(norms_->projected, 3 * units_);
    kernels::column_dots<T>(dp, projected, norms_->input.dgamma(call.grads));
    kernels::column_dots<T>(dq, steps.all(norms_->recurred, 3 * units_), norms_->recurrent.dgamma(call.grads));
    norms_->input.backward({steps, 0, call.params}, projected, dp, dp);
    unrolled_.gradients(steps, call, dp, steps.all(norms_->drecurred, 3 * units_));
  }

 private:
  const T* bias(const T* params) const { return bias_.size > 0 ? params + bias_.offset : nullptr; }
  const T* recurrent_bias(const T* params) const { return bias_.size > 0 ? bias(params) + 3 * units_ : nullptr; }

  /// Computes p for some steps at once.
  void project(const Steps<T>& steps, const T* params, Index first, Index count) const {
    const View<T> gates = steps.some(gates_, first, count, 3 * units_);
    if (!norms_) return unrolled_.project(steps, bias(params), first, gates);
    const View<T> projected = steps.some(norms_->projected, first, count, 3 * units_);
    unrolled_.project(steps, nullptr, first, projected);
    norms_->input.forward({steps, steps.first_row(first, count), params}, projected, bias(params), projected, gates);
  }

  void step(const Steps<T>& steps, const T* params, Index t) const {
    const View<T> gates = steps.at(gates_, t, 3 * units_);
    const View<T> q = steps.at(q_, t, 3 * units_);
    const View<T> recurred = norms_ ? steps.at(norms_->recurred, t, 3 * units_) : q;
    unrolled_.recur(steps, params, t, norms_ ? nullptr : recurrent_bias(params), recurred);
    if (norms_) norms_->recurrent.forward({steps, steps.first_row(t), params}, recurred, recurrent_bias(params), recurred, q);
    kernels::gru_gates<T>(q, unrolled_.h(steps, t - 1), gates, unrolled_.h(steps, t));
    unrolled_.carry_h(steps, t);
  }

  void step_back(const Steps<T>& steps, const T* params, Index t) const {
    const View<T> gates = steps.at(gates_, t, 3 * units_);
    const View<T> q = steps.at(q_, t, 3 * units_);
    const View<T> h_before = unrolled_.h(steps, t - 1);
    const View<T> dh = unrolled_.dh(steps);
    const View<T> dp = steps.at(dp_, t, 3 * units_);
    const View<T> dq = steps.at(dq_, t, 3 * units_);
    steps.for_each_run(t, [&](Index first, Index count) {
      const auto run = [&](View<T> rows) { return rows.slice(first, count); };
      kernels::gru_gates_backward<T>(run(gates), run(q), run(h_before), run(dh), run(dp), run(dq));
    });
    unrolled_.clear_ended(steps, t, dp);
    unrolled_.clear_ended(steps, t, dq);
    const View<T> drecurred = norms_ ? steps.at(norms_->drecurred, t, 3 * units_) : dq;
    if (norms_) norms_->recurrent.backward({steps, steps.first_row(t), params}, steps.at(norms_->recurred, t, 3 * units_), dq, drecurred);
    const ConstView<T> dh_before = unrolled_.state_gradient(steps, params, drecurred);
    steps.for_each_run(t, [&](Index first, Index count) { kernels::add<T>(dh_before.row(first), dh.row(first), count * units_); });
  }

  Unrolled<T> unrolled_;
  Index units_;
  ParamId bias_;  // (2, 3 units): the bias of p, then that of q; its size is 0 without a bias
  std::optional<GruNorms<T>> norms_;
  CacheId gates_;  // (time, examples, 3 units): z, r, h_new
  CacheId q_;      // (time, examples, 3 units)
  CacheId dp_;     // (time, examples, 3 units); with norms, in the end the gradient of x_t kernel
  CacheId dq_;
};

}  // namespace

template <class T>
std::unique_ptr<const Layer<T>> make_gru_reset_after(const RecurrentOptions& options, Blueprint& blueprint) {
  return std::make_unique<Gru<T>>(options, blueprint);
}
template std::unique_ptr<const Layer<float>> make_gru_reset_after(const RecurrentOptions&, Blueprint&);
template std::unique_ptr<const Layer<double>> make_gru_reset_after(const RecurrentOptions&, Blueprint&);

config::FamilyMember gru() {
  return {"gru", "recurrent: gates z, r and a state h_t = z h_{t-1} + (1 - z) tanh(p_h + r q_h)", "Cho et al. 2014; Keras 3 GRU",
          [] { return std::make_shared<GruSpec>(); }};
}

}  // namespace normrun::nn::layers
