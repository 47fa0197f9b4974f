#pragma once

#include "core/matrix.hpp"

/// The element-wise parts of the recurrent layers, every row an example: see layers/lstm.cpp and layers/gru.cpp for what they
/// belong to.  The operations of each number are those written here, in this order, on every instruction set.
namespace normrun::nn::kernels {

/// y = y + x, count numbers.
template <class T>
void add(const T* x, T* y, Index count);

/// gates: (rows, 4 units), a_i a_f a_c a_o on the way in, i f g o on the way out; added: (rows, 4 units); c: (rows, units).
///   i, f, o = sigmoid(a + added),  g = tanh(a + added),  c = fma(f, c_before, i g)
template <class T>
void lstm_gates(ConstView<T> added, ConstView<T> c_before, View<T> gates, View<T> c);
/// tanh_c = tanh(state),  h = o tanh_c; tanh_c may be state.
template <class T>
void lstm_output(ConstView<T> gates, ConstView<T> state, View<T> tanh_c, View<T> h);
/// dstate = (dh o) (1 - tanh_c^2)
template <class T>
void lstm_output_backward(ConstView<T> gates, ConstView<T> tanh_c, ConstView<T> dh, View<T> dstate);
/// dgates: (rows, 4 units), of a.  With s = dc + dc_part and dc = s f on the way out:
///   (s g) (i (1 - i)),  (s c_before) (f (1 - f)),  (s i) (1 - g^2),  (dh tanh_c) (o (1 - o))
template <class T>
void lstm_gates_backward(ConstView<T> gates, ConstView<T> c_before, ConstView<T> tanh_c, ConstView<T> dh, ConstView<T> dc_part, View<T> dc,
                         View<T> dgates);

/// The norms inside an LSTM.
template <class T>
struct NormalizedLstm {
  T epsilon;
  const T* input_gamma;  // (4 units)
  const T* recurrent_gamma;
  const T* shift;        // (4 units): what is added to a
  const T* state_gamma;  // (units)
  const T* state_beta;
};

/// What one step computes and keeps.
template <class T>
struct NormalizedLstmStep {
  View<T> projected;     // (rows, 4 units): x_t kernel, normalized in place
  T* projected_inv_std;  // (rows)
  View<T> recurred;      // (rows, 4 units): h_{t-1} recurrent_kernel, likewise
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
template <class T>
struct NormalizedLstmGradients {
  View<T> dgates;      // (rows, 4 units): of a
  View<T> dprojected;  // (rows, 4 units): of x_t kernel
  View<T> drecurred;   // (rows, 4 units): of h_{t-1} recurrent_kernel
  View<T> dstate;      // (rows, units): of what tanh takes
  View<T> dc_part;     // (rows, units): of c, as far as it comes through h
  NormalizedLstmGradients slice(Index first, Index count) const {
    const auto some = [&](View<T> rows) { return rows.slice(first, count); };
    return {some(dgates), some(dprojected), some(drecurred), some(dstate), some(dc_part)};
  }
};

/// As lstm_gates and lstm_output, but a = fma(input_gamma, projected, shift) + recurrent_gamma recurred and tanh_c = tanh(fma(state_gamma,
/// c_hat, state_beta)); the means and variances are row_moments.
template <class T>
void normalized_lstm_step(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, View<T> h);
/// lstm_output_backward, normalize_rows_backward to dc_part, lstm_gates_backward, normalize_rows_backward to dprojected and drecurred.
template <class T>
void normalized_lstm_step_backward(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, ConstView<T> dh, View<T> dc,
                                   const NormalizedLstmGradients<T>& to);

/// gates: (rows, 3 units), p_z p_r p_h on the way in, z r n on the way out; q: (rows, 3 units); h: (rows, units).
///   z, r = sigmoid(p + q),  n = tanh(fma(r, q_h, p_h)),  h = fma(z, h_before, (1 - z) n)
template <class T>
void gru_gates(ConstView<T> q, ConstView<T> h_before, View<T> gates, View<T> h);
/// dp, dq: (rows, 3 units); dh = dh z on the way out.
///   dp_z = dq_z = (dh (h_before - n)) (z (1 - z)),  dp_h = (dh (1 - z)) (1 - n^2),
///   dp_r = dq_r = (dp_h q_h) (r (1 - r)),  dq_h = dp_h r
template <class T>
void gru_gates_backward(ConstView<T> gates, ConstView<T> q, ConstView<T> h_before, View<T> dh, View<T> dp, View<T> dq);

}  // namespace normrun::nn::kernels
