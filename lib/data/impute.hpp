#pragma once

#include "data/dataset.hpp"

namespace normrun::data {

/// What replaces a missing input.  The mean and the median are those of the training split.
enum class Impute { kMean, kMedian, kZero, kDropRow, kError };

/// Replaces every NaN among the inputs of all splits.  The padded steps of sequences do not count.  A feature that has no value in the
/// training split becomes 0.
template <class T>
void fill_missing(Impute impute, Dataset<T>& data);

}  // namespace normrun::data
