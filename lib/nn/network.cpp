#include "nn/network.hpp"

#include <algorithm>
#include <stdexcept>

#include "nn/initializers.hpp"
#include "nn/network_impl.hpp"

namespace normrun::nn {

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
  if (lengths == nullptr && record.lengths_behind_[0] == nullptr) return;  // without lengths, all places stay null
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

template class Network<float>;
template class Network<double>;

}  // namespace normrun::nn
