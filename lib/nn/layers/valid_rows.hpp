#pragma once

#include "nn/kernels/kernels.hpp"
#include "nn/layer.hpp"

namespace normrun::nn::layers {

/// How many rows of padded sequences count in the statistics.  x: (examples * steps, channels); the first lengths[e] steps of example e are
/// valid, and the rest is padding.
///
///   mean = sum of x / divisor,  var = sum of (x - mean)^2 / divisor over the valid rows,  divisor = valid rows + 1e-7
///
/// Source: Keras 3 BatchNormalization._moments with a mask.  Its divisor has backend.epsilon() added, so that a batch without valid rows
/// gives 0 and not NaN.
///
/// If every batch is padded by itself, all steps up to the end of the longest sequence count, and the divisor is their number alone
/// (PyTorch, and Keras without a mask).
struct ValidRows {
  Index count = 0;
  double divisor = 0.0;
};

/// Which steps of some examples are counted.
struct ValidSteps {
  const Index* lengths = nullptr;  // (examples)
  Index longest = 0;               // 0: those of each sequence; else as many of each example
  Index of(Index example) const { return longest > 0 ? longest : lengths[example]; }
};

ValidRows count_valid(const ValidSteps& steps, Index examples);

/// Computes the plain moments of the valid rows: sums divided by the number of valid rows, or 0 if there are none.  `packed` has room for
/// all of x; at the end the valid rows lie there one after another.  Returns how many rows are valid.
template <class T>
Index plain_valid_moments(ConstView<T> x, const ValidSteps& valid, Index examples, T* packed, T* mean, T* variance);

/// Turns the plain moments of `valid_rows` rows, (channels) each, into moments with the divisor of ValidRows.
template <class T>
void take_count_epsilon(Index valid_rows, Index channels, T* mean, T* variance);

/// The arguments of normalize_valid_backward, which computes dx if only the valid rows made mean and variance, but every row was normalized
/// by them.  sum_dy and sum_dy_x_hat: (channels), sums over all rows; they are overwritten.  gamma may be null.
template <class T>
struct ValidRowsBackward {
  ValidSteps valid;
  Index examples;
  kernels::NormalizedColumns<T> x_hat;
  ConstView<T> dy;
  const T* gamma;
  T* sum_dy;
  T* sum_dy_x_hat;
  T* factor;  // scratch
  View<T> dx;
};
template <class T>
void normalize_valid_backward(const ValidRowsBackward<T>& call);

}  // namespace normrun::nn::layers
