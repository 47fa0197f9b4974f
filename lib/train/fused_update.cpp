#include "train/fused_update.hpp"

#include <algorithm>

namespace normrun::train {

template <class T>
FusedUpdate<T>::FusedUpdate(const Optimizer<T>& optimizer, std::size_t tensors, const OptimizerBuffers<T>& buffers)
    : optimizer_(optimizer), buffers_(buffers) {
  updated_.reserve(tensors + 1);  // one more, for the empty range at the end
}

template <class T>
void FusedUpdate<T>::start(const TrainingStep& step) {
  size_ = optimizer_.step_size(step);
  updated_.clear();
}

template <class T>
void FusedUpdate<T>::update(const nn::KernelGradient<T>& gradient) {
  optimizer_.update_kernel(buffers_, gradient, size_);
  updated_.push_back(gradient.kernel);
}

template <class T>
void FusedUpdate<T>::finish() {
  std::sort(updated_.begin(), updated_.end(), [](const nn::ParamId& a, const nn::ParamId& b) { return a.offset < b.offset; });
  updated_.push_back({static_cast<Index>(buffers_.params.size()), 0});  // an empty range that marks the end
  Index done = 0;
  for (const nn::ParamId& kernel : updated_) {
    if (kernel.offset > done) {
      optimizer_.update_range(buffers_, {done, kernel.offset - done}, buffers_.grads.data() + done, size_);
    }
    done = kernel.offset + kernel.size;
  }
}

template class FusedUpdate<float>;
template class FusedUpdate<double>;

}  // namespace normrun::train
