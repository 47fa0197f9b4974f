#include "train/fused_update.hpp"

#include <algorithm>

namespace normrun::train {

template <class T>
FusedUpdate<T>::FusedUpdate(const OptimizerSpec& optimizer, std::size_t parameters, std::span<T> params, std::span<const T> grads,
                            std::span<T> slots)
    : optimizer_(optimizer), params_(params), grads_(grads), slots_(slots) {
  taken_.reserve(parameters);
}

template <class T>
void FusedUpdate<T>::start(Index step, double learning_rate) {
  size_ = optimizer_.step_size(step, learning_rate, T{});
  taken_.clear();
}

template <class T>
void FusedUpdate<T>::update(const nn::KernelGradient<T>& gradient) {
  optimizer_.update_product(params_, slots_, gradient.kernel, gradient.x, gradient.dy, gradient.dx, size_);
  taken_.push_back(gradient.kernel);
}

template <class T>
void FusedUpdate<T>::finish() {
  std::sort(taken_.begin(), taken_.end(), [](const nn::ParamId& a, const nn::ParamId& b) { return a.offset < b.offset; });
  taken_.push_back({static_cast<Index>(params_.size()), 0});  // the end
  Index done = 0;
  for (const nn::ParamId& kernel : taken_) {
    if (kernel.offset > done) optimizer_.update_part(params_, grads_, slots_, {done, kernel.offset - done}, size_);
    done = kernel.offset + kernel.size;
  }
}

template class FusedUpdate<float>;
template class FusedUpdate<double>;

}  // namespace normrun::train
