// Long short-term memory.  The columns of the kernels and of the bias are the gates i, f, c, o.
//
//   a_t = x_t kernel + h_{t-1} recurrent_kernel + bias
//   i, f, o = sigmoid(a_i, a_f, a_o),  g = tanh(a_c)
//   c_t = f c_{t-1} + i g,  h_t = o tanh(c_t);  h_0 = c_0 = 0
//   x: (time, features)  kernel: (features, 4 units)  recurrent_kernel: (units, 4 units)  bias: (4 units)
//   backward, from the last step to the first:
//     dc += dh o (1 - tanh(c)^2);  di = dc g, df = dc c_{t-1}, dg = dc i, do = dh tanh(c), each times the slope of its function
//     dh_{t-1} += da recurrent_kernel^T,  dc_{t-1} = dc f
//
// normalization "layer" (Ba, Kiros and Hinton 2016, eq. 20 to 22), LN over all four gates together:
//   a_t = LN(h_{t-1} recurrent_kernel; recurrent_gamma, recurrent_beta) + LN(x_t kernel; input_gamma, input_beta) + bias
//   h_t = o tanh(LN(c_t; state_gamma, state_beta))
//
// Source: Hochreiter and Schmidhuber 1997, Gers et al. 2000; Keras 3 LSTM (unit_forget_bias).  Every mode is the same.  A step
// beyond an example's length leaves h and c, and repeats the output (Keras with a mask); an example of length 0 gives 0.
#include <algorithm>
#include <optional>

#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layers/cell_norm.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/recurrent.hpp"

namespace normrun::layers {
namespace {

template <class T>
class Lstm;

class LstmSpec final : public SpecOf<LstmSpec, Lstm> {
 public:
  RecurrentOptions recurrent;
  bool unit_forget_bias = true;

  void describe(OptionVisitor& visitor) override {
    describe_name(visitor);
    recurrent.describe(visitor);
    visitor.flag({"unit_forget_bias", "whether the bias of the forget gate starts at 1"}, unit_forget_bias);
  }
};

/// The normalizations of the cell, with their biases.
template <class T>
struct LstmNorms {
  LstmNorms(const RecurrentOptions& options, Index time, Blueprint& blueprint)
      : recurrent("recurrent_gamma", {4 * options.units}, options, time, blueprint),
        recurrent_beta(blueprint.param("recurrent_beta", {4 * options.units}, {.kind = Init::kZeros})),
        input("input_gamma", {4 * options.units}, options, time, blueprint),
        input_beta(blueprint.param("input_beta", {4 * options.units}, {.kind = Init::kZeros})),
        state("state_gamma", {options.units}, options, time, blueprint),
        state_beta(blueprint.param("state_beta", {options.units}, {.kind = Init::kZeros})),
        shift(blueprint.per_call(4 * options.units)),
        projected(blueprint.per_example(time * 4 * options.units)),
        recurred(blueprint.per_example(time * 4 * options.units)),
        drecurred(blueprint.per_example(4 * options.units)),
        dsome(blueprint.per_call(2 * Steps<T>::kRowsTogether * 4 * options.units)),
        running(blueprint.per_call(kernels::running_sums_size<T>(4 * options.units))),
        c_hat(blueprint.per_example(time * options.units)),
        dstate(blueprint.per_example(time * options.units)) {}

  CellNorm<T> recurrent;
  ParamId recurrent_beta;
  CellNorm<T> input;
  ParamId input_beta;
  CellNorm<T> state;
  ParamId state_beta;
  CacheId shift;      // (4 units): the three biases of a_t added up
  CacheId projected;  // (time, examples, 4 units): x_t kernel, normalized in place
  CacheId recurred;   // h_{t-1} recurrent_kernel, likewise
  CacheId drecurred;  // (examples, 4 units) of one step
  CacheId dsome;      // (2, kRowsTogether, 4 units): dprojected and drecurred of some rows
  CacheId running;    // sums of all rows, while add_gradients goes through them
  CacheId c_hat;      // (time, examples, units): c_t, normalized
  CacheId dstate;     // of LN(c_t)
};

template <class T>
class Lstm final : public Layer<T> {
 public:
  Lstm(const LstmSpec& spec, Blueprint& blueprint) : unrolled_(spec.recurrent, blueprint, 4), units_(unrolled_.units()) {
    if (spec.recurrent.use_bias) {
      Initializer start = initializer_from(spec.recurrent.bias_initializer);
      if (spec.unit_forget_bias) start.ones = {units_, 2 * units_};
      bias_ = blueprint.param("bias", {4 * units_}, start, 4 * units_, 4 * units_);
    }
    const Index time = unrolled_.time();
    if (spec.recurrent.normalization == CellNormalization::kLayer) norms_.emplace(spec.recurrent, time, blueprint);
    gates_ = blueprint.per_example(time * 4 * units_);
    added_ = blueprint.per_example(4 * units_);
    c_ = blueprint.per_example((time + 1) * units_);
    tanh_c_ = blueprint.per_example(time * units_);
    dgates_ = blueprint.per_example(time * 4 * units_);
    dc_ = blueprint.per_example(units_);
    dc_part_ = blueprint.per_example(units_);
  }

