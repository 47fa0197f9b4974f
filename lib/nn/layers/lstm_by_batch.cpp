// Long short-term memory with batch normalization in its cell.  lstm.cpp has the letters, the shapes and the columns of the gates.
//
//   a_t = BN(h_{t-1} recurrent_kernel; recurrent_gamma) + BN(x_t kernel; input_gamma) + bias
//   i, f, o = sigmoid(a_i, a_f, a_o),  g = tanh(a_c),  c_t = f c_{t-1} + i g
//   h_t = o tanh(BN(c_t; state_gamma) + state_beta);  h_0 = c_0 = 0
//   BN: cell_batch_norm.hpp; each step has statistics of its own.  The inner two have no beta, because the bias is one.
//   backward, from the last step to the first, with each BN's own backward in place of a product with its gain:
//     dc += BN'(dh o (1 - tanh^2)), then the gates as in lstm.cpp;  dh_{t-1} = BN'(da) recurrent_kernel^T
//
// h_0 = 0 gives the recurrent norm equal rows at the first step: their variance is 0 and the norm's output 0, whatever its averages.
//
// Modes: those of batch.cpp; tracking kUpdate counts one update for each call.  Steps that no example of a batch reaches keep their
// averages. A step beyond an example's length keeps h and c and repeats the output. Source: Cooijmans, Ballas, Laurent, Gülçehre and
// Courville 2017, "Recurrent Batch Normalization", eq. 6 to 8 (gamma starts at 0.1; without the small noise that the paper adds to h_0).
#include <algorithm>

