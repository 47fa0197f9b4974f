#include "nn/network.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <set>
#include <stdexcept>

#include "core/error.hpp"
#include "nn/initializers.hpp"

namespace normrun::nn {

template <class T>
struct Network<T>::Impl {
  Layout layout;
  Shape input;
  Shape output;  // of the layers so far
  std::vector<LayerInfo> infos;
  std::vector<std::unique_ptr<const Layer<T>>> layers;
  std::vector<LayerTraits> traits;    // of each layer
  std::vector<Index> param_begin;     // where each layer's parameters begin, and the end of the last; a layer's are one range
  std::vector<Chain> forward_chains;  // the chain of each layer
  std::vector<Chain> backward_chains;

  explicit Impl(const std::vector<LayerDescription>& descriptions, const Shape& input_shape) : input(input_shape), output(input_shape) {
    for (std::size_t i = 0; i < descriptions.size(); ++i) {
      const LayerDescription& description = descriptions[i];
      const std::string& own = description.spec->name;
      const auto place = static_cast<Index>(i);
      add(description, place, name_or_default(description.name.empty() ? own : description.name, description, place));
    }
    param_begin.push_back(layout.param_count);
    refuse_equal_names();
    plan_chains(forward_chains, [](const LayerTraits& layer) { return layer.part_by_part == PartByPart::kBoth; });
    // All layers above the chain's lowest write dx over dy, so only the lowest switches gradient buffers.  Nothing that it writes can
    // overwrite a part that is not yet processed.
    plan_chains(backward_chains,
                [](const LayerTraits& layer) { return layer.part_by_part != PartByPart::kNever && layer.may_write_dx_over_dy; });
  }

  static std::string name_or_default(const std::string& name, const LayerDescription& description, Index position) {
    return name.empty() ? description.type + "_" + std::to_string(position) : name;
  }

  void add(const LayerDescription& description, Index position, const std::string& name) {
    const Index begin = layout.param_count;
    Blueprint blueprint(layout, output, name, static_cast<Index>(layers.size()), position);
    auto layer = description.spec->make<T>(blueprint);
    output = blueprint.output();
    if (layer == nullptr) return;
    traits.push_back(layer->traits());
    layers.push_back(std::move(layer));
    const std::string& own = description.spec->name;
    const bool is_renamed = !description.name.empty() && description.name != own;
    infos.push_back({.name = name,
                     .type = description.type,
                     .input = blueprint.input(),
                     .output = blueprint.output(),
                     .params = layout.param_count - begin,
                     .former_name = is_renamed ? name_or_default(own, description, position) : ""});
    param_begin.push_back(begin);
    if (const auto next = description.spec->followed_by()) add(*next, position, name + "_" + next->type);
  }

  void refuse_equal_names() const {
    std::set<std::string> names;
    for (const LayerInfo& info : infos) {
      if (!names.insert(info.name).second) {
        throw Error(ExitCode::kUsage, Problem{"layer " + info.name, "two layers have this name", "give one of them another \"name\""});
      }
    }
  }

  /// Joins each layer whose traits `joins` accepts to the layers below it, as long as these process both passes part by part.
  template <class Joins>
  void plan_chains(std::vector<Chain>& chains, const Joins& joins) const {
    const std::size_t count = layers.size();
    for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
      for (end = begin + 1; end < count && traits[end - 1].part_by_part == PartByPart::kBoth && joins(traits[end]);) ++end;
      chains.insert(chains.end(), end - begin, chain_of(begin, end));
    }
  }

  Chain chain_of(std::size_t begin, std::size_t end) const {
    constexpr Index kBytes = Index{1} << 19;  // half of a usual second cache
    Chain chain{static_cast<Index>(begin), static_cast<Index>(end), std::numeric_limits<Index>::max()};
    if (end - begin == 1) return chain;
    Index numbers = infos[begin].input.size();
    for (std::size_t i = begin; i < end; ++i) numbers += infos[i].output.size();
    chain.examples = std::max<Index>(1, kBytes / static_cast<Index>(sizeof(T)) / numbers);
    return chain;
  }

  /// The lowest layer with parameters: nothing below it needs a gradient.
  Index lowest_trained() const {
    Index layer = 0;
    while (layer < static_cast<Index>(infos.size()) && infos[static_cast<std::size_t>(layer)].params == 0) ++layer;
    return layer;
  }
};

