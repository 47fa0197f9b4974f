#include <algorithm>
#include <numbers>
#include <vector>

#include "core/elementary.hpp"
#include "train/schedule.hpp"
#include "train/schedules/members.hpp"

namespace normrun::train::schedules {
namespace {

/// Returns base^exponent for base > 0.  It is exact if the exponent is a whole number.
double raised(double base, double exponent) {
  if (base == 0.0) return exponent == 0.0 ? 1.0 : 0.0;
  const auto whole = static_cast<std::uint64_t>(exponent);
  const double rest = exponent - static_cast<double>(whole);
  return math::power(base, whole) * (rest > 0.0 ? math::exp(rest * math::log(base)) : 1.0);
}

class Constant final : public ScheduleSpec {
 public:
  Constant() : ScheduleSpec(Unit::kStep) {}

 protected:
  double decayed(double base, Index, Index) const override { return base; }
  void describe_own(config::OptionVisitor&) override {}
};

/// base gamma^k, where k counts the milestones that have passed, or the step_sizes.  Source: torch StepLR and MultiStepLR.
class Step final : public ScheduleSpec {
 public:
  Step() : ScheduleSpec(Unit::kEpoch) {}

 protected:
  double decayed(double base, Index time, Index) const override {
    const auto passed = std::count_if(milestones_.begin(), milestones_.end(), [time](Index milestone) { return milestone <= time; });
    const Index cuts = milestones_.empty() ? time / step_size_ : static_cast<Index>(passed);
    return base * math::power(gamma_, static_cast<std::uint64_t>(cuts));
  }
  void describe_own(config::OptionVisitor& visitor) override {
    visitor.integer({"step_size", "the time between two cuts, if there are no milestones"}, step_size_, {.low = 1});
    visitor.integers({"milestones", "the times of the cuts, instead of step_size"}, milestones_, {.low = 0});
    visitor.number({"gamma", "the factor of each cut"}, gamma_, config::at_least(0.0));
  }

 private:
  Index step_size_ = 1;
  std::vector<Index> milestones_;
  double gamma_ = 0.1;
};

/// A schedule that ends: after decay_steps the rate stays where it is.
class Ending : public ScheduleSpec {
 protected:
  Ending() : ScheduleSpec(Unit::kStep) {}
  double decayed(double base, Index time, Index length) const final {
    const Index end = decay_steps_.value_or(std::max<Index>(length, 1));
    return between(base, static_cast<double>(std::min(time, end)) / static_cast<double>(end));
  }
  /// Returns the rate when `share` of the decay has passed, from 0 to 1.
  virtual double between(double base, double share) const = 0;
  void describe_end(config::OptionVisitor& visitor) {
    visitor.integer({"decay_steps", "how many steps (or epochs) the decay takes; default: as many as the training has after the warm-up"},
                    decay_steps_, {.low = 1});
  }
  void describe_end_rate(config::OptionVisitor& visitor) {
    visitor.number({"end_learning_rate", "the learning rate at the end (torch's eta_min; Keras's alpha times the learning rate)"},
                   end_rate_, config::at_least(0.0));
  }
  double end_rate_ = 0.0;

 private:
  std::optional<Index> decay_steps_;
};

/// Source: Loshchilov & Hutter 2017, equation 5; Keras CosineDecay, torch CosineAnnealingLR up to T_max.
class Cosine final : public Ending {
 protected:
  double between(double base, double share) const override {
    return end_rate_ + (base - end_rate_) * (1.0 + math::cos(std::numbers::pi * share)) / 2.0;
  }
  void describe_own(config::OptionVisitor& visitor) override {
    describe_end(visitor);
    describe_end_rate(visitor);
  }
};

/// Source: Keras PolynomialDecay, torch PolynomialLR.
class Polynomial final : public Ending {
 protected:
  double between(double base, double share) const override { return end_rate_ + (base - end_rate_) * raised(1.0 - share, power_); }
  void describe_own(config::OptionVisitor& visitor) override {
    describe_end(visitor);
    describe_end_rate(visitor);
    visitor.number({"power", "the exponent of the share of the decay that is still to come"}, power_, config::at_least(0.0));
  }

 private:
  double power_ = 1.0;
};

/// Source: torch LinearLR.
class Linear final : public Ending {
 protected:
  double between(double base, double share) const override { return base * (start_factor_ + (end_factor_ - start_factor_) * share); }
  void describe_own(config::OptionVisitor& visitor) override {
    describe_end(visitor);
    visitor.number({"start_factor", "the factor of the learning rate at the start"}, start_factor_, config::at_least(0.0));
    visitor.number({"end_factor", "the factor of the learning rate at the end"}, end_factor_, config::at_least(0.0));
  }

 private:
  double start_factor_ = 1.0;
  double end_factor_ = 0.0;
};

/// Source: Keras ExponentialDecay, torch ExponentialLR.
class Exponential final : public ScheduleSpec {
 public:
  Exponential() : ScheduleSpec(Unit::kStep) {}

 protected:
  double decayed(double base, Index time, Index) const override {
    const Index whole = time / decay_steps_;
    const double rest = is_staircase_ ? 0.0 : static_cast<double>(time % decay_steps_) / static_cast<double>(decay_steps_);
    return base * raised(decay_rate_, static_cast<double>(whole) + rest);
  }
  void describe_own(config::OptionVisitor& visitor) override {
    visitor.number({"decay_rate", "the factor of the learning rate after decay_steps (torch's gamma, with decay_steps 1)"}, decay_rate_,
                   config::above(0.0));
    visitor.integer({"decay_steps", "the time in which the learning rate changes by decay_rate"}, decay_steps_, {.low = 1});
    visitor.flag({"staircase", "whether the learning rate changes only when decay_steps have passed"}, is_staircase_);
  }

 private:
  double decay_rate_ = 0.9;
  Index decay_steps_ = 1;
  bool is_staircase_ = false;
};

}  // namespace

config::FamilyMember constant() {
  return {"constant", "keeps the learning rate as it is, after a warm-up", "", [] { return std::make_shared<Constant>(); }};
}
config::FamilyMember step() {
  return {"step", "cuts the learning rate by gamma at fixed times", "torch StepLR, MultiStepLR (2.13); Keras 3 PiecewiseConstantDecay",
          [] { return std::make_shared<Step>(); }};
}
config::FamilyMember exponential() {
  return {"exponential", "learning_rate * decay_rate^(time / decay_steps)", "Keras 3 ExponentialDecay, torch ExponentialLR (2.13)",
          [] { return std::make_shared<Exponential>(); }};
}
config::FamilyMember cosine() {
  return {"cosine", "half a cosine from the learning rate to end_learning_rate",
          "Loshchilov & Hutter 2017, equation 5; Keras 3 CosineDecay, torch CosineAnnealingLR (2.13)",
          [] { return std::make_shared<Cosine>(); }};
}
config::FamilyMember polynomial() {
  return {"polynomial", "end + (learning_rate - end) * (1 - time / decay_steps)^power",
          "Keras 3 PolynomialDecay, torch PolynomialLR (2.13)", [] { return std::make_shared<Polynomial>(); }};
}
config::FamilyMember linear() {
  return {"linear", "a straight line from start_factor to end_factor times the learning rate", "torch LinearLR (2.13)",
          [] { return std::make_shared<Linear>(); }};
}

}  // namespace normrun::train::schedules
