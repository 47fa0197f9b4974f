#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "nn/kernels/kernels.hpp"
#include "nn/kernels/orders.hpp"

/// The references of the sums over rows and over columns: kernels.hpp says what each computes.
namespace normrun::nn::kernels::reference {

/// A sum over the columns of one row.  Each lane runs sum = add(j, sum) for j = lane, lane + 16, ...; then a tree adds the lanes.
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

/// A sum over the rows of one column.  Inside a block each stripe runs sum = add(r, sum); the blocks' sums are added in double.
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

}  // namespace normrun::nn::kernels::reference
