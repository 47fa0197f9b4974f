#include "nn/kernels/kernels.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "nn/kernels/share.hpp"
#include "nn/kernels/table.hpp"

namespace normrun::nn::kernels {
namespace {

/// One path: the tables of one instruction set.
struct Path {
  std::string_view name;
  const Table<float>* float_table;
  const Table<double>* double_table;
};

/// Whether this processor and its system can run the path of that name.
bool is_supported(std::string_view name) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  // What Highway's targets of these names ask for.
  const bool avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return name == "scalar" || (name == "avx2" && avx2) || (name == "avx512" && avx512);
#else
  return name == "scalar";
#endif
}

/// From the widest to the reference, which is always there.
const std::array<Path, 3>& paths() {
  static const std::array<Path, 3> all{{{"avx512", avx512_table<float>(), avx512_table<double>()},
                                        {"avx2", avx2_table<float>(), avx2_table<double>()},
                                        {"scalar", &reference_table<float>(), &reference_table<double>()}}};
  return all;
}

const Path& path_named(std::string_view name) {
  for (const Path& path : paths()) {
    if (path.name != name) continue;
    if (path.float_table == nullptr || !is_supported(name)) break;
    return path;
  }
  throw std::invalid_argument("instruction set \"" + std::string(name) + "\": this processor has no such path (scalar, avx2, avx512)");
}

const Path& first_path() {
  if (const char* forced = std::getenv("NORMRUN_ISA"); forced != nullptr && *forced != '\0') return path_named(forced);
  for (const Path& path : paths()) {
    if (path.float_table != nullptr && is_supported(path.name)) return path;
  }
  return path_named("scalar");
}

std::atomic<const Path*>& chosen() {
  static std::atomic<const Path*> path{&first_path()};
  return path;
}

const Path& path_in_use() { return *chosen().load(std::memory_order_relaxed); }

}  // namespace

template <class T>
const Table<T>& table_in_use() {
  if constexpr (std::is_same_v<T, float>) {
    return *path_in_use().float_table;
  } else {
    return *path_in_use().double_table;
  }
}
template const Table<float>& table_in_use();
template const Table<double>& table_in_use();

std::string_view instruction_set() { return path_in_use().name; }

void force_instruction_set(std::string_view name) { chosen().store(&path_named(name), std::memory_order_relaxed); }

