#pragma once

#include <string>
#include <vector>

#include "study/loaded_model.hpp"

namespace normrun::study {

/// How far outputs move if the same rows stand in other batches: the root mean square of the difference from the outputs of all rows in one
/// batch, in standard deviations of these.
struct BatchDependence {
  std::string arrangement;  // "batches of 8", "shuffled", "sorted by label", "other neighbours"
  double as_it_runs = 0.0;  // in the mode in which the file runs: eval mode, unless it always normalizes by its batch
  double train_mode = 0.0;
};

/// Runs some rows of a split in several batches.  own_mode: the mode in which the file runs, which is eval mode or, if the file always
/// normalizes by its batch, train mode.
template <class T>
std::vector<BatchDependence> batch_dependence(const LoadedModel<T>& loaded, data::SplitName split, const Mode& own_mode);

/// Returns the largest dependence in the mode in which the file runs.
double largest_dependence(const std::vector<BatchDependence>& list);

/// A dependence below this comes from rounding.
inline constexpr double kRoundingDependence = 1e-4;

}  // namespace normrun::study
