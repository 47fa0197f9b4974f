// Gated recurrent unit as in its paper, with the reset gate before the recurrent kernel; in gru.cpp it comes after it.
//
//   p_t = x_t kernel + bias
//   z, r = sigmoid(p + h_{t-1} recurrent_kernel) of their columns,  h_new = tanh(p_h + (r h_{t-1}) recurrent_kernel_h)
//   h_t = z h_{t-1} + (1 - z) h_new;  h_0 = 0
//   x: (time, features)  kernel: (features, 3 units)  recurrent_kernel: (units, 3 units)  bias: (3 units)
//   backward, from the last step to the first, where da is the gradient of the argument of a gate's function:
//     da_z = dh (h_{t-1} - h_new) z (1 - z),  da_h = dh (1 - z) (1 - h_new^2)
//     s = da_h recurrent_kernel_h^T, the gradient of r h_{t-1};  da_r = s h_{t-1} r (1 - r)
//     dh_{t-1} = dh z + s r + (da_z, da_r) recurrent_kernel_zr^T
//
// Both products use the whole recurrent kernel; in backward, zeros stand in the columns that do not belong to the product.
//
// Source: Cho et al. 2014, eq. 5 to 8; Keras 3 GRU with reset_after=False.  Modes: all are the same.
#include <algorithm>

#include "nn/kernels/kernels.hpp"
#include "nn/layers/gru.hpp"

namespace normrun::nn::layers {
namespace {

/// h = z h_before + (1 - z) h_new, each (units).
template <class T>
void mix_states(const T* z, const T* h_before, const T* h_new, T* h, Index units) {
  for (Index u = 0; u < units; ++u) h[u] = z[u] * h_before[u] + (T{1} - z[u]) * h_new[u];
}

/// Computes the gradients of the arguments of z's and h_new's functions.
template <class T>
void mix_states_backward(const T* z, const T* h_before, const T* h_new, const T* dh, T* da_z, T* da_h, Index units) {
  for (Index u = 0; u < units; ++u) {
    da_z[u] = dh[u] * (h_before[u] - h_new[u]) * (z[u] * (T{1} - z[u]));
    da_h[u] = dh[u] * (T{1} - z[u]) * (T{1} - h_new[u] * h_new[u]);
  }
}

template <class T>
class GruResetBefore final : public Layer<T> {
 public:
  GruResetBefore(const RecurrentOptions& options, Blueprint& blueprint) : unrolled_(options, blueprint, 3), units_(options.units) {
    const Index time = unrolled_.time();
    if (options.use_bias) bias_ = blueprint.param("bias", {3 * units_}, initializer_from(options.bias_initializer), 3 * units_, 3 * units_);
    gates_ = blueprint.per_example(time * 3 * units_);
    dgates_ = blueprint.per_example(time * 3 * units_);
    reset_h_ = blueprint.per_example(time * units_);
    ds_ = blueprint.per_example(units_);
    products_ = blueprint.per_example(3 * units_);
    reset_dkernel_ = blueprint.per_call(units_ * 3 * units_);
  }

