#pragma once

#include <string_view>

#include "core/matrix.hpp"
#include "nn/kernels/orders.hpp"

/// The numerical kernels: plain functions over views, instantiated for float and double.  Each kernel has one fixed order of operations,
/// whatever the instruction set, the width of the vectors or the blocking, so its results are the same bits everywhere.
///
/// These orders are part of the results; whoever changes one changes every number:
///   products          each output element is one chain of fused multiply-adds over the reduced index, in ascending order (but:
///   winograd.hpp) sums over columns (one sum for each row): element j goes to lane j mod 16, in ascending order; then a tree adds the 16
///   lanes:
///                     lanes i and i + 8, then i and i + 4, i and i + 2, i and i + 1
///   sums over rows    (one sum for each column): the rows form blocks of 256; in a block, row r goes to stripe r mod 4, and the
///                     block's sum is (s0 + s2) + (s1 + s3) of its stripes; the blocks' sums are added in double, in ascending order
///
/// NORMRUN_ISA=scalar|avx2|avx512 forces a path, that is, the kernels for one instruction set.  list.hpp lists all kernels.  The files
/// reference_*.hpp implement them readably, and the files *-inl.hpp with vectors.
namespace normrun::nn::kernels {

/// The instruction set in use: "scalar", "avx2" or "avx512".
std::string_view instruction_set();
/// Makes every kernel use the path of that name, for tests.  Throws std::invalid_argument for an unknown name and for a path that this
/// processor lacks.
void force_instruction_set(std::string_view name);

// ---- products.  x: (rows, inputs)  w: (inputs, outputs)  y, dy: (rows, outputs)  bias: (outputs) or null ----

/// y = x w + bias.  The chain of an output starts from its bias, or from 0 if bias is null, and ascends over the inputs.
template <class T>
void product(ConstView<T> x, ConstView<T> w, const T* bias, View<T> y);
/// dw = x^T dy.  Each chain starts from 0 and ascends over the rows.
template <class T>
void product_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw);
/// dx = dy w^T.  Each chain starts from 0 and ascends over the outputs.
template <class T>
void product_input_gradient(ConstView<T> dy, ConstView<T> w, View<T> dx);

// ---- statistics.  x: (rows, channels) ----

/// sums: (channels), the sum of each column.
template <class T>
void column_sums(ConstView<T> x, T* sums);

/// Column sums of rows that arrive in several calls of add_column_sums. first_row is the place of x's first row among the rows of all
/// calls; the call with first_row 0 starts the sums.  Between the calls, `running` keeps the unfinished sums: it has room for
/// running_sums_size numbers of T.
template <class T>
constexpr Index running_sums_size(Index channels, Index sums = 3) {
  return (channels + 15) / 16 * 16 * sums * (4 + kNumbersOfDouble<T>);
}
template <class T>
void add_column_sums(ConstView<T> x, Index first_row, T* running);
template <class T>
void finish_column_sums(T* running, Index channels, T* sums);

/// mean, variance: (channels).  The variance is biased; a second pass over x computes it from the deviations.
template <class T>
void column_moments(ConstView<T> x, T* mean, T* variance);
/// sums: (channels), the sum of a * b over the rows.
template <class T>
void column_dots(ConstView<T> a, ConstView<T> b, T* sums);
/// column_sums(dy), column_dots(dy, a) and column_dots(dy, b) of rows that arrive in several calls.  first_row and `running` are those of
/// add_column_sums.
template <class T>
void add_sums_and_dots(ConstView<T> dy, ConstView<T> a, ConstView<T> b, Index first_row, T* running);
template <class T>
void finish_sums_and_dots(T* running, Index channels, T* sums, T* dots_a, T* dots_b);
/// mean, variance: (rows).  The variance is biased; a second pass over each row computes it from the deviations.
template <class T>
void row_moments(ConstView<T> x, T* mean, T* variance);

// ---- normalizing ----

/// x_hat = (x - mean) * inv_std per column.  mean, inv_std: (channels).  No memory holds x_hat, because to compute it again costs less than
/// to store and load it.
template <class T>
struct NormalizedColumns {
  ConstView<T> x;
  const T* mean;
  const T* inv_std;
};
/// x_hat = (x - mean) * inv_std per row.  mean, inv_std: (rows)
template <class T>
struct NormalizedRows {
  ConstView<T> x;
  const T* mean;
  const T* inv_std;
};
/// gamma and beta of each column, (channels) each.  A null gamma stands for 1, a null beta for 0.
template <class T>
struct ScaleAndShift {
  const T* gamma = nullptr;
  const T* beta = nullptr;
};

/// inv_std = 1 / sqrt(variance + epsilon), with IEEE root and division.  A variance is infinite where its squares overflowed; its inv_std
/// is NaN, because 1 / inf would silently make every number 0.
template <class T>
void inverse_std(const T* variance, T epsilon, T* inv_std, Index count);
/// y = fma(gamma, x_hat, beta).
template <class T>
void normalize_columns(const NormalizedColumns<T>& x_hat, ScaleAndShift<T> by, View<T> y);
/// y = fma(gamma, x_hat, beta).  Unless `kept` is null, it gets x_hat: (rows, channels).
template <class T>
void normalize_rows(const NormalizedRows<T>& x_hat, ScaleAndShift<T> by, T* kept, View<T> y);
/// Normalizes each row by its own mean and variance: row_moments, inverse_std and normalize_rows in one call. inv_std: (rows)  x_hat:
/// (rows, channels); x_hat may be x.
template <class T>
void standardize_rows(ConstView<T> x, T epsilon, ScaleAndShift<T> by, T* inv_std, T* x_hat, View<T> y);
/// The sums over the rows of dy and of dy * x_hat, (channels) each, with the bits of column_sums and column_dots.
template <class T>
void column_gradient_sums(const NormalizedColumns<T>& x_hat, ConstView<T> dy, T* sum_dy, T* sum_dy_x_hat);
/// The results of column_gradient_sums, and the number of rows that they sum.
template <class T>
struct GradientSums {
  const T* dy;
  const T* dy_x_hat;
  Index rows;
};
/// dx of the column normalization by batch statistics: dx = gamma * inv_std / rows * (rows * dy - sum(dy) - x_hat * sum(dy * x_hat)).  dy
/// may be only some of the sums.rows rows, so that a batch can be done part by part.  dx and dy may be the same matrix.
template <class T>
void normalize_columns_backward(const NormalizedColumns<T>& x_hat, ConstView<T> dy, const T* gamma, const GradientSums<T>& sums,
                                View<T> dx);
