#include "train/schedule.hpp"

#include "train/schedules/members.hpp"

namespace normrun::train {

void ScheduleSpec::describe(config::OptionVisitor& visitor) {
  visitor.choice(
      {"every", "the unit of time: the schedule moves before every step, or before every epoch; its lengths are counted in this unit"},
      unit_, {{"step", Unit::kStep}, {"epoch", Unit::kEpoch}});
  describe_own(visitor);
  visitor.integer(
      {"warmup",
       "during so many first steps (or epochs) the learning rate rises in a straight line; the schedule itself begins after them"},
      warmup_, {.low = 0});
  visitor.number({"warmup_factor", "where the warm-up starts, as a factor of the learning rate"}, warmup_factor_, config::at_least(0.0));
}

double ScheduleSpec::rate(double base, const ScheduleMoment& moment) const {
  const Index unit = unit_ == Unit::kStep ? 1 : moment.steps_per_epoch;
  const Index time = moment.step / unit;
  if (time < warmup_) {
    const double share = static_cast<double>(time) / static_cast<double>(warmup_);
    return base * (warmup_factor_ + (1.0 - warmup_factor_) * share);
  }
  return decayed(base, time - warmup_, (moment.total_steps + unit - 1) / unit - warmup_);
}

const config::Family& schedule_family() {
  static const config::Family kFamily{"schedule",
                                      {schedules::constant(), schedules::step(), schedules::exponential(), schedules::cosine(),
                                       schedules::polynomial(), schedules::linear(), schedules::plateau()}};
  return kFamily;
}

}  // namespace normrun::train
