#include <algorithm>
#include <array>
#include <cmath>

#include "nn/kernels/orders.hpp"
#include "nn/kernels/reference_cells.hpp"
#include "nn/kernels/reference_elementwise.hpp"
#include "nn/kernels/reference_pooling.hpp"
#include "nn/kernels/reference_running_sums.hpp"
#include "nn/kernels/table.hpp"

namespace normrun::nn::kernels {
namespace {

// ---- products ----

template <class T>
void product(ConstView<T> x, ConstView<T> w, const T* bias, View<T> y, Range outputs) {
  for (Index r = 0; r < y.rows; ++r) {
    for (Index o = outputs.begin; o < outputs.end; ++o) {
      T sum = bias != nullptr ? bias[o] : T{0};
      for (Index i = 0; i < x.cols; ++i) sum = std::fma(x(r, i), w(i, o), sum);
      y(r, o) = sum;
    }
  }
}

template <class T>
void continue_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw, Range inputs) {
  for (Index i = inputs.begin; i < inputs.end; ++i) {
    for (Index o = 0; o < dw.cols; ++o) {
      for (Index r = 0; r < x.rows; ++r) dw(i, o) = std::fma(x(r, i), dy(r, o), dw(i, o));
    }
  }
}

template <class T>
void product_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw, Range inputs) {
  std::fill(dw.row(inputs.begin), dw.row(inputs.end), T{0});
  continue_weight_gradient(x, dy, dw, inputs);
}

template <class T>
void adam_update_product(const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, T* w, T* m, T* v, Range inputs) {
  for (Index i = inputs.begin; i < inputs.end; ++i) {
    for (Index o = 0; o < dy.cols; ++o) {
      T sum = 0;
      for (Index r = 0; r < x.rows; ++r) sum = std::fma(x(r, i), dy(r, o), sum);
      const Index at = i * dy.cols + o;
      reference::adam_update(by, &sum, w + at, m + at, v + at, 1);
    }
  }
}

