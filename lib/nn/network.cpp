#include "nn/network.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>
#include <stdexcept>

#include "nn/initializers.hpp"

namespace normrun::nn {

template <class T>
struct Network<T>::Impl : BuiltLayers<T> {
  Shape input;
  Graph graph;
  std::vector<bool> reads_sequences;  // for each layer
  std::vector<bool> gives_sequences;  // for each layer
  std::vector<Chain> forward_chains;  // for each layer the chain that it belongs to
  std::vector<Chain> backward_chains;

  using BuiltLayers<T>::infos;
  using BuiltLayers<T>::traits;

  std::vector<LayerDescription> descriptions;

  Impl(const std::vector<LayerDescription>& given, const Shape& input_shape, const NetworkChange& change)
      : BuiltLayers<T>(NetworkBuilder<T>(input_shape, change).build(given)), input(input_shape), descriptions(given) {
    std::vector<std::vector<Index>> inputs(infos.size());
    std::transform(infos.begin(), infos.end(), inputs.begin(), [](const LayerInfo& info) { return info.inputs; });
    graph = make_graph(std::move(inputs));
    follow_time();
    plan_chains(forward_chains, [](const LayerTraits& layer) { return layer.part_by_part == PartByPart::kBoth; });
    // All layers above the chain's lowest write dx over dy, so only the lowest switches gradient buffers.  Nothing that it writes can
    // overwrite a part that is not yet processed.
    plan_chains(backward_chains,
                [](const LayerTraits& layer) { return layer.part_by_part != PartByPart::kNever && layer.may_write_dx_over_dy; });
  }

  /// Finds out which layers read or give sequences whose steps are those of the network's input, or follow from them.
  void follow_time() {
    std::vector<Index> time(infos.size() + 1, 0);  // the steps at each boundary; 0 if its steps do not follow from the network's input
    if (input.rank() == 2) time[0] = input.dims()[0];
    for (std::size_t i = 0; i < infos.size(); ++i) {
      const Index steps = time[static_cast<std::size_t>(infos[i].inputs.front())];
      const auto has_steps = [](const Shape& shape, Index count) { return count > 0 && shape.rank() == 2 && shape.dims()[0] == count; };
      reads_sequences.push_back(has_steps(infos[i].input, steps));
      const Index left = infos[i].output.rank() == 2 ? infos[i].output.dims()[0] : 0;
      const bool has_steps_left = left == steps || traits[i].lengths == Lengths::kChanged;
      gives_sequences.push_back(reads_sequences.back() && traits[i].lengths != Lengths::kLost && left > 0 && has_steps_left);
      if (gives_sequences.back()) time[i + 1] = left;
    }
  }

  /// Whether the layer is the only reader of the layer below it, and reads no other layer.
  bool follows(std::size_t layer) const {
    const std::vector<Index>& inputs = infos[layer].inputs;
    return inputs.size() == 1 && inputs.front() == static_cast<Index>(layer) && graph.readers[layer] == 1;
  }

  /// Joins each layer whose traits `joins` accepts to the layers below it, as long as these process both passes part by part.
  template <class Joins>
  void plan_chains(std::vector<Chain>& chains, const Joins& joins) const {
    const std::size_t count = infos.size();
    for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
      for (end = begin + 1; end < count && follows(end) && traits[end - 1].part_by_part == PartByPart::kBoth && joins(traits[end]);) ++end;
      chains.insert(chains.end(), end - begin, chain_of(begin, end));
    }
  }

  Chain chain_of(std::size_t begin, std::size_t end) const {
    constexpr Index kBytes = Index{1} << 19;  // half of the second cache of a usual processor
    Chain chain{static_cast<Index>(begin), static_cast<Index>(end), std::numeric_limits<Index>::max()};
    if (end - begin == 1) return chain;
    Index numbers = 0;
    for (const Index boundary : infos[begin].inputs) numbers += size_at(boundary);
    for (std::size_t i = begin; i < end; ++i) numbers += infos[i].output.size();
    chain.examples = std::max<Index>(1, kBytes / static_cast<Index>(sizeof(T)) / numbers);
    return chain;
  }

