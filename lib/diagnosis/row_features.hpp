#pragma once

#include <vector>

#include "diagnosis/shift_test.hpp"
#include "diagnosis/subject.hpp"

namespace normrun::diagnosis {

/// Features that tell whether the rows of two splits, the source and the compared one, are distributed alike.  They are, for each example,
/// the mean and the mean square of each channel over the example's positions, without padded steps.  Each row of the matrices is one
/// example; the first `rows_of_source` rows are those of the source.
struct ShiftFeatures {
  // One set each: for the raw inputs, for the input of each of the first normalization layers in an untrained copy, and, unless the source
  // is the training split, for the same inputs in the trained network.
  std::vector<Features> sets;
  Index rows_of_source = 0;
  bool has_means_only = false;  // whether set 0 lacks the mean squares
};

/// Returns the features that tell whether the rows of `compared` are distributed like those of `source`.  Weights that were fitted to the
/// training rows make the moments of fresh rows differ.  So the trained network's layers are looked at only if `source` is not the training
/// split.
template <class T>
ShiftFeatures shift_features(const Subject<T>& subject, data::SplitName source, data::SplitName compared);

}  // namespace normrun::diagnosis
