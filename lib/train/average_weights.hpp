#pragma once

#include <optional>
#include <span>

#include "config/options/options.hpp"
#include "nn/model.hpp"

namespace normrun::train {

/// Which moving statistics go with averaged weights.
enum class AveragedStatistics {
  kLast,     // those of the last step, which were computed with other weights
  kAverage,  // their average, taken in the same way as the average of the weights
};

/// How a training averages its weights: the options of one kind of average.
class AverageSpec : public config::Described {
 public:
  void describe(config::OptionVisitor& visitor) final;
  /// Whether the average takes the weights after `step` steps.
  bool takes(Index step, Index steps_per_epoch, Index total_steps) const;
  /// Returns the weight of the newest weights in an average that already has `count` weights.
  virtual double share(Index count) const = 0;
  AveragedStatistics statistics() const { return statistics_; }

 protected:
  enum class Unit { kStep, kEpoch };
  explicit AverageSpec(Unit unit) : unit_(unit) {}
  virtual void describe_own(config::OptionVisitor& visitor) = 0;

 private:
  Unit unit_;
  Index from_ = 1;
  Index interval_ = 1;
  AveragedStatistics statistics_ = AveragedStatistics::kLast;
};

/// The kinds of averages: swa, ema.
const config::Family& average_family();

/// Moves an average towards the newest numbers: average += share (newest - average).
template <class T>
void move_average(double share, std::span<const T> newest, std::span<T> average);

}  // namespace normrun::train
