#include "train/optimizer.hpp"

#include <algorithm>
#include <stdexcept>

#include "train/optimizers/members.hpp"

namespace normrun::train {
namespace {

/// How many decayed gradients are computed at a time: few enough to stay in the first cache.
constexpr Index kDecayBlock = 1024;

bool decays(nn::ParamRole role, const OptimizerSpec& optimizer) {
  return role == nn::ParamRole::kWeight || (role == nn::ParamRole::kNormalization && optimizer.decay_normalization);
}

}  // namespace

/// Sources: Keras 3, BaseOptimizer._apply_weight_decay; torch.optim (2.13), weight_decay.
template <class T>
void Optimizer<T>::update(const OptimizerBuffers<T>& buffers, const TrainingStep& step, std::span<const ParamRange> decays,
                          std::span<const ParamRange> frozen) const {
  const StepSize size = step_size(step);
  const T decay = static_cast<T>(decay_.rate);
  const T rate = static_cast<T>(step.learning_rate);
  T* const w = buffers.params.data();
  const T* const g = buffers.grads.data();
  Index done = 0;
  auto gap = frozen.begin();
  const auto update_to = [&](Index end) {
    for (; gap != frozen.end() && gap->offset < end; ++gap) {
      if (gap->offset > done) update_range(buffers, {done, gap->offset - done}, g + done, size);
      done = gap->offset + gap->size;
    }
    if (end > done) update_range(buffers, {done, end - done}, g + done, size);
    done = std::max(done, end);
  };
  for (const ParamRange& range : decays) {
    if (decay_.convention == Convention::kKeras) {
      for (Index i = range.offset; i < range.offset + range.size; ++i) w[i] -= w[i] * decay * rate;
    } else {
      update_to(range.offset);
      update_decayed(buffers, range, size);
      done = range.offset + range.size;
    }
  }
  update_to(static_cast<Index>(buffers.params.size()));
}

/// Decays in PyTorch's form, one block of gradients after another.
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

namespace {

/// Returns the ranges of the parameters whose role `has` accepts, in ascending order.  Ranges that touch are joined.
template <class Has>
std::vector<ParamRange> ranges_of(const nn::Layout& layout, const Has& has) {
  std::vector<ParamRange> ranges;
  ranges.reserve(layout.params.size());
  for (const nn::ParamEntry& entry : layout.params)
    if (has(entry.role)) ranges.push_back({entry.id.offset, entry.id.size});
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

}  // namespace

std::vector<ParamRange> frozen_ranges(const nn::Layout& layout) {
  return ranges_of(layout, [](nn::ParamRole role) { return role == nn::ParamRole::kFrozen; });
}

std::vector<ParamRange> decay_ranges(const nn::Layout& layout, const OptimizerSpec& optimizer) {
  if (optimizer.weight_decay == 0.0) return {};
  return ranges_of(layout, [&](nn::ParamRole role) { return decays(role, optimizer); });
}

}  // namespace normrun::train