  Index size_at(Index boundary) const { return boundary == 0 ? input.size() : infos[static_cast<std::size_t>(boundary - 1)].output.size(); }
};

namespace {

/// The activations of some examples in the shape that a layer works with: (examples * positions, channels).
template <class T>
View<T> by_channel(View<T> examples, const Shape& shape) {
  if (examples.data == nullptr) return {};
  return examples.reshaped(examples.rows * shape.positions(), shape.channels());
}

}  // namespace

template <class T>
Network<T>::Network(const std::vector<LayerDescription>& layers, const Shape& input, const NetworkChange& change)
    : impl_(std::make_unique<const Impl>(layers, input, change)) {}

template <class T>
Network<T> Network<T>::changed(const NetworkChange& change) const {
  return Network(impl_->descriptions, impl_->input, change);
}
template <class T>
Network<T>::~Network() = default;
template <class T>
Network<T>::Network(Network&&) noexcept = default;

template <class T>
const Layout& Network<T>::layout() const {
  return impl_->layout;
}
template <class T>
const Shape& Network<T>::input() const {
  return impl_->input;
}
template <class T>
const Shape& Network<T>::output() const {
  return impl_->output;
}
template <class T>
const std::vector<typename Network<T>::LayerInfo>& Network<T>::layers() const {
  return impl_->infos;
}

template <class T>
bool Network<T>::drops_out() const {
  return std::any_of(impl_->traits.begin(), impl_->traits.end(), [](const LayerTraits& layer) { return layer.drops_out; });
}

template <class T>
Index Network<T>::logits_boundary(LossKind loss) const {
  const Index last = output_boundary();
  if (last == 0) return 0;
  const Activation activation = impl_->traits.back().activation;
  const bool inside_loss = (loss == LossKind::kSoftmaxCrossEntropy && activation == Activation::kSoftmax) ||
                           (loss == LossKind::kBinaryCrossEntropy && activation == Activation::kSigmoid);
  return inside_loss ? last - 1 : last;
}

template <class T>
Index Network<T>::pre_activation_boundary() const {
  const Index last = output_boundary();
  return last > 0 && impl_->traits.back().activation != Activation::kLinear ? last - 1 : last;
}

template <class T>
bool Network<T>::is_cut(Index boundary) const {
  return impl_->graph.is_cut[static_cast<std::size_t>(boundary)];
}

template <class T>
Index Network<T>::cut_below(Index boundary) const {
  while (!is_cut(boundary)) --boundary;
  return boundary;
}

template <class T>
Index Network<T>::readers(Index boundary) const {
  return impl_->graph.readers[static_cast<std::size_t>(boundary)];
}

template <class T>
Index Network<T>::mode_free_boundary() const {
  const std::vector<LayerTraits>& traits = impl_->traits;
  const auto depends_on_mode = [](const LayerTraits& layer) { return !layer.is_mode_free; };
  return cut_below(static_cast<Index>(std::find_if(traits.begin(), traits.end(), depends_on_mode) - traits.begin()));
}

template <class T>
void Network<T>::initialize(std::uint64_t seed, std::span<T> params, std::span<T> state) const {
  for (const ParamEntry& entry : layout().params) fill_parameter(entry, seed, params.data() + entry.id.offset);
  for (const StateEntry& entry : layout().states) {
    std::fill_n(state.data() + entry.id.offset, entry.id.size, static_cast<T>(entry.initial));
  }
}

template <class T>
Part Network<T>::next_part(const Chain& chain, Index examples, const Part& done) {
  const Index first = done.first + done.count;
  return {first, std::min(chain.examples, examples - first)};
}

