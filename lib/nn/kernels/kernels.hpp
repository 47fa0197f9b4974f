#pragma once

#include <string_view>

#include "core/matrix.hpp"
#include "nn/kernels/orders.hpp"

/// The numerical kernels: plain functions over views, one fixed order of operations whatever the instruction set, the
/// vector width or the blocking, so that results are the same bits everywhere.  Instantiated for float and double.
///
/// Orders, part of the results (changing one changes every number):
///   products          each output element is one chain of fused multiply-adds over the reduced index, ascending
///   sums over columns (of one row): 16 lanes (element j goes to lane j mod 16, ascending), then the tree
///                     lanes i and i+8, then i and i+4, i+2, i+1
///   sums over rows    (of one column): blocks of 256 rows; inside a block 4 stripes (row mod 4), (s0+s2)+(s1+s3);
///                     the blocks' sums added in double, ascending
///
/// NORMRUN_ISA=scalar|avx2|avx512 forces a path; the scalar one is the readable reference.
namespace normrun::nn::kernels {

/// The instruction set in use: "scalar", "avx2" or "avx512".
std::string_view instruction_set();
/// Forces a path (for tests); throws std::invalid_argument for an unknown name or one this processor lacks.
void force_instruction_set(std::string_view name);

// ---- products.  x: (rows, inputs)  w: (inputs, outputs)  y, dy: (rows, outputs)  bias: (outputs) or null ----

/// y = x w + bias; each chain starts from the bias (or 0) and ascends over the inputs.
template <class T>
void product(ConstView<T> x, ConstView<T> w, const T* bias, View<T> y);
/// dw = x^T dy; each chain starts from 0 and ascends over the rows.
template <class T>
void product_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw);
/// dx = dy w^T; each chain starts from 0 and ascends over the outputs.
template <class T>
void product_input_gradient(ConstView<T> dy, ConstView<T> w, View<T> dx);

// ---- statistics.  x: (rows, channels) ----

template <class T>
void column_sums(ConstView<T> x, T* sums);  // sums: (channels)
/// column_sums of rows that come some at a time, from first_row 0 on.  `running` holds the unfinished sums, whatever their type.
template <class T>
constexpr Index running_sums_size(Index channels, Index sums = 3) {
  return (channels + 15) / 16 * 16 * sums * (4 + kNumbersOfDouble<T>);
}
template <class T>
void add_column_sums(ConstView<T> x, Index first_row, T* running);
template <class T>
void finish_column_sums(T* running, Index channels, T* sums);
template <class T>
void column_moments(ConstView<T> x, T* mean, T* variance);  // biased, two passes
template <class T>
void column_dots(ConstView<T> a, ConstView<T> b, T* sums);  // sum over rows of a * b
/// column_sums(dy), column_dots(dy, a) and column_dots(dy, b) of rows that come some at a time, as for add_column_sums.
template <class T>
void add_sums_and_dots(ConstView<T> dy, ConstView<T> a, ConstView<T> b, Index first_row, T* running);
template <class T>
void finish_sums_and_dots(T* running, Index channels, T* sums, T* dots_a, T* dots_b);
template <class T>
void row_moments(ConstView<T> x, T* mean, T* variance);  // (rows) each; biased, two passes

// ---- normalizing ----

/// x_hat = (x - mean) * inv_std per column, computed wherever it is needed: that costs less than keeping it.
template <class T>
struct NormalizedColumns {
  ConstView<T> x;
  const T* mean;
  const T* inv_std;
};

/// inv_std = 1 / sqrt(variance + epsilon), IEEE root and division.
template <class T>
void inverse_std(const T* variance, T epsilon, T* inv_std, Index count);
/// y = fma(gamma, x_hat, beta); gamma or beta may be null (1 and 0).
template <class T>
void normalize_columns(const NormalizedColumns<T>& x_hat, const T* gamma, const T* beta, View<T> y);
/// The same with mean and inv_std per row, gamma and beta per column; x_hat is kept, unless it is null.
template <class T>
void normalize_rows(ConstView<T> x, const T* mean, const T* inv_std, const T* gamma, const T* beta, T* x_hat, View<T> y);
/// Each row by its own mean and variance: row_moments, inverse_std and normalize_rows in one.  x_hat may be x.
template <class T>
void standardize_rows(ConstView<T> x, T epsilon, const T* gamma, const T* beta, T* inv_std, T* x_hat, View<T> y);
/// The sums over rows of dy and of dy * x_hat, as column_sums and column_dots give them.  (channels) each
template <class T>
void column_gradient_sums(const NormalizedColumns<T>& x_hat, ConstView<T> dy, T* sum_dy, T* sum_dy_x_hat);
/// Those sums, and over how many rows.
template <class T>
struct GradientSums {
  const T* dy;
  const T* dy_x_hat;
  Index rows;
};
/// dx of the column normalization by batch statistics, for all of those rows or some; it may be dy:
/// dx = gamma * inv_std / rows * (rows * dy - sum(dy) - x_hat * sum(dy * x_hat)).
template <class T>
void normalize_columns_backward(const NormalizedColumns<T>& x_hat, ConstView<T> dy, const T* gamma, const GradientSums<T>& sums,
                                View<T> dx);
