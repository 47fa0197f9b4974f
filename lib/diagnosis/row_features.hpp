#pragma once

#include <vector>

#include "diagnosis/shift_test.hpp"
#include "diagnosis/subject.hpp"

namespace normrun::diagnosis {

/// Mean and mean square of each channel over a row's positions (padded steps of sequences left out), one row after another: the
/// first `rows_of_source` rows are the source's.
struct ShiftFeatures {
  std::vector<Features> sets;  // the raw inputs; the first normalization layers' inputs in an untrained copy; those of the trained network
  Index rows_of_source = 0;
  bool has_means_only = false;  // set 0 has no mean squares
};

/// What tells whether the rows of `compared` are distributed like the training rows.  Weights that were fitted to the training rows make
/// the moments of fresh rows differ, so that the trained network's layers are looked at only where `source` was never trained on.
template <class T>
ShiftFeatures shift_features(const Subject<T>& subject, data::SplitName source, data::SplitName compared);

}  // namespace normrun::diagnosis