template <class T>
void product(ConstView<T> x, ConstView<T> w, const T* bias, View<T> y) {
  share<T>(y.cols, x.rows * w.size(), [&](const Table<T>& table, Range outputs) { table.product(x, w, bias, y, outputs); });
}
template <class T>
void product_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw) {
  share<T>(dw.rows, x.rows * dw.size(), [&](const Table<T>& table, Range inputs) { table.product_weight_gradient(x, dy, dw, inputs); });
}
template <class T>
void product_input_gradient(ConstView<T> dy, ConstView<T> w, View<T> dx) {
  share<T>(w.rows, dy.rows * w.size(), [&](const Table<T>& table, Range inputs) { table.product_input_gradient(dy, w, dx, inputs); });
}
template <class T>
void column_sums(ConstView<T> x, T* sums) {
  table_in_use<T>().column_sums(x, sums);
}
template <class T>
void add_column_sums(ConstView<T> x, Index first_row, T* running) {
  table_in_use<T>().add_column_sums(x, first_row, running);
}
template <class T>
void finish_column_sums(T* running, Index channels, T* sums) {
  table_in_use<T>().finish_column_sums(running, channels, sums);
}
template <class T>
void column_moments(ConstView<T> x, T* mean, T* variance) {
  table_in_use<T>().column_moments(x, mean, variance);
}
template <class T>
void column_dots(ConstView<T> a, ConstView<T> b, T* sums) {
  table_in_use<T>().column_dots(a, b, sums);
}
template <class T>
void add_sums_and_dots(ConstView<T> dy, ConstView<T> a, ConstView<T> b, Index first_row, T* running) {
  table_in_use<T>().add_sums_and_dots(dy, a, b, first_row, running);
}
template <class T>
void finish_sums_and_dots(T* running, Index channels, T* sums, T* dots_a, T* dots_b) {
  table_in_use<T>().finish_sums_and_dots(running, channels, sums, dots_a, dots_b);
}
template <class T>
void row_moments(ConstView<T> x, T* mean, T* variance) {
  table_in_use<T>().row_moments(x, mean, variance);
}
template <class T>
void inverse_std(const T* variance, T epsilon, T* inv_std, Index count) {
  table_in_use<T>().inverse_std(variance, epsilon, inv_std, count);
}
template <class T>
void normalize_columns(const NormalizedColumns<T>& x_hat, const T* gamma, const T* beta, View<T> y) {
  table_in_use<T>().normalize_columns(x_hat, gamma, beta, y);
}
template <class T>
void normalize_rows(ConstView<T> x, const T* mean, const T* inv_std, const T* gamma, const T* beta, T* x_hat, View<T> y) {
  table_in_use<T>().normalize_rows(x, mean, inv_std, gamma, beta, x_hat, y);
}
template <class T>
void standardize_rows(ConstView<T> x, T epsilon, const T* gamma, const T* beta, T* inv_std, T* x_hat, View<T> y) {
  table_in_use<T>().standardize_rows(x, epsilon, gamma, beta, inv_std, x_hat, y);
}
template <class T>
void column_gradient_sums(const NormalizedColumns<T>& x_hat, ConstView<T> dy, T* sum_dy, T* sum_dy_x_hat) {
  table_in_use<T>().column_gradient_sums(x_hat, dy, sum_dy, sum_dy_x_hat);
}
template <class T>
void normalize_columns_backward(const NormalizedColumns<T>& x_hat, ConstView<T> dy, const T* gamma, const GradientSums<T>& sums,
                                View<T> dx) {
  table_in_use<T>().normalize_columns_backward(x_hat, dy, gamma, sums, dx);
}
template <class T>
void normalize_rows_backward(ConstView<T> x_hat, ConstView<T> dy, const T* gamma, const T* inv_std, View<T> dx) {
  table_in_use<T>().normalize_rows_backward(x_hat, dy, gamma, inv_std, dx);
}
template <class T>
void relu(const T* x, T* y, Index count) {
  table_in_use<T>().relu(x, y, count);
}
template <class T>
void relu_backward(const T* y, const T* dy, T* dx, Index count) {
  table_in_use<T>().relu_backward(y, dy, dx, count);
}
template <class T>
void tanh(const T* x, T* y, Index count) {
  table_in_use<T>().tanh(x, y, count);
}
template <class T>
void tanh_backward(const T* y, const T* dy, T* dx, Index count) {
  table_in_use<T>().tanh_backward(y, dy, dx, count);
}
template <class T>
void sigmoid(const T* x, T* y, Index count) {
  table_in_use<T>().sigmoid(x, y, count);
}
template <class T>
void sigmoid_backward(const T* y, const T* dy, T* dx, Index count) {
  table_in_use<T>().sigmoid_backward(y, dy, dx, count);
}
template <class T>
void exp(const T* x, T* y, Index count) {
  table_in_use<T>().exp(x, y, count);
}
template <class T>
void scale(const T* x, T factor, T* y, Index count) {
  table_in_use<T>().scale(x, factor, y, count);
}
template <class T>
void scale_columns(ConstView<T> x, const T* factor, View<T> y) {
  table_in_use<T>().scale_columns(x, factor, y);
}
template <class T>
void blend(T momentum, const T* fresh, T* old, Index count) {
  table_in_use<T>().blend(momentum, fresh, old, count);
}
template <class T>
double squared_errors(const T* z, const T* t, double scale, T* dz, Index count) {
  return table_in_use<T>().squared_errors(z, t, scale, dz, count);
}
template <class T>
void sgd_update(T* w, const T* g, T learning_rate, Index count) {
  table_in_use<T>().sgd_update(w, g, learning_rate, count);
}
template <class T>
void momentum_update_keras(T* w, const T* g, T* v, T learning_rate, T momentum, Momentum kind, Index count) {
  table_in_use<T>().momentum_update_keras(w, g, v, learning_rate, momentum, kind, count);
}
template <class T>
void momentum_update_torch(T* w, const T* g, T* v, T learning_rate, T momentum, Momentum kind, Index count) {
  table_in_use<T>().momentum_update_torch(w, g, v, learning_rate, momentum, kind, count);
}
template <class T>
void adam_update(const AdamStep<T>& by, const T* g, T* w, T* m, T* v, Index count) {
  table_in_use<T>().adam_update(by, g, w, m, v, count);
}

