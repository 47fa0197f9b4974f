#include "train/optimizer.hpp"
#include "train/schedule.hpp"
#include "train/schedules/members.hpp"

namespace normrun::train::schedules {
namespace {

/// Cuts the learning rate by `factor` when the score has not improved for `patience` epochs.
/// Source: Keras 3 ReduceLROnPlateau; torch ReduceLROnPlateau (2.13), which cuts one epoch later.
class Plateau final : public ScheduleSpec {
 public:
  Plateau() : ScheduleSpec(Unit::kEpoch) {}
  std::optional<PlateauOptions> plateau() const override { return options_; }

 protected:
  double decayed(double base, Index, Index) const override { return base; }
  void describe_own(config::OptionVisitor& visitor) override {
    visitor.choice({"convention",
                    "the framework whose rules hold; keras: a cut comes after `patience` epochs without an improvement by more than "
                    "min_delta; torch: it comes one "
                    "epoch later, and min_delta is a share of the best score"},
                   convention_, {{"keras", Convention::kKeras}, {"torch", Convention::kTorch}}, {{"pytorch", "torch"}});
    options_.is_relative = options_.waits_longer = convention_ == Convention::kTorch;
    options_.monitor.describe(visitor);
    visitor.number({"factor", "the factor of each cut"}, options_.factor, {.low = 0.0, .high = 1.0, .high_open = true});
    visitor.integer({"patience", "epochs without an improvement before a cut"}, options_.patience, {.low = 0});
    visitor.number({"min_delta", "an improvement must be larger than this (torch's threshold)"}, options_.min_delta, config::at_least(0.0));
    visitor.flag({"relative", "whether min_delta is a share of the best score (torch's threshold_mode \"rel\")"}, options_.is_relative);
    visitor.integer({"cooldown", "how many epochs after a cut do not count"}, options_.cooldown, {.low = 0});
    visitor.number({"min_learning_rate", "no cut goes below it (min_lr)"}, options_.min_learning_rate, config::at_least(0.0));
  }

 private:
  Convention convention_ = Convention::kKeras;
  PlateauOptions options_;
};

}  // namespace

config::FamilyMember plateau() {
  return {"plateau", "cuts the learning rate when a score stops improving", "Keras 3 and torch 2.13 ReduceLROnPlateau",
          [] { return std::make_shared<Plateau>(); }};
}

}  // namespace normrun::train::schedules
