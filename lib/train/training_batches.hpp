#pragma once

#include <optional>

#include "train/trainer.hpp"

namespace normrun::train {

/// Returns the order in which the steps of a plan read their rows.  If the config gives `batch_order`, this file decides it.  Returns
/// nothing if every step draws fresh rows.  Throws Error(kUsage) if there are no training rows, or a batch_order but nothing to order.
/// Throws Error(kDamaged) if batch_order is not an NPY file of row numbers.
template <class T>
std::optional<data::Batches> training_batches(const TrainingPlan<T>& plan);

/// Allocates the rows of a batch: inputs, then labels or else numbers to predict (`outputs` numbers for each row), and the lengths if rows
/// are sequences.
template <class T>
data::Split<T> empty_batch(const data::Dataset<T>& data, Index rows, Index outputs);
/// Draws the rows of step `step`, for data of which every step draws fresh rows.  If the data has no targets, the batch's targets stay as
/// they are.
template <class T>
void draw_batch(const data::Dataset<T>& data, Index step, data::Split<T>& batch);

}  // namespace normrun::train