namespace {

/// The two products of some inputs at a time: what is kept of x lies in the cache, in short rows, while dx goes over it.
template <class T>
void update_and_write_over(const Table<T>& table, const AdamStep<T>& by, View<T> x, ConstView<T> dy, T* w, T* m, T* v, Range inputs) {
  constexpr Index kNumbers = Index{1} << 16;
  constexpr Index kLine = static_cast<Index>(kAlignment / sizeof(T));
  static_assert(kNumbers >= 16 * kMostRowsOver);
  alignas(kAlignment) T kept[kNumbers];
  const Index most =
      16 + std::clamp<Index>(kNumbers / 2 / std::max<Index>(1, x.rows) - 16, 0, 1008) / 32 * 32;  // rows of an odd number of lines
  for (Index begin = inputs.begin, count = 0; begin < inputs.end; begin += count) {
    count = std::min(most, inputs.end - begin);
    for (Index r = 0; r < x.rows; ++r) {
      const T* next = x.row(std::min(r + 1, x.rows - 1)) + begin;  // in another page, whose first lines the processor does not foresee
      for (Index i = 0; i < std::min(8 * kLine, count); i += kLine) __builtin_prefetch(next + i);
      std::copy_n(x.row(r) + begin, count, kept + r * count);
    }
    table.product_input_gradient(dy, {w, x.cols, dy.cols}, x, {begin, begin + count});
    const Index at = begin * dy.cols;
    table.adam_update_product(by, {kept, x.rows, count}, dy, w + at, m + at, v + at, {0, count});
  }
}

/// The two products of some inputs at a time, the last ones first: of what the forward product read last, and of what it will read
/// first, much is in the second cache then, and of each block all that dx has read.
template <class T>
void update_by_blocks(const Table<T>& table, const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, T* w, T* m, T* v, View<T> dx,
                      Range inputs) {
  constexpr Index kNumbers = Index{1} << 15;
  constexpr Index kLeast = 64;  // inputs, which fill the widest tiles of dx
  const Index most = std::max(kLeast, kNumbers / std::max<Index>(1, dy.cols) / kLeast * kLeast);
  for (Index end = inputs.end, begin = 0; end > inputs.begin; end = begin) {
    begin = inputs.begin + (end - inputs.begin - 1) / most * most;
    if (dx.data != nullptr) table.product_input_gradient(dy, {w, x.cols, dy.cols}, dx, {begin, end});
    table.adam_update_product(by, x, dy, w, m, v, {begin, end});
  }
}

}  // namespace

template <class T>
void adam_update_product(const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, T* w, T* m, T* v, View<T> dx) {
  const bool over_x = dx.data == x.data;
  const bool by_blocks = !over_x && x.rows <= kFewRows;
  const bool separate_dx = dx.data != nullptr && !over_x && !by_blocks;
  if (separate_dx) product_input_gradient<T>(dy, {w, x.cols, dy.cols}, dx);
  const Index products = dx.data != nullptr && !separate_dx ? 2 : 1;
  const Index operations = (x.rows * products + kMultiplyAddsOfAdam) * x.cols * dy.cols;
  share<T>(x.cols, operations, [&](const Table<T>& table, Range inputs) {
    if (over_x) return update_and_write_over(table, by, dx, dy, w, m, v, inputs);
    if (by_blocks) return update_by_blocks(table, by, x, dy, w, m, v, dx, inputs);
    table.adam_update_product(by, x, dy, w, m, v, inputs);
  });
}
template <class T>
void rmsprop_update(T* w, const T* g, T* v, T learning_rate, T rho, T epsilon, EpsilonPlace place, Index count) {
  table_in_use<T>().rmsprop_update(w, g, v, learning_rate, rho, epsilon, place, count);
}

