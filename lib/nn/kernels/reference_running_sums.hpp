#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/matrix.hpp"
#include "nn/kernels/orders.hpp"

/// The references of the sums over rows that arrive in several calls: kernels.hpp says what each computes.
namespace normrun::nn::kernels::reference {

/// A running sum in memory of type T.  It holds a double, which is the total of the complete blocks, and behind it the kStripes stripes.
template <class T>
struct RunningSum {
  T* total;
  T* stripes;
  RunningSum(T* running, Index sum) : total(running + sum * kNumbers), stripes(total + kNumbersOfDouble<T>) {}
  static constexpr Index kNumbers = kStripes + kNumbersOfDouble<T>;

  void clear() { std::fill_n(total, kNumbers, T{0}); }
  /// Adds the stripes to the total, clears them, and returns the total.
  double end_block() {
    double sum = 0;
    std::memcpy(&sum, total, sizeof sum);
    sum += static_cast<double>((stripes[0] + stripes[2]) + (stripes[1] + stripes[3]));
    std::memcpy(total, &sum, sizeof sum);
    std::fill_n(stripes, kStripes, T{0});
    return sum;
  }
};

template <class T>
void add_column_sums(ConstView<T> x, Index first_row, T* running) {
  for (Index c = 0; c < x.cols; ++c) {
    RunningSum<T> sum(running, c);
    if (first_row == 0) sum.clear();
    for (Index r = 0; r < x.rows; ++r) {
      if ((first_row + r) % kBlockRows == 0) sum.end_block();
      sum.stripes[(first_row + r) % kStripes] += x(r, c);
    }
  }
}

template <class T>
void finish_column_sums(T* running, Index channels, T* sums) {
  for (Index c = 0; c < channels; ++c) sums[c] = static_cast<T>(RunningSum<T>(running, c).end_block());
}

template <class T>
void add_sums_and_dots(ConstView<T> dy, ConstView<T> a, ConstView<T> b, Index first_row, T* running) {
  for (Index c = 0; c < dy.cols; ++c) {
    for (Index k = 0; k < 3; ++k) {
      RunningSum<T> sum(running, 3 * c + k);
      if (first_row == 0) sum.clear();
      for (Index r = 0; r < dy.rows; ++r) {
        if ((first_row + r) % kBlockRows == 0) sum.end_block();
        T& stripe = sum.stripes[(first_row + r) % kStripes];
        stripe = k == 0 ? stripe + dy(r, c) : std::fma(dy(r, c), k == 1 ? a(r, c) : b(r, c), stripe);
      }
    }
  }
}

template <class T>
void finish_sums_and_dots(T* running, Index channels, T* sums, T* dots_a, T* dots_b) {
  for (Index c = 0; c < channels; ++c) {
    sums[c] = static_cast<T>(RunningSum<T>(running, 3 * c).end_block());
    dots_a[c] = static_cast<T>(RunningSum<T>(running, 3 * c + 1).end_block());
    dots_b[c] = static_cast<T>(RunningSum<T>(running, 3 * c + 2).end_block());
  }
}

}  // namespace normrun::nn::kernels::reference
