#pragma once

#include <memory>

#include "nn/layer.hpp"
#include "nn/layers/affine.hpp"

namespace normrun::nn::layers {

enum class Preset { kKeras, kTorch, kFlax };
enum class MomentumWeighs { kOld, kNew };
enum class Time { kShared, kPerStep };

/// The options of batch normalization.  Where Keras has the same option, the name is Keras's.
struct BatchOptions {
  Preset convention = Preset::kKeras;
  double momentum = 0.99;
  MomentumWeighs momentum_weighs = MomentumWeighs::kOld;
  double epsilon = 1e-3;
  MovingVariance moving_variance = MovingVariance::kBiased;
  Average average = Average::kExponential;
  double initial_mean = 0.0;
  double initial_variance = 1.0;
  Time time = Time::kShared;
  PaddedSteps padded_steps = PaddedSteps::kLeftOut;
  config::Count ghost_batch_size{.word = "all"};
  AffineOptions affine;

  void describe(config::OptionVisitor& visitor);
  /// The weight of the old value, whichever value `momentum` weighs.
  double old_weight() const { return momentum_weighs == MomentumWeighs::kOld ? momentum : 1.0 - momentum; }
  /// The most examples that share batch statistics; 0 means all examples of a pass.
  Index most_together() const { return ghost_batch_size.word == "all" ? 0 : ghost_batch_size.value; }
};

/// Makes the batch normalization of sequences in which each step has statistics of its own.
template <class T>
std::unique_ptr<const Layer<T>> make_batch_per_step(const BatchOptions& options, Blueprint& blueprint);

}  // namespace normrun::nn::layers
