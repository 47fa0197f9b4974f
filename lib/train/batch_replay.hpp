#pragma once

#include <optional>
#include <span>

#include "train/moving_statistics.hpp"
#include "train/run_forward.hpp"
#include "train/trainer.hpp"

namespace normrun {

/// The batches of a training run once more, by a network that stands still: what its statistics would be if only the batches mattered.
template <class T>
class BatchReplay {
 public:
  /// Throws as Trainer does.
  explicit BatchReplay(const TrainingPlan<T>& plan);

  /// Takes step `step`'s rows; returns how many there are.
  Index start(Index step);
  /// Some of the step's rows, with the dropout that the step drew, up to `last_boundary`.
  void run(const Part& part, const Model<T>& model, const Mode& mode, Index last_boundary);
  const SliceForward<T>& pass() const { return forward_; }
  Index steps_per_epoch() const { return steps_per_epoch_; }

 private:
  TrainingPlan<T> plan_;
  std::optional<Batches> batches_;  // none: fresh rows for every step
  Index steps_per_epoch_ = 0;
  Index epoch_ = -1;
  Index step_ = 0;
  std::span<const Index> rows_;  // of the step
  Split<T> fresh_;
  std::vector<Index> all_fresh_;
  SliceForward<T> forward_;
};

/// Which statistics a replay's batches are averaged to.
enum class ReplayWeights {
  kMovingAverage,  // as the moving averages weigh the last steps: the same sampling, without the training in between
  kEqual,          // many batches, each the same: what the moving averages tend to
};

/// Averages batches of the training's end (at most kMostReplayed) for every layer that has moving statistics.  `steps` are done so far.
inline constexpr Index kMostReplayed = 4096;
template <class T>
std::vector<LayerStatistics> replay_statistics(const TrainingPlan<T>& plan, const Model<T>& model, Index steps, ReplayWeights weights,
                                               Dropout dropout);

}  // namespace normrun