/// A sum over the columns of one row, lane by lane: sum = add(j, sum) for j = lane, lane + 16, ...; then the tree.
template <class T, class Add>
T sum_over_columns(Index cols, Add add) {
  std::array<T, kLanes> lanes{};
  for (Index j = 0; j < cols; ++j) {
    T& lane = lanes[static_cast<std::size_t>(j % kLanes)];
    lane = add(j, lane);
  }
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

template <class T>
void product_input_gradient(ConstView<T> dy, ConstView<T> w, View<T> dx, Range inputs) {
  for (Index r = 0; r < dx.rows; ++r) {
    for (Index i = inputs.begin; i < inputs.end; ++i) {
      T sum = 0;
      for (Index o = 0; o < dy.cols; ++o) sum = std::fma(dy(r, o), w(i, o), sum);
      dx(r, i) = sum;
    }
  }
}

// A packed matrix is a plain copy here.

template <class T>
void pack(ConstView<T> w, T* packed) {
  std::copy(w.begin(), w.end(), packed);
}

template <class T>
void pack_transposed(ConstView<T> w, T* packed) {
  for (Index c = 0; c < w.cols; ++c) {
    for (Index r = 0; r < w.rows; ++r) *packed++ = w(r, c);
  }
}

template <class T>
void product_by_packed(ConstView<T> x, const T* packed, const T* bias, View<T> y, Range outputs) {
  product(x, {packed, x.cols, y.cols}, bias, y, outputs);
}

template <class T>
void product_of_windows(const Windows<T>& x, ConstView<T> w, const T* bias, View<T> y) {
  for (Index r = 0; r < y.rows; ++r) {
    for (Index o = 0; o < y.cols; ++o) {
      T sum = bias != nullptr ? bias[o] : T{0};
      for (Index k = 0; k < x.depth; ++k) sum = std::fma(x.at(r, k), w(k, o), sum);
      y(r, o) = sum;
    }
  }
}

template <class T>
void product_of_windows_weight_gradient(const Windows<T>& x, ConstView<T> dy, View<T> dw) {
  for (Index k = 0; k < dw.rows; ++k) {
    for (Index o = 0; o < dw.cols; ++o) {
      T sum = 0;
      for (Index r = 0; r < dy.rows; ++r) sum = std::fma(x.at(r, k), dy(r, o), sum);
      dw(k, o) = sum;
    }
  }
}

// ---- statistics ----

/// A sum over the rows of one column: in a block, sum = add(r, sum) for each stripe; the blocks' sums are added in double.
template <class T, class Add>
double sum_over_rows(Index rows, Add add) {
  double total = 0;
  for (Index first = 0; first < rows; first += kBlockRows) {
    const Index end = std::min(first + kBlockRows, rows);
    std::array<T, kStripes> s{};
    for (Index r = first; r < end; ++r) {
      T& stripe = s[static_cast<std::size_t>(r % kStripes)];
      stripe = add(r, stripe);
    }
    total += static_cast<double>((s[0] + s[2]) + (s[1] + s[3]));
  }
  return total;
}

template <class T>
void column_sums(ConstView<T> x, T* sums) {
  for (Index c = 0; c < x.cols; ++c) {
    sums[c] = static_cast<T>(sum_over_rows<T>(x.rows, [&](Index r, T sum) { return sum + x(r, c); }));
  }
}

template <class T>
void column_moments(ConstView<T> x, T* mean, T* variance) {
  const auto rows = static_cast<double>(x.rows);
  for (Index c = 0; c < x.cols; ++c) {
    mean[c] = static_cast<T>(sum_over_rows<T>(x.rows, [&](Index r, T sum) { return sum + x(r, c); }) / rows);
    const auto add_square = [&](Index r, T sum) {
      const T deviation = x(r, c) - mean[c];
      return std::fma(deviation, deviation, sum);
    };
    variance[c] = static_cast<T>(sum_over_rows<T>(x.rows, add_square) / rows);
  }
}

template <class T>
void column_dots(ConstView<T> a, ConstView<T> b, T* sums) {
  for (Index c = 0; c < a.cols; ++c) {
    sums[c] = static_cast<T>(sum_over_rows<T>(a.rows, [&](Index r, T sum) { return std::fma(a(r, c), b(r, c), sum); }));
  }
}

template <class T>
void row_moments(ConstView<T> x, T* mean, T* variance) {
  const auto channels = static_cast<T>(x.cols);
  for (Index r = 0; r < x.rows; ++r) {
    mean[r] = sum_over_columns<T>(x.cols, [&](Index c, T sum) { return sum + x(r, c); }) / channels;
    const auto add_square = [&](Index c, T sum) {
      const T deviation = x(r, c) - mean[r];
      return std::fma(deviation, deviation, sum);
    };
    variance[r] = sum_over_columns<T>(x.cols, add_square) / channels;
  }
}

template <class T>
double squared_errors(const T* z, const T* t, double scale, T* dz, Index count) {
  return sum_over_columns<double>(count, [&](Index i, double sum) {
    const double error = static_cast<double>(z[i]) - static_cast<double>(t[i]);
    if (dz != nullptr) dz[i] = static_cast<T>(scale * error);
    return std::fma(error, error, sum);
  });
}

// ---- normalizing ----

template <class T>
T at(const NormalizedColumns<T>& x_hat, Index r, Index c) {
  return (x_hat.x(r, c) - x_hat.mean[c]) * x_hat.inv_std[c];
}

template <class T>
void normalize_columns(const NormalizedColumns<T>& x_hat, const T* gamma, const T* beta, View<T> y) {
  for (Index r = 0; r < y.rows; ++r) {
    for (Index c = 0; c < y.cols; ++c) {
      y(r, c) = std::fma(gamma != nullptr ? gamma[c] : T{1}, at(x_hat, r, c), beta != nullptr ? beta[c] : T{0});
    }
  }
}

template <class T>
void normalize_rows(ConstView<T> x, const T* mean, const T* inv_std, const T* gamma, const T* beta, T* x_hat, View<T> y) {
  for (Index r = 0; r < x.rows; ++r) {
    for (Index c = 0; c < x.cols; ++c) {
      const T normalized = (x(r, c) - mean[r]) * inv_std[r];
      y(r, c) = std::fma(gamma != nullptr ? gamma[c] : T{1}, normalized, beta != nullptr ? beta[c] : T{0});
      if (x_hat != nullptr) x_hat[r * x.cols + c] = normalized;
    }
  }
}

template <class T>
void standardize_rows(ConstView<T> x, T epsilon, const T* gamma, const T* beta, T* inv_std, T* x_hat, View<T> y) {
  for (Index r = 0; r < x.rows; ++r) {
    T mean = 0;
    row_moments(x.slice(r, 1), &mean, inv_std + r);
    reference::inverse_std(inv_std + r, epsilon, inv_std + r, 1);
    normalize_rows(x.slice(r, 1), &mean, inv_std + r, gamma, beta, x_hat + r * x.cols, y.slice(r, 1));
  }
}

template <class T>
void column_gradient_sums(const NormalizedColumns<T>& x_hat, ConstView<T> dy, T* sum_dy, T* sum_dy_x_hat) {
  column_sums(dy, sum_dy);
  for (Index c = 0; c < dy.cols; ++c) {
    sum_dy_x_hat[c] = static_cast<T>(sum_over_rows<T>(dy.rows, [&](Index r, T sum) { return std::fma(dy(r, c), at(x_hat, r, c), sum); }));
  }
}

template <class T>
void normalize_columns_backward(const NormalizedColumns<T>& x_hat, ConstView<T> dy, const T* gamma, const GradientSums<T>& sums,
                                View<T> dx) {
  const auto rows = static_cast<T>(sums.rows);
  for (Index r = 0; r < dx.rows; ++r) {
    for (Index c = 0; c < dx.cols; ++c) {
      const T factor = (gamma != nullptr ? gamma[c] * x_hat.inv_std[c] : x_hat.inv_std[c]) / rows;
      dx(r, c) = factor * std::fma(-at(x_hat, r, c), sums.dy_x_hat[c], std::fma(rows, dy(r, c), -sums.dy[c]));
    }
  }
}

template <class T>
void normalize_rows_backward(ConstView<T> x_hat, ConstView<T> dy, const T* gamma, const T* inv_std, View<T> dx) {
  const auto channels = static_cast<T>(dx.cols);
  for (Index r = 0; r < dx.rows; ++r) {
    const auto g = [&](Index c) { return gamma != nullptr ? dy(r, c) * gamma[c] : dy(r, c); };
    const T mean_g = sum_over_columns<T>(dx.cols, [&](Index c, T sum) { return sum + g(c); }) / channels;
    const T mean_g_x_hat = sum_over_columns<T>(dx.cols, [&](Index c, T sum) { return std::fma(g(c), x_hat(r, c), sum); }) / channels;
    for (Index c = 0; c < dx.cols; ++c) dx(r, c) = inv_std[r] * std::fma(-x_hat(r, c), mean_g_x_hat, g(c) - mean_g);
  }
}

// ---- the LSTM with norms ----

/// In place, each row by its own mean and variance.
template <class T>
void standardize_rows(View<T> z, T epsilon, T* inv_std) {
  for (Index r = 0; r < z.rows; ++r) {
    T mean = 0;
    row_moments<T>(z.slice(r, 1), &mean, inv_std + r);
    reference::inverse_std(inv_std + r, epsilon, inv_std + r, 1);
    for (T& number : z.slice(r, 1)) number = (number - mean) * inv_std[r];
  }
}

template <class T>
void normalized_lstm_step(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, View<T> h) {
  standardize_rows(step.projected, by.epsilon, step.projected_inv_std);
  standardize_rows(step.recurred, by.epsilon, step.recurred_inv_std);
  for (Index r = 0; r < h.rows; ++r) {
    for (Index i = 0; i < step.gates.cols; ++i) {
      step.gates(r, i) = std::fma(by.input_gamma[i], step.projected(r, i), by.shift[i]) + by.recurrent_gamma[i] * step.recurred(r, i);
    }
  }
  reference::lstm_functions(step.gates, step.c_before, step.c);
  standardize_rows<T>(step.c, by.epsilon, by.state_gamma, by.state_beta, step.c_inv_std, step.c_hat.data, step.tanh_c);
  reference::lstm_output<T>(step.gates, step.tanh_c, step.tanh_c, h);
}

template <class T>
void normalized_lstm_step_backward(const NormalizedLstm<T>& by, const NormalizedLstmStep<T>& step, ConstView<T> dh, View<T> dc,
                                   const NormalizedLstmGradients<T>& to) {
  reference::lstm_output_backward<T>(step.gates, step.tanh_c, dh, to.dstate);
  normalize_rows_backward<T>(step.c_hat, to.dstate, by.state_gamma, step.c_inv_std, to.dc_part);
  reference::lstm_gates_backward<T>(step.gates, step.c_before, step.tanh_c, dh, to.dc_part, dc, to.dgates);
  normalize_rows_backward<T>(step.projected, to.dgates, by.input_gamma, step.projected_inv_std, to.dprojected);
  normalize_rows_backward<T>(step.recurred, to.dgates, by.recurrent_gamma, step.recurred_inv_std, to.drecurred);
}

template <class T>
constexpr Table<T> kReference{
    .product = product<T>,
    .product_weight_gradient = product_weight_gradient<T>,
    .product_input_gradient = product_input_gradient<T>,
    .pack = pack<T>,
    .pack_transposed = pack_transposed<T>,
    .continue_weight_gradient = continue_weight_gradient<T>,
    .product_by_packed = product_by_packed<T>,
    .product_of_windows = product_of_windows<T>,
    .product_of_windows_weight_gradient = product_of_windows_weight_gradient<T>,
    .pool_largest = reference::pool_largest<T>,
    .pool_largest_backward = reference::pool_largest_backward<T>,
    .pool_mean = reference::pool_mean<T>,
    .pool_mean_backward = reference::pool_mean_backward<T>,
    .column_sums = column_sums<T>,
    .add_column_sums = reference::add_column_sums<T>,
    .finish_column_sums = reference::finish_column_sums<T>,
    .column_moments = column_moments<T>,
    .column_dots = column_dots<T>,
    .add_sums_and_dots = reference::add_sums_and_dots<T>,
    .finish_sums_and_dots = reference::finish_sums_and_dots<T>,
    .row_moments = row_moments<T>,
    .inverse_std = reference::inverse_std<T>,
    .normalize_columns = normalize_columns<T>,
    .normalize_rows = normalize_rows<T>,
    .standardize_rows = standardize_rows<T>,
    .column_gradient_sums = column_gradient_sums<T>,
    .normalize_columns_backward = normalize_columns_backward<T>,
    .normalize_rows_backward = normalize_rows_backward<T>,
    .relu = reference::relu<T>,
    .relu_backward = reference::relu_backward<T>,
    .tanh = reference::tanh<T>,
    .tanh_backward = reference::tanh_backward<T>,
    .sigmoid = reference::sigmoid<T>,
    .sigmoid_backward = reference::sigmoid_backward<T>,
    .exp = reference::exp<T>,
    .scale = reference::scale<T>,
    .scale_columns = reference::scale_columns<T>,
    .blend = reference::blend<T>,
    .squared_errors = squared_errors<T>,
    .add = reference::add<T>,
    .lstm_gates = reference::lstm_gates<T>,
    .lstm_output = reference::lstm_output<T>,
    .lstm_output_backward = reference::lstm_output_backward<T>,
    .lstm_gates_backward = reference::lstm_gates_backward<T>,
    .normalized_lstm_step = normalized_lstm_step<T>,
    .normalized_lstm_step_backward = normalized_lstm_step_backward<T>,
    .gru_gates = reference::gru_gates<T>,
    .gru_gates_backward = reference::gru_gates_backward<T>,
    .sgd_update = reference::sgd_update<T>,
    .momentum_update_keras = reference::momentum_update_keras<T>,
    .momentum_update_torch = reference::momentum_update_torch<T>,
    .adam_update = reference::adam_update<T>,
    .adam_update_product = adam_update_product<T>,
    .rmsprop_update = reference::rmsprop_update<T>,
};

}  // namespace

template <class T>
const Table<T>& reference_table() {
  return kReference<T>;
}
template const Table<float>& reference_table();
template const Table<double>& reference_table();

}  // namespace normrun::nn::kernels