  void forward(const Forward<T>& call) const override {
    const Steps<T> steps = unrolled_.start(call);
    std::fill_n(steps.at(c_, 0, units_).data, steps.examples * units_, T{0});
    if (norms_) add_up_shift(steps, call.params);
    steps.for_each_few([&](Index first, Index count) {
      project(steps, call.params, first, count);
      for (Index t = first; t < first + count; ++t) step(steps, call.params, t);
    });
    unrolled_.write_output(steps, call.y);
  }

  void backward(const Backward<T>& call) const override {
    const Steps<T> steps = unrolled_.start(call);
    std::fill_n(steps.at(dc_, 0, units_).data, steps.examples * units_, T{0});
    for (Index t = steps.count - 1; t >= 0; --t) {
      unrolled_.add_output_gradient(steps, call.dy, t);
      step_back(steps, call.params, t);
    }
    if (norms_) return normalized_gradients(steps, call);
    const View<T> dgates = steps.all(dgates_, 4 * units_);
    if (bias_.size > 0) kernels::column_sums<T>(dgates, call.grads + bias_.offset);
    unrolled_.gradients(steps, call, dgates, dgates);
  }

 private:
  void add_up_shift(const Steps<T>& steps, const T* params) const {
    const T* bias = bias_.size > 0 ? params + bias_.offset : nullptr;
    T* shift = steps.caches[norms_->shift];
    for (Index i = 0; i < 4 * units_; ++i) {
      shift[i] = params[norms_->input_beta.offset + i] + params[norms_->recurrent_beta.offset + i] + (bias != nullptr ? bias[i] : T{0});
    }
  }

  /// The gates' share of the input and of the biases, some steps at once.
  void project(const Steps<T>& steps, const T* params, Index first, Index count) const {
    const View<T> gates = steps.some(gates_, first, count, 4 * units_);
    if (!norms_) return unrolled_.project(steps, bias_.size > 0 ? params + bias_.offset : nullptr, first, gates);
    const View<T> projected = steps.some(norms_->projected, first, count, 4 * units_);
    unrolled_.project(steps, nullptr, first, projected);
    norms_->input.forward(steps, first * steps.examples, params, projected, steps.caches[norms_->shift], projected, gates);
  }

  void step(const Steps<T>& steps, const T* params, Index t) const {
    const View<T> added = steps.at(added_, 0, 4 * units_);
    const View<T> gates = steps.at(gates_, t, 4 * units_);
    const View<T> c = steps.at(c_, t + 1, units_);
    const View<T> tanh_c = steps.at(tanh_c_, t, units_);
    const View<T> recurred = norms_ ? steps.at(norms_->recurred, t, 4 * units_) : added;
    unrolled_.recur(steps, params, t, nullptr, recurred);
    if (norms_) norms_->recurrent.forward(steps, t * steps.examples, params, recurred, nullptr, recurred, added);
    kernels::lstm_gates<T>(added, steps.at(c_, t, units_), gates, c);
    unrolled_.carry(steps, c_, t);
    if (norms_) {
      const T* beta = params + norms_->state_beta.offset;
      norms_->state.forward(steps, t * steps.examples, params, c, beta, steps.at(norms_->c_hat, t, units_), tanh_c);
    }
    kernels::lstm_output<T>(gates, norms_ ? tanh_c : c, tanh_c, unrolled_.h(steps, t + 1));
    unrolled_.carry_h(steps, t);
  }

