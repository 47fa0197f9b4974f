#pragma once

#include <memory>

#include "train/optimizer.hpp"

namespace normrun::train {

/// The options that sgd, adam and rmsprop share: the framework whose form and defaults they take, the learning rate and weight decay.
class ConventionSpec : public OptimizerSpec {
 public:
  void describe(config::OptionVisitor& visitor) final;
  Convention convention() const final { return convention_; }

 protected:
  /// Sets every option to its default in `convention`.  describe() calls it before it reads the other options.
  virtual void preset(Convention convention) = 0;
  /// Describes the options of this optimizer beyond the shared ones.
  virtual void describe_own(config::OptionVisitor& visitor) = 0;
  /// Whether weight decay takes Keras's form in both conventions.
  virtual bool always_decouples() const { return false; }
  WeightDecay decay() const { return {.convention = always_decouples() ? Convention::kKeras : convention_, .rate = weight_decay}; }

  Convention convention_ = Convention::kKeras;
};

/// Implements both factories by constructing Derived::Update<T>(spec).
template <class Derived>
class OptimizerOf : public ConventionSpec {
 private:
  std::unique_ptr<const Optimizer<float>> make_float() const final { return make_update<float>(); }
  std::unique_ptr<const Optimizer<double>> make_double() const final { return make_update<double>(); }
  template <class T>
  std::unique_ptr<const Optimizer<T>> make_update() const {
    return std::make_unique<typename Derived::template Update<T>>(static_cast<const Derived&>(*this));
  }
};

}  // namespace normrun::train
