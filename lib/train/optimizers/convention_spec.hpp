#pragma once

#include "train/optimizer.hpp"

namespace normrun::train {

/// What sgd, adam and rmsprop share: the framework whose form and defaults they take, the learning rate and weight decay.
class ConventionSpec : public OptimizerSpec {
 public:
  void describe(config::OptionVisitor& visitor) final;

 protected:
  /// Sets every option to what `convention` has; called before the other options are read.
  virtual void preset(Convention convention) = 0;
  /// The options of this optimizer beyond the shared ones.
  virtual void describe_own(config::OptionVisitor& visitor) = 0;

  Convention convention_ = Convention::kKeras;
};

/// A run of parameters that one kernel call updates: `count` of them from `first`, with the gradient to use (starting at
/// the run's first parameter).
template <class T>
struct UpdatePart {
  Index first;
  Index count;
  const T* g;
};

/// Numbers whose decayed gradient is put together at a time: they stay in the first-level cache.
inline constexpr Index kDecayBlock = 1024;

/// Weight decay around an element-wise update, which is called with an UpdatePart for every parameter once.
/// Keras 3 (BaseOptimizer._apply_weight_decay): w -= w * decay * lr, then the update.  PyTorch: the update of g + decay * w.
template <class T, class Update>
void update_with_decay(const OptimizerSpec& spec, Convention convention, std::span<T> params, std::span<const T> grads,
                       double learning_rate, std::span<const OptimizerSpec::Decay> decays, const Update& update) {
  const Index total = static_cast<Index>(params.size());
  T* const w = params.data();
  const T* const g = grads.data();
  const T decay = static_cast<T>(spec.weight_decay);
  Index done = 0;
  for (const OptimizerSpec::Decay& range : decays) {
    if (convention == Convention::kTorch) {
      if (range.offset > done) update(UpdatePart<T>{done, range.offset - done, g + done});
      done = range.offset + range.size;
      alignas(kAlignment) T decayed[kDecayBlock];
      for (Index first = range.offset; first < done; first += kDecayBlock) {
        const Index count = done - first < kDecayBlock ? done - first : kDecayBlock;
        for (Index i = 0; i < count; ++i) decayed[i] = g[first + i] + decay * w[first + i];
        update(UpdatePart<T>{first, count, decayed});
      }
    } else {
      const T rate = static_cast<T>(learning_rate);
      for (Index i = range.offset; i < range.offset + range.size; ++i) w[i] -= w[i] * decay * rate;
    }
  }
  if (done < total) update(UpdatePart<T>{done, total - done, g + done});
}

/// Implements both precisions by Derived::rule<T>(params, slots, size), which is called with an UpdatePart for every parameter once.
template <class Derived>
class OptimizerOf : public ConventionSpec {
 public:
  void update(std::span<float> params, std::span<const float> grads, std::span<float> slots, Index step, double rate,
              std::span<const Decay> decays) const override {
    update_all(params, grads, slots, step, rate, decays);
  }
  void update(std::span<double> params, std::span<const double> grads, std::span<double> slots, Index step, double rate,
              std::span<const Decay> decays) const override {
    update_all(params, grads, slots, step, rate, decays);
  }
  void update_part(std::span<float> params, std::span<const float> grads, std::span<float> slots, nn::ParamId part,
                   const StepSize& size) const override {
    derived().rule(params, slots, size)(UpdatePart<float>{part.offset, part.size, grads.data() + part.offset});
  }
  void update_part(std::span<double> params, std::span<const double> grads, std::span<double> slots, nn::ParamId part,
                   const StepSize& size) const override {
    derived().rule(params, slots, size)(UpdatePart<double>{part.offset, part.size, grads.data() + part.offset});
  }

 private:
  const Derived& derived() const { return static_cast<const Derived&>(*this); }
  template <class T>
  void update_all(std::span<T> params, std::span<const T> grads, std::span<T> slots, Index step, double rate,
                  std::span<const Decay> decays) const {
    const StepSize size = derived().step_size(step, rate, T{});
    update_with_decay(*this, convention_, params, grads, rate, decays, derived().rule(params, slots, size));
  }
};

}  // namespace normrun::train
