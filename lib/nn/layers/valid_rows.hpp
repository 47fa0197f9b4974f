#pragma once

#include "nn/kernels/kernels.hpp"
#include "nn/layer.hpp"

namespace normrun::nn::layers {

/// The statistics of padded sequences.  x: (examples * steps, channels), of which the first lengths[e] steps of example e
/// are data and the rest is padding.
///
///   mean = sum of x / divisor,  var = sum of (x - mean)^2 / divisor over the valid rows,  divisor = valid rows + 1e-7
///
/// Source: Keras 3 BatchNormalization._moments with a mask (backend.epsilon() in the divisor: no rows give 0, not NaN).
struct ValidRows {
  Index count = 0;
  double divisor = 0.0;
};

ValidRows count_valid(const Index* lengths, Index examples);

/// The plain moments of the valid rows: divided by their number, zeros of none.  packed: room for all of x; the valid rows end up there
/// one after another.  Returns how many they are.
template <class T>
Index plain_valid_moments(ConstView<T> x, const Index* lengths, Index examples, T* packed, T* mean, T* variance);

/// Turns the plain moments of so many valid rows, (channels) each, into those above.
template <class T>
void take_count_epsilon(Index valid_rows, Index channels, T* mean, T* variance);

/// dx where only the valid rows made mean and variance, but every row was normalized by them.  Sums: (channels),
/// sum_dy and sum_dy_x_hat over all rows; they are overwritten.  gamma may be null.
template <class T>
struct ValidRowsBackward {
  const Index* lengths;
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
