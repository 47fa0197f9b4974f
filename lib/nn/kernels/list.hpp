#pragma once

/// The list of all kernels.  Code that needs each of them is generated from this list: the members of Table (table.hpp), the tables of the
/// reference (reference.cpp) and of the vector paths (vector.cpp), and the public functions that call the table in use (kernels.cpp).
///
/// A line is KERNEL(result, name, (parameters), (arguments)) over the scalar T.  The headers declare each kernel with its formula and its
/// order of operations; the files reference_*.hpp implement it readably, and the files *-inl.hpp with vectors.

/// Kernels whose public function only calls the table in use.
#define NORMRUN_KERNELS(KERNEL, T)                                                                                                         \
  /* Matrices that are packed for many products: repeated_products.hpp */                                                                  \
  KERNEL(void, pack, (ConstView<T> w, T * packed), (w, packed))                                                                            \
  KERNEL(void, pack_transposed, (ConstView<T> w, T * packed), (w, packed))                                                                 \
  /* Products of the windows of an image: windows.hpp */                                                                                   \
  KERNEL(void, product_of_windows, (const Windows<T>& x, ConstView<T> w, const T* bias, View<T> y), (x, w, bias, y))                       \
  KERNEL(void, product_of_windows_weight_gradient, (const Windows<T>& x, ConstView<T> dy, View<T> dw, Sums sums), (x, dy, dw, sums))       \
  KERNEL(void, pack_cell_matrix, (ConstView<T> w, T * packed), (w, packed))                                                                \
  KERNEL(void, sum_of_cell_products, (const Windows<T>& x, const CellMatrices<T>& w, const Places<T>& y), (x, w, y))                       \
  KERNEL(void, depthwise, (const Windows<T>& x, const CellMatrices<T>& w, const T* bias, const Places<T>& y), (x, w, bias, y))             \
  KERNEL(void, depthwise_weight_gradient, (const Windows<T>& x, ConstView<T> dy, View<T> dw), (x, dy, dw))                                 \
  KERNEL(void, depthwise_input_gradient, (const Windows<T>& x, ConstView<T> dy, ConstView<T> w, T* dx), (x, dy, w, dx))                    \
  /* Convolutions by fewer multiplications: winograd.hpp */                                                                                \
  KERNEL(void, winograd_image, (const LineConvolution& of, const T* x, Index valid, T* points), (of, x, valid, points))                    \
  KERNEL(void, winograd_kernel, (const LineConvolution& of, const T* w, T* packed), (of, w, packed))                                       \
  KERNEL(void, winograd_turned_kernel, (const LineConvolution& of, const T* w, T* packed), (of, w, packed))                                \
  KERNEL(void, winograd_product, (const LineConvolution& of, const T* image, const T* packed, const T* bias, T* y),                        \
         (of, image, packed, bias, y))                                                                                                     \
  KERNEL(void, winograd_gradient, (const LineConvolution& of, const T* dy, T* points), (of, dy, points))                                   \
  KERNEL(void, winograd_kernel_gradient, (const LineConvolution& of, const T* sums, T* dw), (of, sums, dw))                                \
  /* Pooling: pooling.hpp */                                                                                                               \
  KERNEL(void, pool_largest, (const PooledLine& line, const T* x, T* y), (line, x, y))                                                     \
  KERNEL(void, pool_largest_backward, (const PooledLine& line, const T* x, const T* y, const T* dy, T* dx), (line, x, y, dy, dx))          \
  KERNEL(void, pool_mean, (const PooledLine& line, const T* x, T* y), (line, x, y))                                                        \
  KERNEL(void, pool_mean_backward, (const PooledLine& line, const T* dy, T* dx), (line, dy, dx))                                           \
  /* Statistics: kernels.hpp, as all that follows up to the cells */                                                                       \
  KERNEL(void, column_sums, (ConstView<T> x, T * sums), (x, sums))                                                                         \
  KERNEL(void, add_column_sums, (ConstView<T> x, Index first_row, T * running), (x, first_row, running))                                   \
  KERNEL(void, finish_column_sums, (T * running, Index channels, T * sums), (running, channels, sums))                                     \
  KERNEL(void, column_moments, (ConstView<T> x, T * mean, T * variance), (x, mean, variance))                                              \
  KERNEL(void, column_dots, (ConstView<T> a, ConstView<T> b, T * sums), (a, b, sums))                                                      \
  KERNEL(void, add_sums_and_dots, (ConstView<T> dy, ConstView<T> a, ConstView<T> b, Index first_row, T * running),                         \
         (dy, a, b, first_row, running))                                                                                                   \
  KERNEL(void, finish_sums_and_dots, (T * running, Index channels, T * sums, T * dots_a, T * dots_b),                                      \
         (running, channels, sums, dots_a, dots_b))                                                                                        \
  KERNEL(void, row_moments, (ConstView<T> x, T * mean, T * variance), (x, mean, variance))                                                 \
  /* Normalizations */                                                                                                                     \
  KERNEL(void, inverse_std, (const T* variance, T epsilon, T* inv_std, Index count), (variance, epsilon, inv_std, count))                  \
  KERNEL(void, normalize_columns, (const NormalizedColumns<T>& x_hat, ScaleAndShift<T> by, View<T> y), (x_hat, by, y))                     \
  KERNEL(void, normalize_rows, (const NormalizedRows<T>& x_hat, ScaleAndShift<T> by, T* kept, View<T> y), (x_hat, by, kept, y))            \
  KERNEL(void, standardize_rows, (ConstView<T> x, T epsilon, ScaleAndShift<T> by, T * inv_std, T * x_hat, View<T> y),                      \
         (x, epsilon, by, inv_std, x_hat, y))                                                                                              \
  KERNEL(void, column_gradient_sums, (const NormalizedColumns<T>& x_hat, ConstView<T> dy, T* sum_dy, T* sum_dy_x_hat),                     \
         (x_hat, dy, sum_dy, sum_dy_x_hat))                                                                                                \
  KERNEL(void, normalize_columns_backward,                                                                                                 \
         (const NormalizedColumns<T>& x_hat, ConstView<T> dy, const T* gamma, const GradientSums<T>& sums, View<T> dx),                    \
         (x_hat, dy, gamma, sums, dx))                                                                                                     \
  KERNEL(void, normalize_rows_backward, (ConstView<T> x_hat, ConstView<T> dy, const T* gamma, const T* inv_std, View<T> dx),               \
         (x_hat, dy, gamma, inv_std, dx))                                                                                                  \
  /* Element by element */                                                                                                                 \
  KERNEL(void, relu, (const T* x, T* y, Index count), (x, y, count))                                                                       \
  KERNEL(void, relu_backward, (const T* y, const T* dy, T* dx, Index count), (y, dy, dx, count))                                           \
  KERNEL(void, tanh, (const T* x, T* y, Index count), (x, y, count))                                                                       \
  KERNEL(void, tanh_backward, (const T* y, const T* dy, T* dx, Index count), (y, dy, dx, count))                                           \
  KERNEL(void, sigmoid, (const T* x, T* y, Index count), (x, y, count))                                                                    \
  KERNEL(void, sigmoid_backward, (const T* y, const T* dy, T* dx, Index count), (y, dy, dx, count))                                        \
  KERNEL(void, exp, (const T* x, T* y, Index count), (x, y, count))                                                                        \
  KERNEL(void, scale, (const T* x, T factor, T* y, Index count), (x, factor, y, count))                                                    \
  KERNEL(void, scale_columns, (ConstView<T> x, const T* factor, View<T> y), (x, factor, y))                                                \
  KERNEL(void, blend, (T momentum, const T* fresh, T* old, Index count), (momentum, fresh, old, count))                                    \
  KERNEL(double, squared_errors, (const T* z, const T* t, double scale, T* dz, Index count), (z, t, scale, dz, count))                     \
  /* Activations: activations.hpp */                                                                                                       \
  KERNEL(void, leaky_relu, (const T* x, T slope, T* y, Index count), (x, slope, y, count))                                                 \
  KERNEL(void, leaky_relu_backward, (const T* y, const T* dy, T slope, T* dx, Index count), (y, dy, slope, dx, count))                     \
  KERNEL(void, prelu, (ConstView<T> x, const T* slope, View<T> y), (x, slope, y))                                                          \
  KERNEL(void, prelu_backward, (ConstView<T> x, ConstView<T> dy, const T* slope, View<T> dx), (x, dy, slope, dx))                          \
  KERNEL(void, elu, (const T* x, T alpha, T* y, Index count), (x, alpha, y, count))                                                        \
  KERNEL(void, elu_backward, (const T* y, const T* dy, T alpha, T* dx, Index count), (y, dy, alpha, dx, count))                            \
  KERNEL(void, relu6, (const T* x, T* y, Index count), (x, y, count))                                                                      \
  KERNEL(void, relu6_backward, (const T* y, const T* dy, T* dx, Index count), (y, dy, dx, count))                                          \
  KERNEL(void, hard_sigmoid, (const T* x, T slope, T* y, Index count), (x, slope, y, count))                                               \
  KERNEL(void, hard_sigmoid_backward, (const T* y, const T* dy, T slope, T* dx, Index count), (y, dy, slope, dx, count))                   \
  KERNEL(void, hard_swish, (const T* x, T* y, Index count), (x, y, count))                                                                 \
  KERNEL(void, hard_swish_backward, (const T* x, const T* dy, T* dx, Index count), (x, dy, dx, count))                                     \
  KERNEL(void, softplus, (const T* x, T beta, T* y, Index count), (x, beta, y, count))                                                     \
  KERNEL(void, softplus_backward, (const T* y, const T* dy, T beta, T* dx, Index count), (y, dy, beta, dx, count))                         \
  KERNEL(void, silu, (const T* x, T* y, Index count), (x, y, count))                                                                       \
  KERNEL(void, silu_backward, (const T* x, const T* dy, T* dx, Index count), (x, dy, dx, count))                                           \
  KERNEL(void, gelu, (const T* x, T* y, Index count), (x, y, count))                                                                       \
  KERNEL(void, gelu_backward, (const T* x, const T* dy, T* dx, Index count), (x, dy, dx, count))                                           \
  KERNEL(void, gelu_tanh, (const T* x, T* y, Index count), (x, y, count))                                                                  \
  KERNEL(void, gelu_tanh_backward, (const T* x, const T* dy, T* dx, Index count), (x, dy, dx, count))                                      \
  /* Optimizer updates */                                                                                                                  \
  KERNEL(void, sgd_update, (T * w, const T* g, T learning_rate, Index count), (w, g, learning_rate, count))                                \
  KERNEL(void, momentum_update_keras, (const MomentumStep<T>& by, const T* g, T* w, T* v, Index count), (by, g, w, v, count))              \
  KERNEL(void, momentum_update_torch, (const MomentumStep<T>& by, const T* g, T* w, T* v, Index count), (by, g, w, v, count))              \
  KERNEL(void, rmsprop_update, (const RmspropStep<T>& by, const T* g, T* w, T* v, Index count), (by, g, w, v, count))                      \
  KERNEL(void, adam_update, (const AdamStep<T>& by, const T* g, const AdamBuffers<T>& to, Index count), (by, g, to, count))                \
  /* Attention: attention.hpp */                                                                                                           \
  KERNEL(void, attend, (const AttentionHead<T>& head, T* weights, Columns<T> y), (head, weights, y))                                       \
  KERNEL(void, attend_backward,                                                                                                            \
         (const AttentionHead<T>& head, Columns<const T> dy, T* weights, T* dweights, const AttentionGradients<T>& to),                    \
         (head, dy, weights, dweights, to))                                                                                                \
  /* Cells of recurrent layers: cells.hpp */                                                                                               \
  KERNEL(void, add, (const T* x, T* y, Index count), (x, y, count))                                                                        \
  KERNEL(void, lstm_gates, (ConstView<T> added, ConstView<T> c_before, View<T> gates, View<T> c), (added, c_before, gates, c))             \
  KERNEL(void, lstm_output, (ConstView<T> gates, ConstView<T> state, View<T> tanh_c, View<T> h), (gates, state, tanh_c, h))                \
  KERNEL(void, lstm_output_backward, (ConstView<T> gates, ConstView<T> tanh_c, ConstView<T> dh, View<T> dstate),                           \
         (gates, tanh_c, dh, dstate))                                                                                                      \
  KERNEL(void, lstm_gates_backward, (const LstmStep<T>& step, ConstView<T> dh, ConstView<T> dc_through_h, View<T> dc, View<T> dgates),     \
         (step, dh, dc_through_h, dc, dgates))                                                                                             \
  KERNEL(void, normalized_lstm_step, (const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, View<T> h), (by, step, h))           \
  KERNEL(                                                                                                                                  \
      void, normalized_lstm_step_backward,                                                                                                 \
      (const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, ConstView<T> dh, View<T> dc, const NormalizedLstmGradients<T>& to), \
      (by, step, dh, dc, to))                                                                                                              \
  KERNEL(void, gru_gates, (ConstView<T> q, ConstView<T> h_before, View<T> gates, View<T> h), (q, h_before, gates, h))                      \
  KERNEL(void, gru_gates_backward, (ConstView<T> gates, ConstView<T> q, ConstView<T> h_before, View<T> dh, View<T> dp, View<T> dq),        \
         (gates, q, h_before, dh, dp, dq))

/// Kernels that compute a range of their result, so that threads can share the work.  Their public functions (products.cpp) divide the
/// result into ranges.
#define NORMRUN_SHARED_KERNELS(KERNEL, T)                                                                                             \
  KERNEL(void, product, (ConstView<T> x, ConstView<T> w, const T* bias, View<T> y, Range outputs), (x, w, bias, y, outputs))          \
  KERNEL(void, product_weight_gradient, (ConstView<T> x, ConstView<T> dy, View<T> dw, Range inputs), (x, dy, dw, inputs))             \
  KERNEL(void, product_input_gradient, (ConstView<T> dy, ConstView<T> w, View<T> dx, Range inputs), (dy, w, dx, inputs))              \
  KERNEL(void, continue_weight_gradient, (ConstView<T> x, ConstView<T> dy, View<T> dw, Range inputs), (x, dy, dw, inputs))            \
  KERNEL(void, product_by_packed, (ConstView<T> x, const T* packed, const T* bias, View<T> y, Range outputs),                         \
         (x, packed, bias, y, outputs))                                                                                               \
  KERNEL(void, adam_update_product, (const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, const AdamBuffers<T>& to, Range inputs), \
         (by, x, dy, to, inputs))
