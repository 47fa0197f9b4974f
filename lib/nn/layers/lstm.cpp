// Long short-term memory.  The columns of the kernels and of the bias are the gates i, f, c, o.
//
//   a_t = x_t kernel + h_{t-1} recurrent_kernel + bias
//   i, f, o = sigmoid(a_i, a_f, a_o),  g = tanh(a_c)
//   c_t = f c_{t-1} + i g,  h_t = o tanh(c_t);  h_0 = c_0 = 0
//   x: (time, features)  kernel: (features, 4 units)  recurrent_kernel: (units, 4 units)  bias: (4 units)
//   backward, from the last step to the first:
//     dc += dh o (1 - tanh(c)^2);  di = dc g, df = dc c_{t-1}, dg = dc i, do = dh tanh(c), each times the slope of the gate's function
//     dh_{t-1} += da recurrent_kernel^T,  dc_{t-1} = dc f
//
// With normalization "layer" (Ba, Kiros and Hinton 2016, eq. 20 to 22), where LN is over all four gates together:
//   a_t = LN(h_{t-1} recurrent_kernel; recurrent_gamma, recurrent_beta) + LN(x_t kernel; input_gamma, input_beta) + bias
//   h_t = o tanh(LN(c_t; state_gamma, state_beta))
// With normalization "batch": lstm_by_batch.cpp.
//
// Source: Hochreiter and Schmidhuber 1997, Gers et al. 2000; Keras 3 LSTM (unit_forget_bias).  Modes: all are the same.  A step beyond an
// example's length keeps h and c and repeats the output (Keras with a mask); an example of length 0 gives 0.
#include "nn/layers/lstm.hpp"

#include <algorithm>
#include <optional>

#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

/// The normalizations of the cell: their parameters and the numbers that they keep.
template <class T>
struct LstmNorms {
  LstmNorms(const RecurrentOptions& options, Index time, Blueprint& blueprint)
      : recurrent_gamma(blueprint.param("recurrent_gamma", {4 * options.units}, {.kind = Init::kOnes})),
        recurrent_beta(blueprint.param("recurrent_beta", {4 * options.units}, {.kind = Init::kZeros})),
        input_gamma(blueprint.param("input_gamma", {4 * options.units}, {.kind = Init::kOnes})),
        input_beta(blueprint.param("input_beta", {4 * options.units}, {.kind = Init::kZeros})),
        state_gamma(blueprint.param("state_gamma", {options.units}, {.kind = Init::kOnes})),
        state_beta(blueprint.param("state_beta", {options.units}, {.kind = Init::kZeros})),
        epsilon(static_cast<T>(options.epsilon)),
        shift(blueprint.per_call(4 * options.units)),
        projected(blueprint.per_example(time * 4 * options.units)),
        projected_inv_std(blueprint.per_example(time)),
        recurred(blueprint.per_example(time * 4 * options.units)),
        recurred_inv_std(blueprint.per_example(time)),
        c_hat(blueprint.per_example(time * options.units)),
        c_inv_std(blueprint.per_example(time)),
        dprojected(blueprint.per_example(Steps<T>::most_together(time) * 4 * options.units)),
        drecurred(blueprint.per_example(Steps<T>::most_together(time) * 4 * options.units)),
        dstate(blueprint.per_example(Steps<T>::most_together(time) * options.units)),
        gate_sums(blueprint.per_call(kernels::running_sums_size<T>(4 * options.units))),
        state_sums(blueprint.per_call(kernels::running_sums_size<T>(options.units))) {
    blueprint.give_role(ParamRole::kNormalization, recurrent_gamma.offset);
  }

