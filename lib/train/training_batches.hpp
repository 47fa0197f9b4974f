#pragma once

#include <optional>

#include "train/trainer.hpp"

namespace normrun::train {

/// The order in which a plan's steps read their rows, with `batch_order` where it is given; none: fresh rows for every step.
/// Throws Error: kUsage without training rows or where a batch_order has nothing to order, kDamaged for one that is no such file.
template <class T>
std::optional<data::Batches> training_batches(const TrainingPlan<T>& plan);

}  // namespace normrun::train