namespace {

/// The activations of some examples in the shape that a layer sees: (examples * positions, channels).
template <class T>
View<T> by_channel(View<T> examples, const Shape& shape) {
  if (examples.data == nullptr) return {};
  return examples.reshaped(examples.rows * shape.positions(), shape.channels());
}

}  // namespace

template <class T>
Network<T>::Network(const std::vector<LayerDescription>& layers, const Shape& input) : impl_(std::make_unique<Impl>(layers, input)) {}
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
Index Network<T>::mode_free_boundary() const {
  const std::vector<LayerTraits>& traits = impl_->traits;
  const auto depends_on_mode = [](const LayerTraits& layer) { return !layer.is_mode_free; };
  return static_cast<Index>(std::find_if(traits.begin(), traits.end(), depends_on_mode) - traits.begin());
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
  record.examples_ = x.rows;
  record.mode_ = pass.mode;
  record.lengths_ = pass.lengths;
  record.key_ = pass.key;
  record.set_activations(pass.first_boundary, x);
  const bool moves = pass.mode.tracking == Tracking::kUpdate;
  if (moves && next_state != state.data()) std::copy(state.begin(), state.end(), next_state);
  const Index last = pass.last_boundary < 0 ? output_boundary() : pass.last_boundary;
  for (Index begin = pass.first_boundary, end = 0; begin < last; begin = end) {
    const Chain& chain = impl_->forward_chains[static_cast<std::size_t>(begin)];
    end = std::min(chain.end, last);
    Part part = next_part(chain, x.rows, {});
    do {
      const auto pass_part = record.pass_part(part);
      for (Index i = begin; i < end; ++i) {
        const LayerInfo& info = layers()[static_cast<std::size_t>(i)];
        const View<T> y = record.activations_[record.places_[static_cast<std::size_t>(i)]].view();
        impl_->layers[static_cast<std::size_t>(i)]->forward(
            {.mode = pass.mode,
             .examples = part.count,
             .replicas = pass.replicas,
             .lengths = pass_part.lengths,
             .x = by_channel(record.activations(i).slice(part.first, part.count), info.input),
             .y = by_channel(y.slice(part.first, part.count), info.output),
             .params = params.data(),
             .state = state.data(),
             .next_state = moves ? next_state : nullptr,
             .caches = pass_part.caches,
             .key = pass_part.key});
      }
      part = next_part(chain, x.rows, part);
    } while (part.count > 0);
  }
  return record.activations(last);
}

template <class T>
void Network<T>::backward(std::span<const T> params, Record<T>& record, Index boundary, View<T> dy, std::span<T> grads, View<T> dx,
                          KernelUpdater<T>* kernel_updater) const {
  if (record.keep_ == Keep::kNoGradients || record.input_.data == nullptr)
    throw std::invalid_argument("backward cannot follow the record's pass");
  std::fill(grads.begin() + impl_->param_begin[static_cast<std::size_t>(boundary)], grads.end(), T{0});
  const Index lowest = dx.data != nullptr ? 0 : impl_->lowest_trained();
  place_gradients(record, boundary, lowest, dy, dx);
  for (Index end = boundary, begin = 0; end > lowest; end = begin) {
    const Chain& chain = impl_->backward_chains[static_cast<std::size_t>(end - 1)];
    begin = std::max(chain.begin, lowest);
    Part part = next_part(chain, record.examples_, {});
    do {
      const auto pass_part = record.pass_part(part);
      const auto part_of = [&](auto examples) { return examples.data != nullptr ? examples.slice(part.first, part.count) : examples; };
      for (Index i = end - 1; i >= begin; --i) {
        const LayerInfo& info = layers()[static_cast<std::size_t>(i)];
        impl_->layers[static_cast<std::size_t>(i)]->backward({.mode = record.mode_,
                                                              .examples = part.count,
                                                              .first = part.first,
                                                              .all = record.examples_,
                                                              .lengths = pass_part.lengths,
                                                              .x = by_channel(part_of(record.activations(i)), info.input),
                                                              .y = by_channel(part_of(record.activations(i + 1)), info.output),
                                                              .dy = by_channel<const T>(part_of(record.gradient_at(i + 1)), info.output),
                                                              .dx = by_channel(part_of(record.gradient_at(i)), info.input),
                                                              .params = params.data(),
                                                              .grads = grads.data(),
                                                              .caches = pass_part.caches,
                                                              .key = pass_part.key,
                                                              .kernel_updater = kernel_updater});
      }
      part = next_part(chain, record.examples_, part);
    } while (part.count > 0);
  }
  if (boundary == 0 && dx.data != nullptr) std::copy(dy.begin(), dy.end(), dx.begin());
}