template <class T>
ConstView<T> Network<T>::forward(const Pass& pass, std::span<const T> params, std::span<const T> state, T* next_state, Record<T>& record,
                                 ConstView<T> x) const {
  if (x.rows > record.capacity_) throw std::invalid_argument("the batch is larger than the record's capacity");
  const Index last = pass.last_boundary < 0 ? output_boundary() : pass.last_boundary;
  const bool goes_on = pass.first_boundary > 0 && x.rows == record.examples_ && x.data == record.activations(pass.first_boundary).data;
  const bool is_whole = is_cut(pass.first_boundary) || pass.first_boundary == last || goes_on;
  if (!is_whole) throw std::invalid_argument("layers above the first boundary read what lies below it");
  record.examples_ = x.rows;
  record.mode_ = pass.mode;
  place_lengths(pass.lengths, record);
  record.key_ = pass.key;
  if (!goes_on) record.set_activations(pass.first_boundary, x);
  const bool moves = pass.mode.tracking == Tracking::kUpdate;
  if (moves && next_state != state.data()) std::copy(state.begin(), state.end(), next_state);
  record.next_state_ = moves ? next_state : nullptr;
  const ForwardPass forward{pass, params, state, record.next_state_, record};
  for (Index begin = pass.first_boundary, end = 0; begin < last; begin = end) {
    const Chain& chain = impl_->forward_chains[static_cast<std::size_t>(begin)];
    end = std::min(chain.end, last);
    Part part = next_part(chain, x.rows, {});
    do {
      forward_part({begin, end, chain.examples}, forward, part);
      part = next_part(chain, x.rows, part);
    } while (part.count > 0);
  }
  return record.activations(last);
}

template <class T>
bool Network<T>::changes_lengths(std::size_t layer) const {
  return impl_->traits[layer].lengths == Lengths::kChanged;
}

template <class T>
void Network<T>::place_lengths(const Index* lengths, Record<T>& record) const {
  record.lengths_behind_[0] = lengths;
  for (std::size_t i = 0; i < impl_->layers.size(); ++i) {
    const Index* const at = record.lengths_behind_[static_cast<std::size_t>(impl_->infos[i].inputs.front())];
    record.lengths_at_[i] = impl_->reads_sequences[i] ? at : nullptr;
    record.lengths_behind_[i + 1] = impl_->gives_sequences[i] ? record.lengths_at_[i] : nullptr;
    if (record.lengths_behind_[i + 1] == nullptr || !changes_lengths(i)) continue;
    std::vector<Index>& changed = record.changed_lengths_[i];
    std::transform(at, at + record.examples_, changed.begin(), [&](Index length) { return impl_->layers[i]->valid_steps(length); });
    record.lengths_behind_[i + 1] = changed.data();
  }
}

template <class T>
void Network<T>::forward_part(const Chain& chain, const ForwardPass& pass, const Part& part) const {
  Record<T>& record = pass.record;
  const auto pass_part = record.pass_part(part);
  for (Index i = chain.begin; i < chain.end; ++i) {
    const LayerInfo& info = layers()[static_cast<std::size_t>(i)];
    const View<T> y{record.activations_[record.places_[static_cast<std::size_t>(i)]].view().data, record.examples_, info.output.size()};
    impl_->layers[static_cast<std::size_t>(i)]->forward(
        {.mode = pass.pass.mode,
         .examples = part.count,
         .replicas = pass.pass.replicas,
         .lengths = record.lengths_of(i, part),
         .x = by_channel(record.activations(info.inputs.front()).slice(part.first, part.count), info.input),
         .more = record.more_inputs(info, part),
         .y = by_channel(y.slice(part.first, part.count), info.output),
         .params = pass.params.data(),
         .state = pass.state.data(),
         .next_state = pass.next_state,
         .caches = pass_part.caches,
         .key = pass_part.key});
  }
}

template <class T>
void Network<T>::backward(std::span<const T> params, Record<T>& record, Index boundary, View<T> dy, std::span<T> grads, View<T> dx,
                          KernelUpdater<T>* kernel_updater) const {
  if (record.keep_ == Keep::kNoGradients || record.input_.data == nullptr)
    throw std::invalid_argument("backward cannot follow the record's pass");
  std::fill(grads.begin() + impl_->param_begin[static_cast<std::size_t>(boundary)], grads.end(), T{0});
  record.start_backward(boundary, dy, dx);
  const BackwardPass backward{params, grads, kernel_updater, record};
  for (Index end = boundary, begin = 0; end > 0; end = begin) {
    const Chain& chain = impl_->backward_chains[static_cast<std::size_t>(end - 1)];
    begin = chain.begin;
    Index lowest = begin;
    while (lowest < end && !record.plan_.runs(lowest)) zero_gradient(lowest++, grads);
    if (lowest == end) continue;
    Part part = next_part(chain, record.examples_, {});
    do {
      backward_part({lowest, end, chain.examples}, backward, part);
      part = next_part(chain, record.examples_, part);
    } while (part.count > 0);
  }
  if (boundary == 0 && dx.data != nullptr) std::copy(dy.begin(), dy.end(), dx.begin());
}