  void forward(const Forward<T>& call) const override {
    const Steps<T> steps = unrolled_.start(call);
    steps.for_each_few([&](Index first, Index count) {
      const T* bias = bias_.size > 0 ? call.params + bias_.offset : nullptr;
      unrolled_.project(steps, bias, first, steps.some(gates_, first, count, 3 * units_));
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
    const View<T> dgates = steps.all(dgates_, 3 * units_);
    if (bias_.size > 0) kernels::column_sums<T>(dgates, call.grads + bias_.offset);
    unrolled_.gradients(steps, call, dgates, dgates);
    const View<T> of_reset_h(call.caches[reset_dkernel_], units_, 3 * units_);
    kernels::product_weight_gradient<T>(steps.all(reset_h_, units_), dgates, of_reset_h);
    const View<T> dkernel = unrolled_.recurrent_kernel(call.grads);
    for (Index row = 0; row < units_; ++row) std::copy_n(of_reset_h.row(row) + 2 * units_, units_, dkernel.row(row) + 2 * units_);
  }

 private:
  void step(const Steps<T>& steps, const T* params, Index t) const {
    const View<T> gates = steps.at(gates_, t, 3 * units_);
    const View<T> products = steps.one(products_, 3 * units_);
    const View<T> reset_h = steps.at(reset_h_, t, units_);
    const View<T> h = unrolled_.h(steps, t - 1);
    unrolled_.recur(steps, params, t, nullptr, products);
    for (Index e = 0; e < steps.examples; ++e) {
      T* z = gates.row(e);
      const T* r = z + units_;
      for (Index i = 0; i < 2 * units_; ++i) z[i] += products(e, i);
      kernels::sigmoid<T>(z, z, 2 * units_);
      for (Index u = 0; u < units_; ++u) reset_h(e, u) = r[u] * h(e, u);
    }
    kernels::product<T>(reset_h, unrolled_.recurrent_kernel(params), nullptr, products);
    for (Index e = 0; e < steps.examples; ++e) {
      T* h_new = gates.row(e) + 2 * units_;
      for (Index u = 0; u < units_; ++u) h_new[u] += products(e, 2 * units_ + u);
      kernels::tanh<T>(h_new, h_new, units_);
      mix_states(gates.row(e), h.row(e), h_new, unrolled_.h(steps, t).row(e), units_);
    }
    unrolled_.carry_h(steps, t);
  }

  void step_back(const Steps<T>& steps, const T* params, Index t) const {
    const View<T> gates = steps.at(gates_, t, 3 * units_);
    const View<T> dgates = steps.at(dgates_, t, 3 * units_);
    const View<T> products = steps.one(products_, 3 * units_);
    const View<T> ds = steps.one(ds_, units_);
    const View<T> h = unrolled_.h(steps, t - 1);
    const View<T> dh = unrolled_.dh(steps);
    for (Index e = 0; e < steps.examples; ++e) {
      T* da_h = dgates.row(e) + 2 * units_;
      mix_states_backward(gates.row(e), h.row(e), gates.row(e) + 2 * units_, dh.row(e), dgates.row(e), da_h, units_);
      std::fill_n(products.row(e), 2 * units_, T{0});
      std::copy_n(da_h, units_, products.row(e) + 2 * units_);
    }
    kernels::product_input_gradient<T>(products, unrolled_.recurrent_kernel(params), ds);
    for (Index e = 0; e < steps.examples; ++e) {
      const T* r = gates.row(e) + units_;
      T* da_r = dgates.row(e) + units_;
      for (Index u = 0; u < units_; ++u) da_r[u] = ds(e, u) * h(e, u) * (r[u] * (T{1} - r[u]));
      std::copy_n(dgates.row(e), 2 * units_, products.row(e));
      std::fill_n(products.row(e) + 2 * units_, units_, T{0});
    }
    unrolled_.clear_ended(steps, t, dgates);
    const ConstView<T> dh_before = unrolled_.state_gradient(steps, params, products);
    for (Index e = 0; e < steps.examples; ++e) {
      if (!steps.is_valid(e, t)) continue;
      const T* z = gates.row(e);
      const T* r = z + units_;
      for (Index u = 0; u < units_; ++u) dh(e, u) = dh(e, u) * z[u] + ds(e, u) * r[u] + dh_before(e, u);
    }
  }

  Unrolled<T> unrolled_;
  Index units_;
  ParamId bias_;           // its size is 0 without a bias
  CacheId gates_;          // (time, examples, 3 units): z, r, h_new
  CacheId dgates_;         // (time, examples, 3 units): the gradients of the arguments of the gates' functions
  CacheId reset_h_;        // (time, examples, units): r h_{t-1}
  CacheId ds_;             // (examples, units): the gradient of r h_{t-1} in one step
  CacheId products_;       // (examples, 3 units): a factor or a result of the products of one step
  CacheId reset_dkernel_;  // (units, 3 units): the gradient of recurrent_kernel by way of r h_{t-1}
};

}  // namespace

template <class T>
std::unique_ptr<const Layer<T>> make_gru_reset_before(const RecurrentOptions& options, Blueprint& blueprint) {
  return std::make_unique<GruResetBefore<T>>(options, blueprint);
}
template std::unique_ptr<const Layer<float>> make_gru_reset_before(const RecurrentOptions&, Blueprint&);
template std::unique_ptr<const Layer<double>> make_gru_reset_before(const RecurrentOptions&, Blueprint&);

}  // namespace normrun::nn::layers
