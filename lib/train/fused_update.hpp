#pragma once

#include <vector>

#include "nn/layer.hpp"
#include "train/optimizer.hpp"

namespace normrun::train {

/// One step of the optimizer, part of it inside the backward pass.  A kernel is updated as soon as the factors of its gradient x^T dy are
/// known, tile by tile, so that the gradient never reaches memory.  The numbers are those of Optimizer::update without decay, to the bit.
template <class T>
class FusedUpdate final : public nn::KernelUpdater<T> {
 public:
  /// `tensors`: how many parameter tensors the network has; room for them is made here, so that no step allocates.  The optimizer and the
  /// buffers must outlive this object.
  FusedUpdate(const Optimizer<T>& optimizer, std::size_t tensors, const OptimizerBuffers<T>& buffers);
  /// To be called before the backward pass of the step.
  void start(const TrainingStep& step);
  void update(const nn::KernelGradient<T>& gradient) override;
  /// To be called after the backward pass: updates every parameter that update() has not.
  void finish();

 private:
  const Optimizer<T>& optimizer_;
  OptimizerBuffers<T> buffers_;
  StepSize size_;
  std::vector<nn::ParamId> updated_;
};

}  // namespace normrun::train
