#include "train/optimizer.hpp"

#include <algorithm>
#include <stdexcept>

#include "train/optimizers/members.hpp"

namespace normrun::train {
namespace {

/// The number of decayed gradients that are formed at a time: few enough to stay in the first cache.
constexpr Index kDecayBlock = 1024;

bool decays(nn::ParamRole role, const OptimizerSpec& optimizer) {
  return role == nn::ParamRole::kWeight || (role == nn::ParamRole::kNormalization && optimizer.decay_normalization);
}

}  // namespace

/// Sources: Keras 3, BaseOptimizer._apply_weight_decay; torch.optim (2.13), weight_decay.
template <class T>
void Optimizer<T>::update(const OptimizerBuffers<T>& buffers, const TrainingStep& step, std::span<const ParamRange> decays) const {
  const StepSize size = step_size(step);
  const T decay = static_cast<T>(decay_.rate);
  const T rate = static_cast<T>(step.learning_rate);
  T* const w = buffers.params.data();
  const T* const g = buffers.grads.data();
  Index done = 0;
  for (const ParamRange& range : decays) {
    if (decay_.convention == Convention::kKeras) {
      for (Index i = range.offset; i < range.offset + range.size; ++i) w[i] -= w[i] * decay * rate;
    } else {
      if (range.offset > done) update_range(buffers, {done, range.offset - done}, g + done, size);
      update_decayed(buffers, range, size);
      done = range.offset + range.size;
    }
  }
  const Index total = static_cast<Index>(buffers.params.size());
  if (done < total) update_range(buffers, {done, total - done}, g + done, size);
}

/// Decays in PyTorch's form, a block of gradients at a time.
template <class T>
void Optimizer<T>::update_decayed(const OptimizerBuffers<T>& buffers, const ParamRange& range, const StepSize& size) const {
  const T decay = static_cast<T>(decay_.rate);
  const T* const w = buffers.params.data();
  const T* const g = buffers.grads.data();
  alignas(kAlignment) T decayed[kDecayBlock];
  const Index end = range.offset + range.size;
  for (Index first = range.offset; first < end; first += kDecayBlock) {
    const Index count = std::min(kDecayBlock, end - first);
    for (Index i = 0; i < count; ++i) decayed[i] = g[first + i] + decay * w[first + i];
    update_range(buffers, {first, count}, decayed, size);
  }
}

template <class T>
void Optimizer<T>::update_kernel(const OptimizerBuffers<T>&, const nn::KernelGradient<T>&, const StepSize&) const {
  throw std::logic_error("this optimizer updates no kernels inside the backward pass");
}

template class Optimizer<float>;
template class Optimizer<double>;

const config::Family& optimizer_family() {
  static const config::Family kFamily{"optimizer", {optimizers::sgd(), optimizers::adam(), optimizers::adamw(), optimizers::rmsprop()}};
  return kFamily;
}

std::vector<ParamRange> decay_ranges(const nn::Layout& layout, const OptimizerSpec& optimizer) {
  std::vector<ParamRange> ranges;
  if (optimizer.weight_decay == 0.0) return ranges;
  for (const nn::ParamEntry& entry : layout.params)
    if (decays(entry.role, optimizer)) ranges.push_back({entry.id.offset, entry.id.size});
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });

  std::vector<ParamRange> joined;
  for (const ParamRange& range : ranges) {
    if (!joined.empty() && joined.back().offset + joined.back().size == range.offset)
      joined.back().size += range.size;
    else
      joined.push_back(range);
  }
  return joined;
}

}  // namespace normrun::train