/// dx of the row normalization: with g = dy * gamma, dx = inv_std * (g - mean(g) - x_hat * mean(g * x_hat)).  dx may be dy.
template <class T>
void normalize_rows_backward(ConstView<T> x_hat, ConstView<T> dy, const T* gamma, const T* inv_std, View<T> dx);

// ---- element by element, `count` numbers; y may be x, and dx may be dy ----

/// max(x, 0); NaN stays NaN.
template <class T>
void relu(const T* x, T* y, Index count);
/// dx = dy where y > 0, else 0.
template <class T>
void relu_backward(const T* y, const T* dy, T* dx, Index count);
template <class T>
void tanh(const T* x, T* y, Index count);
/// dx = dy * (1 - y * y)
template <class T>
void tanh_backward(const T* y, const T* dy, T* dx, Index count);
template <class T>
void sigmoid(const T* x, T* y, Index count);
/// dx = dy * y * (1 - y)
template <class T>
void sigmoid_backward(const T* y, const T* dy, T* dx, Index count);
template <class T>
void exp(const T* x, T* y, Index count);
/// y = x * factor
template <class T>
void scale(const T* x, T factor, T* y, Index count);
/// y = x * factor[column]; y may be x.
template <class T>
void scale_columns(ConstView<T> x, const T* factor, View<T> y);
/// old = momentum * old + (1 - momentum) * fresh, computed as fma(momentum, old, (1 - momentum) * fresh).  momentum weighs the old value.
template <class T>
void blend(T momentum, const T* fresh, T* old, Index count);

/// Returns the sum of (z - t)^2, computed in double in the order of a sum over columns.  Unless dz is null, dz = scale * (z - t).
template <class T>
double squared_errors(const T* z, const T* t, double scale, T* dz, Index count);

// ---- optimizer updates of `count` numbers: one pass over the gradient g, the parameters w and the optimizer's slots ----

enum class Momentum { kPlain, kNesterov };
enum class EpsilonPlace { kInsideRoot, kOutsideRoot };

/// w -= learning_rate * g
template <class T>
void sgd_update(T* w, const T* g, T learning_rate, Index count);

/// The constants of one step with momentum.
template <class T>
struct MomentumStep {
  T learning_rate, momentum;
  Momentum kind;
};
/// Keras: v = momentum v - lr g; w += v, or w += momentum v - lr g with kNesterov.
template <class T>
void momentum_update_keras(const MomentumStep<T>& by, const T* g, T* w, T* v, Index count);
/// PyTorch: v = momentum v + g; w -= lr v, or w -= lr (g + momentum v) with kNesterov.
template <class T>
void momentum_update_torch(const MomentumStep<T>& by, const T* g, T* w, T* v, Index count);

/// The constants of one step of RMSprop.
template <class T>
struct RmspropStep {
  T learning_rate, rho, epsilon;
  EpsilonPlace place;
};
/// v = rho v + (1 - rho) g^2.  With epsilon inside the root, w -= lr g / sqrt(v + epsilon) (Keras); otherwise w -= lr g / (sqrt(v) +
/// epsilon) (PyTorch).
template <class T>
void rmsprop_update(const RmspropStep<T>& by, const T* g, T* w, T* v, Index count);

/// The constants of one step of Adam, which is number t:
///   m = beta_1 m + (1 - beta_1) g;  v = beta_2 v + (1 - beta_2) g^2;  w -= step * m / (sqrt(v) * root_scale + epsilon)
///   Keras:    step = lr sqrt(1 - beta_2^t) / (1 - beta_1^t),  root_scale = 1
///   PyTorch:  step = lr / (1 - beta_1^t),  root_scale = 1 / sqrt(1 - beta_2^t)
template <class T>
struct AdamStep {
  T step, root_scale, beta_1, beta_2, epsilon;
};
/// The parameters w that Adam updates, and its two slots m and v for them.
template <class T>
struct AdamBuffers {
  T* w;
  T* m;
  T* v;
  AdamBuffers from(Index first) const { return {w + first, m + first, v + first}; }
};
template <class T>
void adam_update(const AdamStep<T>& by, const T* g, const AdamBuffers<T>& to, Index count);
/// Adam's update of a kernel w by the gradient g = x^T dy, which has the bits of product_weight_gradient but never reaches memory.  w, m,
/// v: (inputs, outputs)
/// Unless dx's data is null, dx gets product_input_gradient by the w before the update.  dx may be x if x has at most kMostRowsOver rows.
template <class T>
void adam_update_product(const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, const AdamBuffers<T>& to, View<T> dx);
inline constexpr Index kMostRowsOver = 4096;

}  // namespace normrun::nn::kernels
