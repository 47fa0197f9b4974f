#pragma once

#include <cmath>

#include "core/elementary.hpp"
#include "nn/kernels/cells.hpp"
#include "nn/kernels/reference_elementwise.hpp"
#include "nn/kernels/reference_normalize.hpp"
#include "nn/kernels/reference_statistics.hpp"

/// The references of the recurrent cells: cells.hpp says what each computes.
namespace normrun::nn::kernels::reference {

template <class T>
void add(const T* x, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] += x[i];
}

template <class T>
T sigmoid_slope(T y) {
  return y * (T{1} - y);
}
template <class T>
T tanh_slope(T y) {
  return std::fma(-y, y, T{1});
}

/// Turns a into i, f, g, o, in place, and computes c.
template <class T>
void lstm_functions(View<T> gates, ConstView<T> c_before, View<T> c) {
  const Index units = c.cols;
  for (Index r = 0; r < c.rows; ++r) {
    for (Index u = 0; u < units; ++u) {
      const auto gate = [&](Index k) -> T& { return gates(r, k * units + u); };
      for (const Index k : {0, 1, 3}) gate(k) = math::sigmoid(gate(k));
      gate(2) = math::tanh(gate(2));
      c(r, u) = std::fma(gate(1), c_before(r, u), gate(0) * gate(2));
    }
  }
}

template <class T>
void lstm_gates(ConstView<T> added, ConstView<T> c_before, View<T> gates, View<T> c) {
  add(added.data, gates.data, gates.size());
  lstm_functions(gates, c_before, c);
}

template <class T>
void lstm_output(ConstView<T> gates, ConstView<T> state, View<T> tanh_c, View<T> h) {
  for (Index r = 0; r < h.rows; ++r) {
    for (Index u = 0; u < h.cols; ++u) {
      tanh_c(r, u) = math::tanh(state(r, u));
      h(r, u) = gates(r, 3 * h.cols + u) * tanh_c(r, u);
    }
  }
}

template <class T>
void lstm_output_backward(ConstView<T> gates, ConstView<T> tanh_c, ConstView<T> dh, View<T> dstate) {
  for (Index r = 0; r < dh.rows; ++r) {
    for (Index u = 0; u < dh.cols; ++u) dstate(r, u) = (dh(r, u) * gates(r, 3 * dh.cols + u)) * tanh_slope(tanh_c(r, u));
  }
}

template <class T>
void lstm_gates_backward(const LstmStep<T>& step, ConstView<T> dh, ConstView<T> dc_through_h, View<T> dc, View<T> dgates) {
  const auto& [gates, c_before, tanh_c] = step;
  const Index units = dc.cols;
  for (Index r = 0; r < dc.rows; ++r) {
    for (Index u = 0; u < units; ++u) {
      const T s = dc(r, u) + dc_through_h(r, u);
      const T i = gates(r, u);
      const T f = gates(r, units + u);
      const T g = gates(r, 2 * units + u);
      const T o = gates(r, 3 * units + u);
      dgates(r, u) = (s * g) * sigmoid_slope(i);
      dgates(r, units + u) = (s * c_before(r, u)) * sigmoid_slope(f);
      dgates(r, 2 * units + u) = (s * i) * tanh_slope(g);
      dgates(r, 3 * units + u) = (dh(r, u) * tanh_c(r, u)) * sigmoid_slope(o);
      dc(r, u) = s * f;
    }
  }
}

template <class T>
void gru_gates(ConstView<T> q, ConstView<T> h_before, View<T> gates, View<T> h) {
  const Index units = h.cols;
  for (Index row = 0; row < h.rows; ++row) {
    for (Index u = 0; u < units; ++u) {
      const T z = math::sigmoid(gates(row, u) + q(row, u));
      const T r = math::sigmoid(gates(row, units + u) + q(row, units + u));
      const T n = math::tanh(std::fma(r, q(row, 2 * units + u), gates(row, 2 * units + u)));
      gates(row, u) = z;
      gates(row, units + u) = r;
      gates(row, 2 * units + u) = n;
      h(row, u) = std::fma(z, h_before(row, u), (T{1} - z) * n);
    }
  }
}

template <class T>
void gru_gates_backward(ConstView<T> gates, ConstView<T> q, ConstView<T> h_before, View<T> dh, View<T> dp, View<T> dq) {
  const Index units = dh.cols;
  for (Index row = 0; row < dh.rows; ++row) {
    for (Index u = 0; u < units; ++u) {
      const T z = gates(row, u);
      const T r = gates(row, units + u);
      const T n = gates(row, 2 * units + u);
      const T da_z = (dh(row, u) * (h_before(row, u) - n)) * sigmoid_slope(z);
      const T da_h = (dh(row, u) * (T{1} - z)) * tanh_slope(n);
      const T da_r = (da_h * q(row, 2 * units + u)) * sigmoid_slope(r);
      dp(row, u) = dq(row, u) = da_z;
      dp(row, units + u) = dq(row, units + u) = da_r;
      dp(row, 2 * units + u) = da_h;
      dq(row, 2 * units + u) = da_h * r;
      dh(row, u) *= z;
    }
  }
}

/// Normalizes each row by its own mean and variance, in place.
template <class T>
void standardize_in_place(View<T> z, T epsilon, T* inv_std) {
  for (Index r = 0; r < z.rows; ++r) {
    T mean = 0;
    row_moments<T>(z.slice(r, 1), &mean, inv_std + r);
    inverse_std(inv_std + r, epsilon, inv_std + r, 1);
    for (T& number : z.slice(r, 1)) number = (number - mean) * inv_std[r];
  }
}

template <class T>
void normalized_lstm_step(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, View<T> h) {
  standardize_in_place(step.projected, by.epsilon, step.projected_inv_std);
  standardize_in_place(step.recurred, by.epsilon, step.recurred_inv_std);
  for (Index r = 0; r < h.rows; ++r) {
    for (Index i = 0; i < step.gates.cols; ++i) {
      step.gates(r, i) = std::fma(by.input_gamma[i], step.projected(r, i), by.shift[i]) + by.recurrent_gamma[i] * step.recurred(r, i);
    }
  }
  lstm_functions(step.gates, step.c_before, step.c);
  standardize_rows<T>(step.c, by.epsilon, {by.state_gamma, by.state_beta}, step.c_inv_std, step.c_hat.data, step.tanh_c);
  lstm_output<T>(step.gates, step.tanh_c, step.tanh_c, h);
}

template <class T>
void normalized_lstm_step_backward(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, ConstView<T> dh, View<T> dc,
                                   const NormalizedLstmGradients<T>& to) {
  lstm_output_backward<T>(step.gates, step.tanh_c, dh, to.dstate);
  normalize_rows_backward<T>(step.c_hat, to.dstate, by.state_gamma, step.c_inv_std, to.dc_through_h);
  lstm_gates_backward<T>({step.gates, step.c_before, step.tanh_c}, dh, to.dc_through_h, dc, to.dgates);
  normalize_rows_backward<T>(step.projected, to.dgates, by.input_gamma, step.projected_inv_std, to.dprojected);
  normalize_rows_backward<T>(step.recurred, to.dgates, by.recurrent_gamma, step.recurred_inv_std, to.drecurred);
}

}  // namespace normrun::nn::kernels::reference