template <class T>
void Network<T>::place_gradients(Record<T>& record, Index boundary, Index lowest, View<T> dy, View<T> dx) const {
  T* at = dy.data;
  std::size_t next = at == record.gradients_[0].view().data ? 1 : 0;
  record.gradients_at_[static_cast<std::size_t>(boundary)] = at;
  for (Index i = boundary - 1; i >= lowest; --i) {
    if (record.keep_ == Keep::kForBackward && may_write_over_x(i, record.examples_)) {
      at = record.activations_[record.places_[static_cast<std::size_t>(i - 1)]].view().data;
    } else if (!impl_->traits[static_cast<std::size_t>(i)].may_write_dx_over_dy) {
      at = record.gradients_[next].view().data;
      next = 1 - next;
    }
    record.gradients_at_[static_cast<std::size_t>(i)] = i > lowest ? at : dx.data;
  }
}

template <class T>
bool Network<T>::works_in_place(Index layer) const {
  const auto i = static_cast<std::size_t>(layer);
  return layer > 0 && impl_->traits[i].may_write_y_over_x && !impl_->traits[i - 1].reads_y;
}

template <class T>
bool Network<T>::may_write_over_x(Index layer, Index examples) const {
  const auto i = static_cast<std::size_t>(layer);
  return layer > 0 && examples <= impl_->traits[i].most_examples_with_dx_over_x && !impl_->traits[i - 1].reads_y &&
         !works_in_place(layer - 1);
}

template <class T>
Record<T>::Record(const Network<T>& network, Index capacity, Keep keep) : capacity_(capacity), keep_(keep) {
  const Layout& layout = network.layout();
  const auto count = [capacity](Index numbers) {
    Index total = 0;
    Index bytes = 0;
    if (!checked_product(numbers, capacity, total) || !checked_product(total, sizeof(T), bytes)) throw std::bad_alloc();
    return static_cast<std::size_t>(total);
  };
  sizes_.push_back(network.input().size());
  for (const auto& info : network.layers()) sizes_.push_back(info.output.size());
  for (std::size_t i = 1; i < sizes_.size(); ++i) {
    count(sizes_[i]);
    if (keep == Keep::kAllActivations || !network.works_in_place(static_cast<Index>(i) - 1)) activations_.emplace_back(capacity, sizes_[i]);
    places_.push_back(activations_.size() - 1);
  }
  const Index widest = *std::max_element(sizes_.begin(), sizes_.end());
  count(widest);
  for (Matrix<T>& gradient : gradients_) gradient = keep == Keep::kNoGradients ? Matrix<T>() : Matrix<T>(capacity, widest);
  gradients_at_.resize(sizes_.size());
  cache_per_example_.resize(count(layout.cache_per_example));
  cache_fixed_.resize(static_cast<std::size_t>(layout.cache_fixed));
}

template <class T>
ConstView<T> Record<T>::activations(Index boundary) const {
  if (boundary == 0) return input_;
  return activations_[places_[static_cast<std::size_t>(boundary - 1)]].view().slice(0, examples_);
}

template <class T>
void Record<T>::set_activations(Index boundary, ConstView<T> x) {
  input_ = boundary == 0 ? x : ConstView<T>();
  if (boundary > 0) std::copy(x.begin(), x.end(), activations_[places_[static_cast<std::size_t>(boundary - 1)]].view().row(0));
}

template <class T>
View<T> Record<T>::gradient(Index boundary) {
  return {gradients_[0].view().data, examples_, sizes_[static_cast<std::size_t>(boundary)]};
}

template <class T>
View<T> Record<T>::gradient_at(Index boundary) const {
  return {gradients_at_[static_cast<std::size_t>(boundary)], examples_, sizes_[static_cast<std::size_t>(boundary)]};
}

template <class T>
typename Record<T>::PassPart Record<T>::pass_part(const Part& part) {
  PassKey key = key_;
  key.first_example += part.first;
  return {.lengths = lengths_ != nullptr ? lengths_ + part.first : nullptr,
          .caches = {.per_example = cache_per_example_.data(), .fixed = cache_fixed_.data(), .capacity = capacity_, .first = part.first},
          .key = key};
}

template class Network<float>;
template class Network<double>;
template class Record<float>;
template class Record<double>;

}  // namespace normrun::nn
