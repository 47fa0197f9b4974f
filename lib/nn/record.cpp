#include <algorithm>

#include "nn/kernels/cells.hpp"
#include "nn/network.hpp"

namespace normrun::nn {

template <class T>
ConstView<T> Record<T>::activations(Index boundary) const {
  if (boundary == 0) return input_;
  return {activations_[places_[static_cast<std::size_t>(boundary - 1)]].view().data, examples_, sizes_[static_cast<std::size_t>(boundary)]};
}

template <class T>
void Record<T>::set_activations(Index boundary, ConstView<T> x) {
  input_ = boundary == 0 ? x : ConstView<T>();
  if (boundary > 0) std::copy(x.begin(), x.end(), activations_[places_[static_cast<std::size_t>(boundary - 1)]].view().row(0));
}

template <class T>
std::span<const Index> Record<T>::lengths(Index layer) const {
  return of_examples(lengths_at_[static_cast<std::size_t>(layer)]);
}

template <class T>
std::span<const Index> Record<T>::lengths_behind(Index layer) const {
  return of_examples(lengths_behind_[static_cast<std::size_t>(layer + 1)]);
}

template <class T>
ConstView<T> Record<T>::kept(const KeptSteps& kept, Index steps, Index step, Index cols) const {
  return {cache_per_example_.data() + kept.cache.offset * capacity_ + (steps - 1 - step) * examples_ * cols, examples_, cols};
}

template <class T>
const Index* Record<T>::lengths_of(Index layer, const Part& part) const {
  const Index* const at = lengths_at_[static_cast<std::size_t>(layer)];
  return at != nullptr ? at + part.first : nullptr;
}

template <class T>
View<T> Record<T>::gradient(Index boundary) {
  return {gradients_.front().view().data, examples_, sizes_[static_cast<std::size_t>(boundary)]};
}

template <class T>
void Record<T>::start_backward(Index boundary, View<T> dy, View<T> dx) {
  plan_.plan(boundary, dx.data != nullptr ? GradientPlan::Wanted::kParametersAndInput : GradientPlan::Wanted::kParameters);
  start_ = boundary;
  dy_ = dy;
  dx_ = dx;
}

template <class T>
View<T> Record<T>::gradient_at(Index boundary) {
  if (boundary == start_) return dy_;
  return in_memory(plan_.place(boundary), boundary);
}

template <class T>
View<T> Record<T>::in_memory(const GradientPlace& place, Index boundary) {
  using Memory = GradientPlace::Memory;
  const auto at = [&](Matrix<T>& matrix) { return View<T>(matrix.view().data, examples_, sizes_[static_cast<std::size_t>(boundary)]); };
  switch (place.memory) {
    case Memory::kNone:
      break;
    case Memory::kBuffer:
      return at(gradients_[static_cast<std::size_t>(place.number)]);
    case Memory::kActivations:
      return at(activations_[places_[static_cast<std::size_t>(place.number - 1)]]);
    case Memory::kOutside:
      return dx_;
  }
  return {};
}

template <class T>
std::span<const ConstView<T>> Record<T>::more_inputs(const LayerInfo& layer, const Part& part) {
  for (std::size_t k = 1; k < layer.inputs.size(); ++k) more_inputs_[k - 1] = activations(layer.inputs[k]).slice(part.first, part.count);
  return std::span(more_inputs_).first(layer.inputs.size() - 1);
}

template <class T>
std::span<const View<T>> Record<T>::more_gradients(Index layer, const LayerInfo& info, const Part& part) {
  const std::span<const InputGradient> gradients = plan_.inputs(layer);
  for (std::size_t k = 1; k < gradients.size(); ++k) {
    const View<T> own = in_memory(gradients[k].place, info.inputs[k]);
    more_gradients_[k - 1] = own.data != nullptr ? own.slice(part.first, part.count) : own;
  }
  return std::span(more_gradients_).first(gradients.size() - 1);
}

template <class T>
void Record<T>::add_gradients(Index layer, const LayerInfo& info, const Part& part) {
  const std::span<const InputGradient> gradients = plan_.inputs(layer);
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    if (!gradients[k].is_added) continue;
    const View<T> own = in_memory(gradients[k].place, info.inputs[k]).slice(part.first, part.count);
    const View<T> sum = in_memory(plan_.place(info.inputs[k]), info.inputs[k]).slice(part.first, part.count);
    kernels::add<T>(own.data, sum.data, sum.size());
  }
}

template <class T>
typename Record<T>::PassPart Record<T>::pass_part(const Part& part) {
  PassKey key = key_;
  key.first_example += part.first;
  return {.caches = {.per_example = cache_per_example_.data(), .fixed = cache_fixed_.data(), .capacity = capacity_, .first = part.first},
          .key = key};
}

template class Record<float>;
template class Record<double>;

}  // namespace normrun::nn
