#include <algorithm>
#include <cstdlib>
#include <new>

#include "nn/kernels/cells.hpp"
#include "nn/network.hpp"
#include "nn/network_impl.hpp"

namespace normrun::nn {

namespace {

/// Gives boundaries their memory, so that no two that are needed at the same time share it.
class MemoryPlaces {
 public:
  explicit MemoryPlaces(std::vector<Index> sizes) : sizes_(std::move(sizes)), last_reader_(sizes_.size(), -1) {}

  void note_reader(Index boundary, Index layer) { last_reader_[static_cast<std::size_t>(boundary)] = layer; }
  /// Puts a boundary into memory of its own, or into memory that is free and best fits it.
  void put(Index boundary) {
    const Index size = sizes_[static_cast<std::size_t>(boundary)];
    std::size_t best = numbers.size();
    const auto waste = [&](std::size_t place) { return std::abs(numbers[place] - size); };
    for (std::size_t place = 0; place < numbers.size(); ++place)
      if (holds_[place] < 0 && (best == numbers.size() || waste(place) < waste(best))) best = place;
    if (best == numbers.size()) {
      numbers.push_back(0);
      holds_.push_back(-1);
    }
    numbers[best] = std::max(numbers[best], size);
    put_over(boundary, best);
  }
  void put_alone(Index boundary) {
    numbers.push_back(sizes_[static_cast<std::size_t>(boundary)]);
    holds_.push_back(boundary);
    places.push_back(numbers.size() - 1);
  }
  /// Puts a boundary over the one that the place holds.
  void put_over(Index boundary, std::size_t place) {
    places.push_back(place);
    holds_[place] = boundary;
  }
  /// Frees what no layer from `layer` on reads.  The network's output has no reader, and is never freed.
  void free_below(Index layer) {
    for (Index& held : holds_)
      if (held > 0 && last_reader_[static_cast<std::size_t>(held)] >= 0 && last_reader_[static_cast<std::size_t>(held)] < layer) held = -1;
  }

  std::vector<std::size_t> places;  // for boundary 1, 2, ...
  std::vector<Index> numbers;       // how many numbers of an example each place has room for

 private:
  std::vector<Index> sizes_;
  std::vector<Index> last_reader_;  // for each boundary
  std::vector<Index> holds_;        // for each place the boundary there, or -1
};

/// Returns numbers * capacity.  Throws std::bad_alloc if so many numbers have no size.
std::size_t numbers_of(Index numbers, Index capacity, std::size_t bytes) {
  Index total = 0;
  Index all = 0;
  if (!checked_product(numbers, capacity, total) || !checked_product(total, static_cast<Index>(bytes), all)) throw std::bad_alloc();
  return static_cast<std::size_t>(total);
}

}  // namespace

template <class T>
Record<T>::Record(const Network<T>& network, Index capacity, Keep keep) : capacity_(capacity), keep_(keep) {
  const Layout& layout = network.layout();
  const std::vector<LayerInfo>& layers = network.layers();
  sizes_.push_back(network.input().size());
  for (const LayerInfo& info : layers) sizes_.push_back(info.output.size());
  std::size_t most_inputs = 1;
  MemoryPlaces places(sizes_);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (const Index boundary : layers[i].inputs) places.note_reader(boundary, static_cast<Index>(i));
    most_inputs = std::max(most_inputs, layers[i].inputs.size());
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto layer = static_cast<Index>(i);
    // The layers of a chain run again for each part of the batch, so what they read and write is needed until the last of them has run.
    if (keep == Keep::kNoGradients) places.free_below(network.impl_->forward_chains[i].begin);
    if (keep != Keep::kAllActivations && network.works_in_place(layer))
      places.put_over(layer + 1, places.places[static_cast<std::size_t>(layers[i].inputs.front() - 1)]);
    else if (keep == Keep::kNoGradients)
      places.put(layer + 1);
    else
      places.put_alone(layer + 1);
  }
  places_ = std::move(places.places);
  for (const Index numbers : places.numbers) {
    numbers_of(numbers, capacity, sizeof(T));
    activations_.emplace_back(capacity, numbers);
  }
  more_inputs_.resize(most_inputs - 1);
  more_gradients_.resize(most_inputs - 1);
  const Index widest = *std::max_element(sizes_.begin(), sizes_.end());
  numbers_of(widest, capacity, sizeof(T));
  if (keep != Keep::kNoGradients) {
    plan_ = network.gradient_plan(capacity, keep);
    for (Index i = 0; i < plan_.buffer_count(); ++i) gradients_.emplace_back(capacity, widest);
  }
  lengths_at_.resize(layers.size());
  lengths_behind_.resize(sizes_.size());
  changed_lengths_.resize(layers.size());
  for (std::size_t i = 0; i < changed_lengths_.size(); ++i) {
    if (network.changes_lengths(i)) changed_lengths_[i].resize(static_cast<std::size_t>(capacity));
  }
  cache_per_example_.resize(numbers_of(layout.cache_per_example, capacity, sizeof(T)));
  cache_fixed_.resize(static_cast<std::size_t>(layout.cache_fixed));
}

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
std::span<const ConstView<T>> Record<T>::inputs_but_first(const LayerInfo& layer, const Part& part) {
  for (std::size_t k = 1; k < layer.inputs.size(); ++k) more_inputs_[k - 1] = activations(layer.inputs[k]).slice(part.first, part.count);
  return std::span(more_inputs_).first(layer.inputs.size() - 1);
}

template <class T>
std::span<const View<T>> Record<T>::gradients_but_first(Index layer, const LayerInfo& info, const Part& part) {
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
