#include "train/average_weights.hpp"

namespace normrun::train {
namespace {

/// Stochastic weight averaging takes the plain mean of weights.  Source: Izmailov et al. 2018; torch.optim.swa_utils.AveragedModel (2.13).
class Swa final : public AverageSpec {
 public:
  Swa() : AverageSpec(Unit::kEpoch) {}
  double share(Index count) const override { return 1.0 / static_cast<double>(count + 1); }

 protected:
  void describe_own(config::OptionVisitor&) override {}
};

/// An exponential moving average, which starts as a copy of the first weights that it takes.
/// Source: torch.optim.swa_utils.get_ema_multi_avg_fn (2.13); Keras 3, use_ema (ema_momentum).
class Ema final : public AverageSpec {
 public:
  Ema() : AverageSpec(Unit::kStep) {}
  double share(Index count) const override { return count == 0 ? 1.0 : 1.0 - decay_; }

 protected:
  void describe_own(config::OptionVisitor& visitor) override {
    visitor.number({"decay", "the weight of the old average in the new one (Keras's ema_momentum)"}, decay_, {.low = 0.0, .high = 1.0});
  }

 private:
  double decay_ = 0.999;
};

}  // namespace

void AverageSpec::describe(config::OptionVisitor& visitor) {
  describe_own(visitor);
  visitor.choice({"every", "whether the average takes weights after steps, or at the ends of epochs"}, unit_,
                 {{"step", Unit::kStep}, {"epoch", Unit::kEpoch}});
  visitor.integer({"from", "the step (or epoch) whose weights the average takes first, counted from 1"}, from_, {.low = 1});
  visitor.integer({"interval", "the average takes the weights after every so many steps (or epochs)"}, interval_, {.low = 1});
  visitor.choice(
      {"statistics",
       "the moving statistics beside the averaged weights; last: those of the last step, which were computed with other weights (PyTorch, "
       "Keras); average: averaged like the weights (PyTorch's use_buffers).  The mode population recomputes them (update_bn)"},
      statistics_, {{"last", AveragedStatistics::kLast}, {"average", AveragedStatistics::kAverage}});
}

bool AverageSpec::takes(Index step, Index steps_per_epoch, Index total_steps) const {
  const Index unit = unit_ == Unit::kStep ? 1 : steps_per_epoch;
  const bool at_end = step % unit == 0 || step == total_steps;
  const Index time = (step + unit - 1) / unit;
  return at_end && time >= from_ && (time - from_) % interval_ == 0;
}

const config::Family& average_family() {
  static const config::Family kFamily{
      "average",
      {{"swa", "the mean of the weights at the ends of epochs", "Izmailov et al. 2018; torch.optim.swa_utils.AveragedModel (2.13)",
        [] { return std::make_shared<Swa>(); }},
       {"ema", "an exponential moving average of the weights after each step", "torch.optim.swa_utils (2.13); Keras 3, use_ema",
        [] { return std::make_shared<Ema>(); }}}};
  return kFamily;
}

template <class T>
void move_average(double share, std::span<const T> newest, std::span<T> average) {
  const T taken = static_cast<T>(share);
  if (taken == T{1}) {
    for (std::size_t i = 0; i < average.size(); ++i) average[i] = newest[i];
    return;
  }
  for (std::size_t i = 0; i < average.size(); ++i) average[i] += taken * (newest[i] - average[i]);
}

template void move_average(double, std::span<const float>, std::span<float>);
template void move_average(double, std::span<const double>, std::span<double>);

}  // namespace normrun::train
