#pragma once

#include <optional>

#include "train/trainer.hpp"

namespace normrun::train {

/// Returns the order in which the steps of a plan read their rows; `batch_order` decides it where it is given.  Returns nothing where every
/// step draws fresh rows.  Throws Error(kUsage) without training rows, or where there is a batch_order but nothing to order;
/// Error(kDamaged) where batch_order is not an NPY file of row numbers.
template <class T>
std::optional<data::Batches> training_batches(const TrainingPlan<T>& plan);

/// Allocates the rows of a batch: inputs, labels or else numbers to predict (`outputs` for each row), and lengths of sequences.
template <class T>
data::Split<T> empty_batch(const data::Dataset<T>& data, Index rows, Index outputs);
/// Draws the rows of step `step` where every step draws fresh ones.  Numbers to predict stay as they are where the data has none.
template <class T>
void draw_batch(const data::Dataset<T>& data, Index step, data::Split<T>& batch);

}  // namespace normrun::train
