#pragma once

#include "core/matrix.hpp"

/// The element-wise operations of the recurrent layers; each row is one example.  layers/lstm.cpp and layers/gru.cpp have the formulas they
/// belong to.  Each number is computed by the operations written here, in this order, on every instruction set.
namespace normrun::nn::kernels {

/// y = y + x, `count` numbers.
template <class T>
void add(const T* x, T* y, Index count);

/// gates: (rows, 4 units), which hold a_i a_f a_c a_o before the call and i f g o after it; added: (rows, 4 units); c: (rows, units).
///   i, f, o = sigmoid(a + added),  g = tanh(a + added),  c = fma(f, c_before, i g)
template <class T>
void lstm_gates(ConstView<T> added, ConstView<T> c_before, View<T> gates, View<T> c);
/// tanh_c = tanh(state),  h = o tanh_c; tanh_c may be state.
template <class T>
void lstm_output(ConstView<T> gates, ConstView<T> state, View<T> tanh_c, View<T> h);
/// dstate = (dh o) (1 - tanh_c^2)
template <class T>
void lstm_output_backward(ConstView<T> gates, ConstView<T> tanh_c, ConstView<T> dh, View<T> dstate);
/// What a step of the forward pass leaves: gates (rows, 4 units), i f g o; c_before and tanh_c (rows, units).
template <class T>
struct LstmStep {
  ConstView<T> gates, c_before, tanh_c;
};
/// dgates: (rows, 4 units), the gradients of a_i a_f a_c a_o; dc_through_h: the gradient of c by way of h.
/// With s = dc + dc_through_h, dc becomes s f, and dgates is
///   (s g) (i (1 - i)),  (s c_before) (f (1 - f)),  (s i) (1 - g^2),  (dh tanh_c) (o (1 - o))
template <class T>
void lstm_gates_backward(const LstmStep<T>& step, ConstView<T> dh, ConstView<T> dc_through_h, View<T> dc, View<T> dgates);

/// The normalizations inside an LSTM.
template <class T>
struct NormalizedLstm {
  T epsilon;
  const T* input_gamma;  // (4 units)
  const T* recurrent_gamma;
  const T* shift;        // (4 units), added to a
  const T* state_gamma;  // (units)
  const T* state_beta;
};

/// What one step of the normalized LSTM computes and keeps.
template <class T>
struct NormalizedLstmStep {
  View<T> projected;     // (rows, 4 units): x_t kernel, normalized in place
  T* projected_inv_std;  // (rows)
  View<T> recurred;      // (rows, 4 units): h_{t-1} recurrent_kernel, normalized in place
  T* recurred_inv_std;
  View<T> gates;  // (rows, 4 units): i f g o
  ConstView<T> c_before;
  View<T> c;  // (rows, units) each
  View<T> c_hat;
  T* c_inv_std;  // (rows)
  View<T> tanh_c;
  NormalizedLstmStep slice(Index first, Index count) const {
    const auto some = [&](auto rows) { return rows.slice(first, count); };
    return {some(projected), projected_inv_std + first, some(recurred), recurred_inv_std + first, some(gates), some(c_before), some(c),
            some(c_hat),     c_inv_std + first,         some(tanh_c)};
  }
};
/// The gradients of one step of the normalized LSTM.
template <class T>
struct NormalizedLstmGradients {
  View<T> dgates;        // (rows, 4 units): of a
  View<T> dprojected;    // (rows, 4 units): of x_t kernel
  View<T> drecurred;     // (rows, 4 units): of h_{t-1} recurrent_kernel
  View<T> dstate;        // (rows, units): of the argument of tanh
  View<T> dc_through_h;  // (rows, units): of c by way of h
  NormalizedLstmGradients slice(Index first, Index count) const {
    const auto some = [&](View<T> rows) { return rows.slice(first, count); };
    return {some(dgates), some(dprojected), some(drecurred), some(dstate), some(dc_through_h)};
  }
};

/// As lstm_gates and lstm_output, but a = fma(input_gamma, projected, shift) + recurrent_gamma recurred and
/// tanh_c = tanh(fma(state_gamma, c_hat, state_beta)).  row_moments gives the means and variances.
template <class T>
void normalized_lstm_step(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, View<T> h);
/// In this order: lstm_output_backward, normalize_rows_backward to dc_through_h, lstm_gates_backward, and normalize_rows_backward to
/// dprojected and drecurred.
template <class T>
void normalized_lstm_step_backward(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, ConstView<T> dh, View<T> dc,
                                   const NormalizedLstmGradients<T>& to);

/// gates: (rows, 3 units), which hold p_z p_r p_h before the call and z r n after it; q: (rows, 3 units); h: (rows, units).
///   z, r = sigmoid(p + q),  n = tanh(fma(r, q_h, p_h)),  h = fma(z, h_before, (1 - z) n)
template <class T>
void gru_gates(ConstView<T> q, ConstView<T> h_before, View<T> gates, View<T> h);
/// dp, dq: (rows, 3 units).  dh becomes dh z, and with the dh before the call
///   dp_z = dq_z = (dh (h_before - n)) (z (1 - z)),  dp_h = (dh (1 - z)) (1 - n^2),
///   dp_r = dq_r = (dp_h q_h) (r (1 - r)),  dq_h = dp_h r
template <class T>
void gru_gates_backward(ConstView<T> gates, ConstView<T> q, ConstView<T> h_before, View<T> dh, View<T> dp, View<T> dq);

}  // namespace normrun::nn::kernels