  ParamId recurrent_gamma;
  ParamId recurrent_beta;
  ParamId input_gamma;
  ParamId input_beta;
  ParamId state_gamma;
  ParamId state_beta;
  T epsilon;
  CacheId shift;      // (4 units): recurrent_beta + input_beta + bias
  CacheId projected;  // (time, examples, 4 units): x_t kernel, normalized in place
  CacheId projected_inv_std;
  CacheId recurred;  // (time, examples, 4 units): h_{t-1} recurrent_kernel, normalized in place
  CacheId recurred_inv_std;
  CacheId c_hat;  // (time, examples, units): c_t, normalized
  CacheId c_inv_std;
  CacheId dprojected;  // (examples, 4 units) of the steps that are computed together
  CacheId drecurred;
  CacheId dstate;      // (examples, units) of the same steps: the gradient of LN(c_t)
  CacheId gate_sums;   // running sums of dgates, and of its products with `projected` and `recurred`
  CacheId state_sums;  // running sums of dstate, and of its product with c_hat
};

template <class T>
class Lstm final : public Layer<T> {
 public:
  Lstm(const LstmOptions& options, Blueprint& blueprint)
      : unrolled_(options.recurrent, blueprint, 4), units_(unrolled_.units()), bias_(options.declare_bias(blueprint)) {
    const Index time = unrolled_.time();
    if (options.recurrent.normalization == CellNormalization::kLayer) norms_.emplace(options.recurrent, time, blueprint);
    gates_ = blueprint.per_example(time * 4 * units_);
    if (!norms_) added_ = blueprint.per_example(4 * units_);
    c_ = blueprint.per_example((time + 1) * units_);
    tanh_c_ = blueprint.per_example(time * units_);
    dgates_ = blueprint.per_example((norms_ ? Steps<T>::most_together(time) : time) * 4 * units_);
    dc_ = blueprint.per_example(units_);
    dc_through_h_ = blueprint.per_example(units_);
  }

  void forward(const Forward<T>& call) const override {
    const Steps<T> steps = unrolled_.start(call);
    std::fill_n(steps.at(c_, -1, units_).data, steps.examples * units_, T{0});
    if (norms_) add_up_shift(steps, call.params);
    steps.for_each_few([&](Index first, Index count) {
      project(steps, call.params, first, count);
      for (Index t = first; t < first + count; ++t) {
        norms_ ? normalized_step(steps, call.params, t) : step(steps, call.params, t);
        unrolled_.carry(steps, c_, t);
        unrolled_.carry_h(steps, t);
      }
    });
    unrolled_.write_output(steps, call.y);
  }