/// dx of the row normalization, which may be dy: with g = dy * gamma, dx = inv_std * (g - mean(g) - x_hat * mean(g * x_hat)).
template <class T>
void normalize_rows_backward(ConstView<T> x_hat, ConstView<T> dy, const T* gamma, const T* inv_std, View<T> dx);

// ---- element-wise, count numbers; y may be x, dx may be dy ----

template <class T>
void relu(const T* x, T* y, Index count);  // NaN stays NaN
template <class T>
void relu_backward(const T* y, const T* dy, T* dx, Index count);  // dy where y > 0, else 0
template <class T>
void tanh(const T* x, T* y, Index count);
template <class T>
void tanh_backward(const T* y, const T* dy, T* dx, Index count);  // dy * (1 - y*y)
template <class T>
void sigmoid(const T* x, T* y, Index count);
template <class T>
void sigmoid_backward(const T* y, const T* dy, T* dx, Index count);  // dy * y * (1 - y)
template <class T>
void exp(const T* x, T* y, Index count);
template <class T>
void scale(const T* x, T factor, T* y, Index count);
template <class T>
void scale_columns(ConstView<T> x, const T* factor, View<T> y);  // y = x * factor[column]; y may be x
/// blended = momentum * old + (1 - momentum) * fresh as fma(momentum, old, (1 - momentum) * fresh), in place in `old`.
template <class T>
void blend(T momentum, const T* fresh, T* old, Index count);

/// The sum of the squares of z - t, taken in double as a sum over columns; dz = scale * (z - t), and may be null.
template <class T>
double squared_errors(const T* z, const T* t, double scale, T* dz, Index count);

// ---- optimizer updates, one pass over w, g and the slots ----

enum class Momentum { kPlain, kNesterov };
enum class EpsilonPlace { kInsideRoot, kOutsideRoot };

template <class T>
void sgd_update(T* w, const T* g, T learning_rate, Index count);
/// Keras: v = momentum v - lr g; w += v, or w += momentum v - lr g with nesterov.
template <class T>
void momentum_update_keras(T* w, const T* g, T* v, T learning_rate, T momentum, Momentum kind, Index count);
/// PyTorch: v = momentum v + g; w -= lr v, or w -= lr (g + momentum v) with nesterov.
template <class T>
void momentum_update_torch(T* w, const T* g, T* v, T learning_rate, T momentum, Momentum kind, Index count);
/// The constants of one step of Adam:
/// m = beta_1 m + (1 - beta_1) g; v = beta_2 v + (1 - beta_2) g^2; w -= step * m / (sqrt(v) * root_scale + epsilon).
/// Keras: step = lr sqrt(1 - beta_2^t) / (1 - beta_1^t), root_scale = 1.  PyTorch: step = lr / (1 - beta_1^t), root_scale = 1 / sqrt(1 -
/// beta_2^t).
template <class T>
struct AdamStep {
  T step, root_scale, beta_1, beta_2, epsilon;
};
template <class T>
void adam_update(const AdamStep<T>& by, const T* g, T* w, T* m, T* v, Index count);
/// The same by the gradient of product_weight_gradient, g = x^T dy, which never reaches memory.  w, m, v: (inputs, outputs)
/// dx, unless its data is null, gets product_input_gradient by the w before the update; of up to kMostRowsOver rows it may be x.
template <class T>
void adam_update_product(const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, T* w, T* m, T* v, View<T> dx);
inline constexpr Index kMostRowsOver = 4096;
/// v = rho v + (1 - rho) g^2; w -= lr g / sqrt(v + epsilon) (Keras) or lr g / (sqrt(v) + epsilon) (PyTorch: epsilon outside the root).
template <class T>
void rmsprop_update(T* w, const T* g, T* v, T learning_rate, T rho, T epsilon, EpsilonPlace place, Index count);

}  // namespace normrun::nn::kernels