#include "nn/kernels/cells.hpp"
#include "nn/layers/cell_batch_norm.hpp"
#include "nn/layers/lstm.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class LstmByBatch final : public Layer<T> {
 public:
  LstmByBatch(const LstmOptions& options, Blueprint& blueprint)
      : unrolled_(options.recurrent, blueprint, 4),
        units_(unrolled_.units()),
        bias_(options.declare_bias(blueprint)),
        updates_(blueprint.state("updates", {1}, 0.0)),
        projected_(blueprint.per_example(unrolled_.time() * 4 * units_)),
        recurred_(blueprint.per_example(unrolled_.time() * 4 * units_)),
        c_(blueprint.per_example((unrolled_.time() + 1) * units_)),
        input_("input", 4 * units_, projected_, options.recurrent, unrolled_.time(), updates_, blueprint),
        recurrent_("recurrent", 4 * units_, recurred_, options.recurrent, unrolled_.time(), updates_, blueprint),
        state_("state", units_, c_, options.recurrent, unrolled_.time(), updates_, blueprint),
        state_beta_(blueprint.param("state_beta", {units_}, {.kind = Init::kZeros})),
        gates_(blueprint.per_example(unrolled_.time() * 4 * units_)),
        tanh_c_(blueprint.per_example(unrolled_.time() * units_)),
        added_(blueprint.per_example(4 * units_)),
        normalized_c_(blueprint.per_example(units_)),
        dprojected_(blueprint.per_example(unrolled_.time() * 4 * units_)),
        drecurred_(blueprint.per_example(unrolled_.time() * 4 * units_)),
        dgates_(blueprint.per_example(4 * units_)),
        dc_(blueprint.per_example(units_)),
        dc_through_h_(blueprint.per_example(units_)) {
    blueprint.give_role(ParamRole::kNormalization, state_beta_.offset);
  }

  void forward(const Forward<T>& call) const override {
    const Steps<T> steps = unrolled_.start(call);
    std::fill_n(steps.at(c_, -1, units_).data, steps.examples * units_, T{0});
    steps.for_each_few([&](Index first, Index count) {
      unrolled_.project(steps, nullptr, first, steps.some(projected_, first, count, 4 * units_));
      for (Index t = first; t < first + count; ++t) step(steps, call, t);
    });
    unrolled_.write_output(steps, call.y);
    if (call.mode.tracking == Tracking::kUpdate) call.next_state[updates_.offset] += T{1};
  }

  void backward(const Backward<T>& call) const override {
    const Steps<T> steps = unrolled_.start(call);
    std::fill_n(steps.one(dc_, units_).data, steps.examples * units_, T{0});
    for (const CellBatchNorm<T>* norm : {&input_, &recurrent_, &state_}) norm->start_gradient(call.grads);
    for (const ParamId& shift : {bias_, state_beta_}) std::fill_n(call.grads + shift.offset, shift.size, T{0});
    for (Index t = steps.count - 1; t >= 0; --t) step_back(steps, call, t);
    unrolled_.gradients(steps, call, steps.all(dprojected_, 4 * units_), steps.all(drecurred_, 4 * units_));
  }
  LayerTraits traits() const override { return {.is_mode_free = false}; }

 private:
  template <class U>
  U* bias(U* buffer) const {
    return bias_.size > 0 ? buffer + bias_.offset : nullptr;
  }

  void step(const Steps<T>& steps, const Forward<T>& call, Index t) const {
    const View<T> added = steps.one(added_, 4 * units_);
    const View<T> normalized_c = steps.one(normalized_c_, units_);
    const View<T> gates = steps.at(gates_, t, 4 * units_);
    input_.forward(steps, call, t, bias(call.params), gates);
    unrolled_.recur(steps, call.params, t, nullptr, steps.at(recurred_, t, 4 * units_));
    recurrent_.forward(steps, call, t, nullptr, added);
    kernels::lstm_gates<T>(added, steps.at(c_, t - 1, units_), gates, steps.at(c_, t, units_));
    unrolled_.carry(steps, c_, t);
    state_.forward(steps, call, t, call.params + state_beta_.offset, normalized_c);
    kernels::lstm_output<T>(gates, normalized_c, steps.at(tanh_c_, t, units_), unrolled_.h(steps, t));
    unrolled_.carry_h(steps, t);
  }

  void step_back(const Steps<T>& steps, const Backward<T>& call, Index t) const {
    const View<T> gates = steps.at(gates_, t, 4 * units_);
    const View<T> tanh_c = steps.at(tanh_c_, t, units_);
    const View<T> dh = unrolled_.dh(steps);
    const View<T> dc = steps.one(dc_, units_);
    const View<T> dc_through_h = steps.one(dc_through_h_, units_);
    const View<T> dgates = steps.one(dgates_, 4 * units_);
    unrolled_.add_output_gradient(steps, call.dy, t);
    kernels::lstm_output_backward<T>(gates, tanh_c, dh, dc_through_h);
    unrolled_.clear_ended(steps, t, dc_through_h);
    state_.backward(steps, call, t, dc_through_h, call.grads + state_beta_.offset, dc_through_h);
    steps.for_each_run(t, [&](Index first, Index count) {
      const auto run = [&](View<T> rows) { return rows.slice(first, count); };
      kernels::lstm_gates_backward<T>({run(gates), run(steps.at(c_, t - 1, units_)), run(tanh_c)}, run(dh), run(dc_through_h), run(dc),
                                      run(dgates));
    });
    unrolled_.clear_ended(steps, t, dgates);
    input_.backward(steps, call, t, dgates, bias(call.grads), steps.at(dprojected_, t, 4 * units_));
    recurrent_.backward(steps, call, t, dgates, nullptr, steps.at(drecurred_, t, 4 * units_));
    const ConstView<T> dh_before = unrolled_.state_gradient(steps, call.params, steps.at(drecurred_, t, 4 * units_));
    steps.for_each_run(t, [&](Index first, Index count) { std::copy_n(dh_before.row(first), count * units_, dh.row(first)); });
  }

  Unrolled<T> unrolled_;
  Index units_;
  ParamId bias_;       // its size is 0 without a bias
  StateId updates_;    // one number for the three norms
  CacheId projected_;  // (time, examples, 4 units): x_t kernel
  CacheId recurred_;   // (time, examples, 4 units): h_{t-1} recurrent_kernel
  CacheId c_;          // (time + 1, examples, units)
  CellBatchNorm<T> input_;
  CellBatchNorm<T> recurrent_;
  CellBatchNorm<T> state_;
  ParamId state_beta_;
  CacheId gates_;         // (time, examples, 4 units): i, f, g, o
  CacheId tanh_c_;        // (time, examples, units): tanh of the normalized c
  CacheId added_;         // (examples, 4 units) of one step: the normalized h_{t-1} recurrent_kernel
  CacheId normalized_c_;  // (examples, units) of one step
  CacheId dprojected_;    // (time, examples, 4 units), as the following one
  CacheId drecurred_;
  CacheId dgates_;        // (examples, 4 units) of one step
  CacheId dc_;            // (examples, units)
  CacheId dc_through_h_;  // (examples, units): first the gradient of the normalized c, then of c
};

}  // namespace

template <class T>
std::unique_ptr<const Layer<T>> make_lstm_by_batch(const LstmOptions& options, Blueprint& blueprint) {
  return std::make_unique<LstmByBatch<T>>(options, blueprint);
}
template std::unique_ptr<const Layer<float>> make_lstm_by_batch(const LstmOptions&, Blueprint&);
template std::unique_ptr<const Layer<double>> make_lstm_by_batch(const LstmOptions&, Blueprint&);

}  // namespace normrun::nn::layers