#define NORMRUN_INSTANTIATE(T)                                                                                                    \
  template void product(ConstView<T>, ConstView<T>, const T*, View<T>);                                                           \
  template void product_weight_gradient(ConstView<T>, ConstView<T>, View<T>);                                                     \
  template void product_input_gradient(ConstView<T>, ConstView<T>, View<T>);                                                      \
  template void column_sums(ConstView<T>, T*);                                                                                    \
  template void add_column_sums(ConstView<T>, Index, T*);                                                                         \
  template void finish_column_sums(T*, Index, T*);                                                                                \
  template void column_moments(ConstView<T>, T*, T*);                                                                             \
  template void column_dots(ConstView<T>, ConstView<T>, T*);                                                                      \
  template void add_sums_and_dots(ConstView<T>, ConstView<T>, ConstView<T>, Index, T*);                                           \
  template void finish_sums_and_dots(T*, Index, T*, T*, T*);                                                                      \
  template void row_moments(ConstView<T>, T*, T*);                                                                                \
  template void inverse_std(const T*, T, T*, Index);                                                                              \
  template void normalize_columns(const NormalizedColumns<T>&, const T*, const T*, View<T>);                                      \
  template void normalize_rows(ConstView<T>, const T*, const T*, const T*, const T*, T*, View<T>);                                \
  template void standardize_rows(ConstView<T>, T, const T*, const T*, T*, T*, View<T>);                                           \
  template void column_gradient_sums(const NormalizedColumns<T>&, ConstView<T>, T*, T*);                                          \
  template void normalize_columns_backward(const NormalizedColumns<T>&, ConstView<T>, const T*, const GradientSums<T>&, View<T>); \
  template void normalize_rows_backward(ConstView<T>, ConstView<T>, const T*, const T*, View<T>);                                 \
  template void relu(const T*, T*, Index);                                                                                        \
  template void relu_backward(const T*, const T*, T*, Index);                                                                     \
  template void tanh(const T*, T*, Index);                                                                                        \
  template void tanh_backward(const T*, const T*, T*, Index);                                                                     \
  template void sigmoid(const T*, T*, Index);                                                                                     \
  template void sigmoid_backward(const T*, const T*, T*, Index);                                                                  \
  template void exp(const T*, T*, Index);                                                                                         \
  template void scale(const T*, T, T*, Index);                                                                                    \
  template void scale_columns(ConstView<T>, const T*, View<T>);                                                                   \
  template void blend(T, const T*, T*, Index);                                                                                    \
  template double squared_errors(const T*, const T*, double, T*, Index);                                                          \
  template void sgd_update(T*, const T*, T, Index);                                                                               \
  template void momentum_update_keras(T*, const T*, T*, T, T, Momentum, Index);                                                   \
  template void momentum_update_torch(T*, const T*, T*, T, T, Momentum, Index);                                                   \
  template void adam_update(const AdamStep<T>&, const T*, T*, T*, T*, Index);                                                     \
  template void adam_update_product(const AdamStep<T>&, ConstView<T>, ConstView<T>, T*, T*, T*, View<T>);                         \
  template void rmsprop_update(T*, const T*, T*, T, T, T, EpsilonPlace, Index);

NORMRUN_INSTANTIATE(float)
NORMRUN_INSTANTIATE(double)

}  // namespace normrun::nn::kernels
