#pragma once

#include <vector>

#include "nn/layer.hpp"
#include "train/optimizer.hpp"

namespace normrun::train {

/// Does one step of the optimizer, partly inside the backward pass.  It updates a kernel as soon as the factors of its gradient x^T dy are
/// known, tile by tile, so that the gradient never reaches memory.  The results are the same bits as those of Optimizer::update without
/// decay.
template <class T>
class FusedUpdate final : public nn::KernelUpdater<T> {
 public:
  /// `tensors` is the number of the network's parameter tensors.  The constructor makes room for them, so that no step allocates.  The
  /// optimizer and the buffers must outlive this object.
  FusedUpdate(const Optimizer<T>& optimizer, std::size_t tensors, const OptimizerBuffers<T>& buffers);
  /// The caller calls this before the backward pass of the step.
  void start(const TrainingStep& step);
  void update(const nn::KernelGradient<T>& gradient) override;
  /// Updates every parameter that update() has not updated.  The caller calls this after the backward pass.
  void finish();

 private:
  const Optimizer<T>& optimizer_;
  OptimizerBuffers<T> buffers_;
  StepSize size_;
  std::vector<nn::ParamId> updated_;
};

}  // namespace normrun::train
