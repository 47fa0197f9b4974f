#pragma once

#include <string>
#include <vector>

#include "study/loaded_model.hpp"

namespace normrun::study {

/// How far the outputs move if the same rows are arranged in other batches: the root mean square of their difference from the outputs of
/// all rows in one batch, in standard deviations of the latter outputs.
struct BatchDependence {
  std::string arrangement;  // "batches of 8", "shuffled", "sorted by label", "other neighbours"
  double as_it_runs = 0.0;  // in the mode in which the file runs: eval mode, unless it always normalizes by its batch
  double train_mode = 0.0;
};

/// Runs some rows of a split in several arrangements of batches. own_mode: the mode in which the file runs, which is eval mode, or train
/// mode if the file always normalizes by its batch.
template <class T>
std::vector<BatchDependence> batch_dependence(const LoadedModel<T>& loaded, data::SplitName split, const Mode& own_mode);

/// Returns the largest dependence in the mode in which the file runs.
double largest_dependence(const std::vector<BatchDependence>& list);

/// A dependence below this comes from rounding.
inline constexpr double kRoundingDependence = 1e-4;

}  // namespace normrun::study
