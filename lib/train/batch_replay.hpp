#pragma once

#include "statistics/moving_statistics.hpp"
#include "statistics/run_forward.hpp"
#include "train/trainer.hpp"

namespace normrun::train {

/// How a replay weights the statistics of its batches.
enum class ReplayWeights {
  kMovingAverage,  // as the moving averages weight the last steps: the sampling noise is the same, but the parameters stand still
  kEqual,          // equally, for many batches: the result is what the moving averages tend to
};

/// Runs batches from the end of a training once more through the trained network, at most 4096 of them, and averages their statistics for
/// every layer that has moving ones.  `steps` is the number of steps done so far.  `stem` has the stem's outputs for the training rows, or
/// is null.  Throws what Trainer throws.
template <class T>
std::vector<statistics::LayerStatistics> replay_statistics(const TrainingPlan<T>& plan, const nn::Model<T>& model, Index steps,
                                                           ReplayWeights weights, Dropout dropout,
                                                           statistics::StemOutputs<T>* stem = nullptr);

}  // namespace normrun::train