  void backward(const Backward<T>& call) const override {
    const Steps<T> steps = unrolled_.start(call);
    std::fill_n(steps.one(dc_, units_).data, steps.examples * units_, T{0});
    if (norms_) return normalized_backward(steps, call);
    for (Index t = steps.count - 1; t >= 0; --t) step_back(steps, call, t);
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

  /// Computes x_t kernel for some steps at once; without norms it includes the bias.
  void project(const Steps<T>& steps, const T* params, Index first, Index count) const {
    if (norms_) return unrolled_.project(steps, nullptr, first, steps.some(norms_->projected, first, count, 4 * units_));
    unrolled_.project(steps, bias_.size > 0 ? params + bias_.offset : nullptr, first, steps.some(gates_, first, count, 4 * units_));
  }

  void step(const Steps<T>& steps, const T* params, Index t) const {
    const View<T> added = steps.one(added_, 4 * units_);
    const View<T> gates = steps.at(gates_, t, 4 * units_);
    const View<T> c = steps.at(c_, t, units_);
    unrolled_.recur(steps, params, t, nullptr, added);
    kernels::lstm_gates<T>(added, steps.at(c_, t - 1, units_), gates, c);
    kernels::lstm_output<T>(gates, c, steps.at(tanh_c_, t, units_), unrolled_.h(steps, t));
  }

  void step_back(const Steps<T>& steps, const Backward<T>& call, Index t) const {
    const View<T> gates = steps.at(gates_, t, 4 * units_);
    const View<T> tanh_c = steps.at(tanh_c_, t, units_);
    const View<T> c_before = steps.at(c_, t - 1, units_);
    const View<T> dh = unrolled_.dh(steps);
    const View<T> dc = steps.one(dc_, units_);
    const View<T> dc_through_h = steps.one(dc_through_h_, units_);
    const View<T> dgates = steps.at(dgates_, t, 4 * units_);
    unrolled_.add_output_gradient(steps, call.dy, t);
    kernels::lstm_output_backward<T>(gates, tanh_c, dh, dc_through_h);
    steps.for_each_run(t, [&](Index first, Index count) {
      const auto run = [&](View<T> rows) { return rows.slice(first, count); };
      kernels::lstm_gates_backward<T>({run(gates), run(c_before), run(tanh_c)}, run(dh), run(dc_through_h), run(dc), run(dgates));
    });
    unrolled_.clear_ended(steps, t, dgates);
    to_step_before(steps, call.params, t, dgates);
  }

  /// Turns dh into the gradient of the state of the step before.
  void to_step_before(const Steps<T>& steps, const T* params, Index t, ConstView<T> drecurred) const {
    const View<T> dh = unrolled_.dh(steps);
    const ConstView<T> dh_before = unrolled_.state_gradient(steps, params, drecurred);
    steps.for_each_run(t, [&](Index first, Index count) { std::copy_n(dh_before.row(first), count * units_, dh.row(first)); });
  }

  // ---- with norms ----

  kernels::NormalizedLstm<T> norms(const Steps<T>& steps, const T* params) const {
    return {.epsilon = norms_->epsilon,
            .input_gamma = params + norms_->input_gamma.offset,
            .recurrent_gamma = params + norms_->recurrent_gamma.offset,
            .shift = steps.caches[norms_->shift],
            .state_gamma = params + norms_->state_gamma.offset,
            .state_beta = params + norms_->state_beta.offset};
  }
  kernels::NormalizedLstmStep<T> kept(const Steps<T>& steps, Index t) const {
    return {.projected = steps.at(norms_->projected, t, 4 * units_),
            .projected_inv_std = steps.at(norms_->projected_inv_std, t, 1).data,
            .recurred = steps.at(norms_->recurred, t, 4 * units_),
            .recurred_inv_std = steps.at(norms_->recurred_inv_std, t, 1).data,
            .gates = steps.at(gates_, t, 4 * units_),
            .c_before = steps.at(c_, t - 1, units_),
            .c = steps.at(c_, t, units_),
            .c_hat = steps.at(norms_->c_hat, t, units_),
            .c_inv_std = steps.at(norms_->c_inv_std, t, 1).data,
            .tanh_c = steps.at(tanh_c_, t, units_)};
  }

  void normalized_step(const Steps<T>& steps, const T* params, Index t) const {
    const kernels::NormalizedLstmStep<T> step = kept(steps, t);
    unrolled_.recur(steps, params, t, nullptr, step.recurred);
    kernels::normalized_lstm_step<T>(norms(steps, params), step, unrolled_.h(steps, t));
  }

  void normalized_backward(const Steps<T>& steps, const Backward<T>& call) const {
    steps.for_each_few_back([&](Index first, Index count) {
      const Index first_row = steps.first_row(first, count);
      for (Index t = first + count - 1; t >= first; --t) normalized_step_back(steps, call, t, steps.first_row(t) - first_row);
      add_gradients(steps, call, first_row, count * steps.examples);
    });
    T* const dbeta = call.grads + norms_->input_beta.offset;
    kernels::finish_sums_and_dots<T>(steps.caches[norms_->gate_sums], 4 * units_, dbeta, call.grads + norms_->input_gamma.offset,
                                     call.grads + norms_->recurrent_gamma.offset);
    std::copy_n(dbeta, 4 * units_, call.grads + norms_->recurrent_beta.offset);
    if (bias_.size > 0) std::copy_n(dbeta, 4 * units_, call.grads + bias_.offset);
    T* const dgamma = call.grads + norms_->state_gamma.offset;
    kernels::finish_sums_and_dots<T>(steps.caches[norms_->state_sums], units_, call.grads + norms_->state_beta.offset, dgamma, dgamma);
    unrolled_.write_input_gradient(steps, call);
  }

  /// kept_row: the step's first row among the steps that are computed together.
  void normalized_step_back(const Steps<T>& steps, const Backward<T>& call, Index t, Index kept_row) const {
    const auto rows = [&](CacheId id, Index cols) { return steps.rows(id, kept_row, steps.examples, cols); };
    const kernels::NormalizedLstmStep<T> step = kept(steps, t);
    const kernels::NormalizedLstmGradients<T> gradients{.dgates = rows(dgates_, 4 * units_),
                                                        .dprojected = rows(norms_->dprojected, 4 * units_),
                                                        .drecurred = rows(norms_->drecurred, 4 * units_),
                                                        .dstate = rows(norms_->dstate, units_),
                                                        .dc_through_h = steps.one(dc_through_h_, units_)};
    unrolled_.add_output_gradient(steps, call.dy, t);
    steps.for_each_run(t, [&](Index first, Index count) {
      kernels::normalized_lstm_step_backward<T>(norms(steps, call.params), step.slice(first, count),
                                                unrolled_.dh(steps).slice(first, count), steps.one(dc_, units_).slice(first, count),
                                                gradients.slice(first, count));
    });
    for (const View<T> ended : {gradients.dgates, gradients.dprojected, gradients.drecurred, gradients.dstate})
      unrolled_.clear_ended(steps, t, ended);
    to_step_before(steps, call.params, t, gradients.drecurred);
  }

  /// Adds what some steps, which begin at first_row, contribute to the gradients of the parameters.
  void add_gradients(const Steps<T>& steps, const Backward<T>& call, Index first_row, Index rows) const {
    const View<T> dgates = steps.rows(dgates_, 0, rows, 4 * units_);
    const View<T> dstate = steps.rows(norms_->dstate, 0, rows, units_);
    const View<T> projected = steps.rows(norms_->projected, first_row, rows, 4 * units_);
    const View<T> recurred = steps.rows(norms_->recurred, first_row, rows, 4 * units_);
    const View<T> c_hat = steps.rows(norms_->c_hat, first_row, rows, units_);
    kernels::add_sums_and_dots<T>(dgates, projected, recurred, first_row, steps.caches[norms_->gate_sums]);
    kernels::add_sums_and_dots<T>(dstate, c_hat, c_hat, first_row, steps.caches[norms_->state_sums]);
    unrolled_.add_gradients(steps, call, first_row, steps.rows(norms_->dprojected, 0, rows, 4 * units_),
                            steps.rows(norms_->drecurred, 0, rows, 4 * units_));
  }

  Unrolled<T> unrolled_;
  Index units_;
  ParamId bias_;  // its size is 0 without a bias
  std::optional<LstmNorms<T>> norms_;
  CacheId gates_;   // (time, examples, 4 units): i, f, g, o
  CacheId added_;   // (examples, 4 units) of one step: h_{t-1} recurrent_kernel; unused with norms
  CacheId c_;       // (time + 1, examples, units)
  CacheId tanh_c_;  // (time, examples, units)
  CacheId dgates_;  // (examples, 4 units) of all steps, with norms of a few: the gradients of the arguments of the gates' functions
  CacheId dc_;      // (examples, units)
  CacheId dc_through_h_;
};

class LstmSpec final : public SpecWithFactory<LstmSpec> {
 public:
  LstmOptions options;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    options.recurrent.describe(visitor);
    visitor.flag({"unit_forget_bias", "whether the bias of the forget gate starts at 1"}, options.unit_forget_bias);
  }
  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint& blueprint) const {
    if (options.recurrent.normalization == CellNormalization::kBatch) return make_lstm_by_batch<T>(options, blueprint);
    return std::make_unique<Lstm<T>>(options, blueprint);
  }
};

}  // namespace

ParamId LstmOptions::declare_bias(Blueprint& blueprint) const {
  if (!recurrent.use_bias) return {};
  const Index units = recurrent.units;
  Initializer start = initializer_from(recurrent.bias_initializer);
  if (unit_forget_bias) start.ones = {units, 2 * units};
  return blueprint.param("bias", {4 * units}, start, 4 * units, 4 * units);
}

config::FamilyMember lstm() {
  return {"lstm", "recurrent: gates i, f, o and a cell c_t = f c_{t-1} + i tanh(a_c), h_t = o tanh(c_t)", "Keras 3 LSTM",
          [] { return std::make_shared<LstmSpec>(); }};
}

}  // namespace normrun::nn::layers
