#pragma once

#include <optional>

#include "train/trainer.hpp"

namespace normrun::train {

/// Returns the batches that the steps of a plan read.  If the config has `batch_order`, that file gives the order of the rows.  Returns
/// nothing if every step draws fresh rows.  Throws Error(kUsage) if there are no training rows, or a batch_order but nothing to order.
/// Throws Error(kDamaged) if batch_order is not an NPY file of row numbers.
template <class T>
std::optional<data::Batches> training_batches(const TrainingPlan<T>& plan);

/// Allocates a batch of `rows` rows: inputs; then labels (one or several a row), or `outputs` numbers to predict for each row; and the
/// lengths if rows are sequences.
template <class T>
data::Split<T> empty_batch(const data::Dataset<T>& data, Index rows, Index outputs);
/// Draws `rows` rows of step `step` into the first rows of `batch`, for data of which every step draws fresh rows.  If the data has no
/// targets, the batch's targets stay as they are.
template <class T>
void draw_batch(const data::Dataset<T>& data, Index step, Index rows, data::Split<T>& batch);

}  // namespace normrun::train
