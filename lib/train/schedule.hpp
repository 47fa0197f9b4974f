#pragma once

#include <memory>
#include <optional>

#include "config/options/options.hpp"
#include "core/matrix.hpp"
#include "train/monitor.hpp"

namespace normrun::train {

/// A moment of a training: the number of the next step, counted from 0, and the length of the training.
struct ScheduleMoment {
  Index step = 0;
  Index steps_per_epoch = 1;
  Index total_steps = 0;
};

/// How the learning rate changes while a network trains: the options of one kind of schedule.
class ScheduleSpec : public config::Described {
 public:
  void describe(config::OptionVisitor& visitor) final;
  /// Returns the learning rate of the next step.  `base` is the optimizer's rate after learning_rate_scaling, or what the cuts of a plateau
  /// have left of it.
  double rate(double base, const ScheduleMoment& moment) const;
  /// Returns the options of a schedule that follows a score, or nothing for a schedule that follows time alone.
  virtual std::optional<PlateauOptions> plateau() const { return std::nullopt; }

 protected:
  enum class Unit { kStep, kEpoch };
  explicit ScheduleSpec(Unit unit) : unit_(unit) {}
  /// Returns the rate at `time` after the warm-up.  The training has `length` from the warm-up on.  Both are in the schedule's unit.
  virtual double decayed(double base, Index time, Index length) const = 0;
  virtual void describe_own(config::OptionVisitor& visitor) = 0;

 private:
  Unit unit_;
  Index warmup_ = 0;
  double warmup_factor_ = 0.0;
};

/// The kinds of schedules: constant, step, exponential, cosine, polynomial, linear, plateau.
const config::Family& schedule_family();

}  // namespace normrun::train
