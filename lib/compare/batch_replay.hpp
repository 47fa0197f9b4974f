#pragma once

#include "statistics/moving_statistics.hpp"
#include "statistics/run_forward.hpp"
#include "train/trainer.hpp"

namespace normrun::compare {

/// Which statistics a replay's batches are averaged to.
enum class ReplayWeights {
  kMovingAverage,  // as the moving averages weigh the last steps: the same sampling, without the training in between
  kEqual,          // many batches, each the same: what the moving averages tend to
};

/// Reads batches of the training's end once more, by a network that stands still, and averages them for every layer that has moving
/// statistics: at most 4096 batches.  `steps` are done so far; `stem` is of the training rows, or null.  Throws as Trainer does.
template <class T>
std::vector<statistics::LayerStatistics> replay_statistics(const train::TrainingPlan<T>& plan, const nn::Model<T>& model, Index steps,
                                                           ReplayWeights weights, Dropout dropout,
                                                           statistics::StemOutputs<T>* stem = nullptr);

}  // namespace normrun::compare
