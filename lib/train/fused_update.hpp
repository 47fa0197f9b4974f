#pragma once

#include <vector>

#include "nn/layer.hpp"
#include "train/optimizer.hpp"

namespace normrun::train {

/// One step of the optimizer, part of it inside the backward pass: a kernel is updated as soon as its gradient x^T dy is known, tile
/// by tile, so that the gradient never reaches memory.  The numbers are those of OptimizerSpec::update without decay, to the bit.
template <class T>
class FusedUpdate final : public nn::KernelUpdater<T> {
 public:
  /// `parameters`: how many there are, so that no step allocates.  The buffers outlive this.
  FusedUpdate(const OptimizerSpec& optimizer, std::size_t parameters, std::span<T> params, std::span<const T> grads, std::span<T> slots);
  /// Before the backward pass of step `step`, which counts from 1.
  void start(Index step, double learning_rate);
  void update(const nn::KernelGradient<T>& gradient) override;
  /// After the backward pass: every parameter that was not taken.
  void finish();

 private:
  const OptimizerSpec& optimizer_;
  std::span<T> params_;
  std::span<const T> grads_;
  std::span<T> slots_;
  StepSize size_;
  std::vector<nn::ParamId> taken_;
};

}  // namespace normrun::train