  void step_back(const Steps<T>& steps, const T* params, Index t) const {
    const View<T> gates = steps.at(gates_, t, 4 * units_);
    const View<T> tanh_c = steps.at(tanh_c_, t, units_);
    const View<T> c_before = steps.at(c_, t, units_);
    const View<T> dh = unrolled_.dh(steps);
    const View<T> dc = steps.at(dc_, 0, units_);
    const View<T> dc_part = steps.at(dc_part_, 0, units_);
    const View<T> dstate = norms_ ? steps.at(norms_->dstate, t, units_) : dc_part;
    const View<T> dgates = steps.at(dgates_, t, 4 * units_);
    kernels::lstm_output_backward<T>(gates, tanh_c, dh, dstate);
    unrolled_.clear_ended(steps, t, dstate);
    if (norms_) norms_->state.backward(steps, t * steps.examples, params, steps.at(norms_->c_hat, t, units_), dstate, dc_part);
    steps.for_each_run(t, [&](Index first, Index count) {
      const auto run = [&](View<T> rows) { return rows.slice(first, count); };
      kernels::lstm_gates_backward<T>(run(gates), run(c_before), run(tanh_c), run(dh), run(dc_part), run(dc), run(dgates));
    });
    unrolled_.clear_ended(steps, t, dgates);
    const View<T> drecurred = norms_ ? steps.at(norms_->drecurred, 0, 4 * units_) : dgates;
    if (norms_) norms_->recurrent.backward(steps, t * steps.examples, params, steps.at(norms_->recurred, t, 4 * units_), dgates, drecurred);
    const ConstView<T> dh_before = unrolled_.state_gradient(steps, params, drecurred);
    steps.for_each_run(t, [&](Index first, Index count) { std::copy_n(dh_before.row(first), count * units_, dh.row(first)); });
  }

  void normalized_gradients(const Steps<T>& steps, const Backward<T>& call) const {
    const View<T> dstate = steps.all(norms_->dstate, units_);
    T* const dbeta = call.grads + norms_->input_beta.offset;
    steps.for_each_rows([&](Index first, Index count) { add_gradients(steps, call, first, count); });
    kernels::finish_sums_and_dots<T>(steps.caches[norms_->running], 4 * units_, dbeta, norms_->input.dgamma(call.grads),
                                     norms_->recurrent.dgamma(call.grads));
    unrolled_.write_input_gradient(steps, call);
    kernels::column_dots<T>(dstate, steps.all(norms_->c_hat, units_), norms_->state.dgamma(call.grads));
    std::copy_n(dbeta, 4 * units_, call.grads + norms_->recurrent_beta.offset);
    if (bias_.size > 0) std::copy_n(dbeta, 4 * units_, call.grads + bias_.offset);
    kernels::column_sums<T>(dstate, call.grads + norms_->state_beta.offset);
  }

  /// drecurred is computed a second time here: that takes less than keeping all of it.
  void add_gradients(const Steps<T>& steps, const Backward<T>& call, Index first, Index count) const {
    const View<T> dgates = steps.rows(dgates_, first, count, 4 * units_);
    const View<T> dprojected(steps.caches[norms_->dsome], count, 4 * units_);
    const View<T> drecurred(dprojected.row(Steps<T>::kRowsTogether), count, 4 * units_);
    const View<T> projected = steps.rows(norms_->projected, first, count, 4 * units_);
    const View<T> recurred = steps.rows(norms_->recurred, first, count, 4 * units_);
    kernels::add_sums_and_dots<T>(dgates, projected, recurred, first, steps.caches[norms_->running]);
    norms_->input.backward(steps, first, call.params, projected, dgates, dprojected);
    norms_->recurrent.backward(steps, first, call.params, recurred, dgates, drecurred);
    unrolled_.add_gradients(steps, call, first, dprojected, drecurred);
  }

  Unrolled<T> unrolled_;
  Index units_;
  ParamId bias_;  // of size 0 without a bias
  std::optional<LstmNorms<T>> norms_;
  CacheId gates_;   // (time, examples, 4 units): i, f, g, o
  CacheId added_;   // (examples, 4 units) of one step: h_{t-1} recurrent_kernel, or what it adds to the gates normalized
  CacheId c_;       // (time + 1, examples, units)
  CacheId tanh_c_;  // (time, examples, units)
  CacheId dgates_;  // (time, examples, 4 units): before the gates' functions
  CacheId dc_;      // (examples, units)
  CacheId dc_part_;
};

}  // namespace

FamilyMember lstm() {
  return {"lstm", "recurrent: gates i, f, o and a cell c_t = f c_{t-1} + i tanh(a_c), h_t = o tanh(c_t)", "Keras 3 LSTM",
          [] { return std::make_shared<LstmSpec>(); }};
}

}  // namespace normrun::layers
