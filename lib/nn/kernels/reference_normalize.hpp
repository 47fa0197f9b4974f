#pragma once

#include <cmath>

#include "nn/kernels/kernels.hpp"
#include "nn/kernels/reference_elementwise.hpp"
#include "nn/kernels/reference_statistics.hpp"

/// The references of the normalizations: kernels.hpp says what each computes.
namespace normrun::nn::kernels::reference {

template <class T>
T at(const NormalizedColumns<T>& x_hat, Index r, Index c) {
  return (x_hat.x(r, c) - x_hat.mean[c]) * x_hat.inv_std[c];
}

template <class T>
T scaled_and_shifted(ScaleAndShift<T> by, Index c, T x_hat) {
  return std::fma(by.gamma != nullptr ? by.gamma[c] : T{1}, x_hat, by.beta != nullptr ? by.beta[c] : T{0});
}

template <class T>
void normalize_columns(const NormalizedColumns<T>& x_hat, ScaleAndShift<T> by, View<T> y) {
  for (Index r = 0; r < y.rows; ++r) {
    for (Index c = 0; c < y.cols; ++c) y(r, c) = scaled_and_shifted(by, c, at(x_hat, r, c));
  }
}

template <class T>
void normalize_rows(const NormalizedRows<T>& x_hat, ScaleAndShift<T> by, T* kept, View<T> y) {
  for (Index r = 0; r < y.rows; ++r) {
    for (Index c = 0; c < y.cols; ++c) {
      const T normalized = (x_hat.x(r, c) - x_hat.mean[r]) * x_hat.inv_std[r];
      y(r, c) = scaled_and_shifted(by, c, normalized);
      if (kept != nullptr) kept[r * y.cols + c] = normalized;
    }
  }
}

template <class T>
void standardize_rows(ConstView<T> x, T epsilon, ScaleAndShift<T> by, T* inv_std, T* x_hat, View<T> y) {
  for (Index r = 0; r < x.rows; ++r) {
    T mean = 0;
    row_moments(x.slice(r, 1), &mean, inv_std + r);
    reference::inverse_std(inv_std + r, epsilon, inv_std + r, 1);
    reference::normalize_rows<T>({x.slice(r, 1), &mean, inv_std + r}, by, x_hat + r * x.cols, y.slice(r, 1));
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

}  // namespace normrun::nn::kernels::reference
