#pragma once

#include "nn/layers/batch.hpp"

namespace normrun::nn::layers {

/// How many numbers count in each row, if a layer normalizes rows that hold the steps of padded sequences one after another.  The numbers
/// of the valid steps come first in a row, and only they make its statistics; the padded steps are normalized by the same statistics.
struct ValidPrefix {
  const Index* lengths = nullptr;  // for each example how many steps are valid
  Index rows_of_example = 1;
  Index numbers_of_step = 1;
  Index count(Index row) const { return lengths[row / rows_of_example] * numbers_of_step; }
};

/// mean, variance: (rows), over the valid numbers of each row.  The variance is biased.  A row without valid numbers gets 0 for both.
template <class T>
void prefix_moments(ConstView<T> x, const ValidPrefix& valid, T* mean, T* variance);

/// dx of the row normalization by the moments of prefix_moments.  With g = dy gamma, n valid numbers in the row, and sums over the whole
/// row:
///   valid numbers:   dx = inv_std (g - sum(g) / n - x_hat sum(g x_hat) / n)
///   padded numbers:  dx = inv_std g
/// gamma may be null; dx may be dy.
template <class T>
void normalize_prefix_backward(ConstView<T> x_hat, ConstView<T> dy, const T* gamma, const T* inv_std, const ValidPrefix& valid, View<T> dx);

/// Describes the option padded_steps of a layer that normalizes examples by themselves.
void describe_padded_steps(config::OptionVisitor& visitor, PaddedSteps& padded_steps);

}  // namespace normrun::nn::layers
