#pragma once

#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/kernels/pooling.hpp"
#include "nn/kernels/windows.hpp"

namespace normrun::nn::kernels {

/// Some of the inputs or outputs of a product, which a call computes; others may be another thread's.
struct Range {
  Index begin, end;
  Index size() const { return end - begin; }
};

/// Of a batch: so few that an update takes w row by row and needs no copy of dy; more take the same time either way, or less by blocks.
inline constexpr Index kFewRows = 8;

/// One implementation of every kernel; kernels.hpp, repeated_products.hpp, windows.hpp, pooling.hpp and cells.hpp tell what each computes.
template <class T>
struct Table {
  void (*product)(ConstView<T> x, ConstView<T> w, const T* bias, View<T> y, Range outputs);
  void (*product_weight_gradient)(ConstView<T> x, ConstView<T> dy, View<T> dw, Range inputs);
  void (*product_input_gradient)(ConstView<T> dy, ConstView<T> w, View<T> dx, Range inputs);

  void (*pack)(ConstView<T> w, T* packed);
  void (*pack_transposed)(ConstView<T> w, T* packed);
  void (*continue_weight_gradient)(ConstView<T> x, ConstView<T> dy, View<T> dw, Range inputs);
  void (*product_by_packed)(ConstView<T> x, const T* packed, const T* bias, View<T> y, Range outputs);

  void (*product_of_windows)(const Windows<T>& x, ConstView<T> w, const T* bias, View<T> y);
  void (*product_of_windows_weight_gradient)(const Windows<T>& x, ConstView<T> dy, View<T> dw);

  void (*pool_largest)(const PooledLine& line, const T* x, T* y);
  void (*pool_largest_backward)(const PooledLine& line, const T* x, const T* y, const T* dy, T* dx);
  void (*pool_mean)(const PooledLine& line, const T* x, T* y);
  void (*pool_mean_backward)(const PooledLine& line, const T* dy, T* dx);

  void (*column_sums)(ConstView<T> x, T* sums);
  void (*add_column_sums)(ConstView<T> x, Index first_row, T* running);
  void (*finish_column_sums)(T* running, Index channels, T* sums);
  void (*column_moments)(ConstView<T> x, T* mean, T* variance);
  void (*column_dots)(ConstView<T> a, ConstView<T> b, T* sums);
  void (*add_sums_and_dots)(ConstView<T> dy, ConstView<T> a, ConstView<T> b, Index first_row, T* running);
  void (*finish_sums_and_dots)(T* running, Index channels, T* sums, T* dots_a, T* dots_b);
  void (*row_moments)(ConstView<T> x, T* mean, T* variance);

  void (*inverse_std)(const T* variance, T epsilon, T* inv_std, Index count);
  void (*normalize_columns)(const NormalizedColumns<T>& x_hat, const T* gamma, const T* beta, View<T> y);
  void (*normalize_rows)(ConstView<T> x, const T* mean, const T* inv_std, const T* gamma, const T* beta, T* x_hat, View<T> y);
  void (*standardize_rows)(ConstView<T> x, T epsilon, const T* gamma, const T* beta, T* inv_std, T* x_hat, View<T> y);
  void (*column_gradient_sums)(const NormalizedColumns<T>& x_hat, ConstView<T> dy, T* sum_dy, T* sum_dy_x_hat);
  void (*normalize_columns_backward)(const NormalizedColumns<T>& x_hat, ConstView<T> dy, const T* gamma, const GradientSums<T>& sums,
                                     View<T> dx);
  void (*normalize_rows_backward)(ConstView<T> x_hat, ConstView<T> dy, const T* gamma, const T* inv_std, View<T> dx);

  void (*relu)(const T* x, T* y, Index count);
  void (*relu_backward)(const T* y, const T* dy, T* dx, Index count);
  void (*tanh)(const T* x, T* y, Index count);
  void (*tanh_backward)(const T* y, const T* dy, T* dx, Index count);
  void (*sigmoid)(const T* x, T* y, Index count);
  void (*sigmoid_backward)(const T* y, const T* dy, T* dx, Index count);
  void (*exp)(const T* x, T* y, Index count);
  void (*scale)(const T* x, T factor, T* y, Index count);
  void (*scale_columns)(ConstView<T> x, const T* factor, View<T> y);
  void (*blend)(T momentum, const T* fresh, T* old, Index count);

  double (*squared_errors)(const T* z, const T* t, double scale, T* dz, Index count);

  void (*add)(const T* x, T* y, Index count);
  void (*lstm_gates)(ConstView<T> added, ConstView<T> c_before, View<T> gates, View<T> c);
  void (*lstm_output)(ConstView<T> gates, ConstView<T> state, View<T> tanh_c, View<T> h);
  void (*lstm_output_backward)(ConstView<T> gates, ConstView<T> tanh_c, ConstView<T> dh, View<T> dstate);
  void (*lstm_gates_backward)(ConstView<T> gates, ConstView<T> c_before, ConstView<T> tanh_c, ConstView<T> dh, ConstView<T> dc_part,
                              View<T> dc, View<T> dgates);
  void (*normalized_lstm_step)(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, View<T> h);
  void (*normalized_lstm_step_backward)(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, ConstView<T> dh, View<T> dc,
                                        const NormalizedLstmGradients<T>& to);
  void (*gru_gates)(ConstView<T> q, ConstView<T> h_before, View<T> gates, View<T> h);
  void (*gru_gates_backward)(ConstView<T> gates, ConstView<T> q, ConstView<T> h_before, View<T> dh, View<T> dp, View<T> dq);

  void (*sgd_update)(T* w, const T* g, T learning_rate, Index count);
  void (*momentum_update_keras)(T* w, const T* g, T* v, T learning_rate, T momentum, Momentum kind, Index count);
  void (*momentum_update_torch)(T* w, const T* g, T* v, T learning_rate, T momentum, Momentum kind, Index count);
  void (*adam_update)(const AdamStep<T>& by, const T* g, T* w, T* m, T* v, Index count);
  void (*adam_update_product)(const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, T* w, T* m, T* v, Range inputs);
  void (*rmsprop_update)(T* w, const T* g, T* v, T learning_rate, T rho, T epsilon, EpsilonPlace place, Index count);
};

/// The implementation of the path in use.
template <class T>
const Table<T>& table_in_use();

/// The readable reference: one scalar at a time, every order written out.
template <class T>
const Table<T>& reference_table();

/// The vector implementations; null where this build has none (other than x86-64).  They need the processor's support.
template <class T>
const Table<T>* avx2_table();
template <class T>
const Table<T>* avx512_table();

}  // namespace normrun::nn::kernels