template <class T>
void Network<T>::zero_gradient(Index layer, std::span<T> grads) const {
  const auto begin = grads.begin() + impl_->param_begin[static_cast<std::size_t>(layer)];
  std::fill_n(begin, layers()[static_cast<std::size_t>(layer)].params, T{0});
}

template <class T>
void Network<T>::backward_part(const Chain& chain, const BackwardPass& pass, const Part& part) const {
  Record<T>& record = pass.record;
  const auto pass_part = record.pass_part(part);
  const auto part_of = [&](auto examples) { return examples.data != nullptr ? examples.slice(part.first, part.count) : examples; };
  for (Index i = chain.end - 1; i >= chain.begin; --i) {
    const LayerInfo& info = layers()[static_cast<std::size_t>(i)];
    const View<T> dx = record.in_memory(record.plan_.inputs(i).front().place, info.inputs.front());
    impl_->layers[static_cast<std::size_t>(i)]->backward({.mode = record.mode_,
                                                          .examples = part.count,
                                                          .first = part.first,
                                                          .all = record.examples_,
                                                          .lengths = record.lengths_of(i, part),
                                                          .x = by_channel(part_of(record.activations(info.inputs.front())), info.input),
                                                          .more = record.more_inputs(info, part),
                                                          .y = by_channel(part_of(record.activations(i + 1)), info.output),
                                                          .dy = by_channel<const T>(part_of(record.gradient_at(i + 1)), info.output),
                                                          .dx = by_channel(part_of(dx), info.input),
                                                          .dmore = record.more_gradients(i, info, part),
                                                          .params = pass.params.data(),
                                                          .grads = pass.grads.data(),
                                                          .next_state = record.next_state_,
                                                          .caches = pass_part.caches,
                                                          .key = pass_part.key,
                                                          .kernel_updater = pass.kernel_updater});
    record.add_gradients(i, info, part);
  }
}

template <class T>
bool Network<T>::works_in_place(Index layer) const {
  const auto i = static_cast<std::size_t>(layer);
  return impl_->traits[i].may_write_y_over_x && may_overwrite_input(layer);
}

template <class T>
bool Network<T>::may_write_over_x(Index layer, Index examples) const {
  const auto i = static_cast<std::size_t>(layer);
  return examples <= impl_->traits[i].most_examples_with_dx_over_x && may_overwrite_input(layer) &&
         !works_in_place(impl_->infos[i].inputs.front() - 1);
}

template <class T>
bool Network<T>::may_overwrite_input(Index layer) const {
  const Index input = impl_->infos[static_cast<std::size_t>(layer)].inputs.front();
  return input > 0 && readers(input) == 1 && !impl_->traits[static_cast<std::size_t>(input - 1)].reads_y;
}

namespace {

/// Gives boundaries their memory, so that no two that are needed at the same time share it.
class Places {
 public:
  explicit Places(std::vector<Index> sizes) : sizes_(std::move(sizes)), last_reader_(sizes_.size(), -1) {}

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
  Places places(sizes_);
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
GradientPlan Network<T>::gradient_plan(Index capacity, Keep keep) const {
  std::vector<GradientPlan::Layer> facts(impl_->infos.size());
  for (std::size_t i = 0; i < facts.size(); ++i) {
    facts[i] = {.has_params = impl_->infos[i].params > 0,
                .writes_dx_over_dy = impl_->traits[i].may_write_dx_over_dy,
                .writes_dx_over_x = keep == Keep::kForBackward && may_write_over_x(static_cast<Index>(i), capacity)};
  }
  return {impl_->graph, std::move(facts)};
}

template Record<float>::Record(const Network<float>&, Index, Keep);
template Record<double>::Record(const Network<double>&, Index, Keep);
template class Network<float>;
template class Network<double>;

}  // namespace normrun::nn
