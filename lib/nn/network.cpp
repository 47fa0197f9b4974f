#include "nn/network.hpp"

#include <algorithm>
#include <new>
#include <set>
#include <stdexcept>

#include "core/error.hpp"
#include "nn/initializers.hpp"

namespace normrun {

template <class T>
struct Network<T>::Impl {
  Layout layout;
  Shape input;
  Shape output;  // of the layers so far
  std::vector<LayerInfo> infos;
  std::vector<std::unique_ptr<const Layer<T>>> layers;
  std::vector<Index> param_begin;  // of each layer, and the end: a layer's parameters are one range

  explicit Impl(const std::vector<LayerDescription>& descriptions, const Shape& input_shape) : input(input_shape), output(input_shape) {
    for (std::size_t i = 0; i < descriptions.size(); ++i) add(descriptions[i], static_cast<Index>(i), descriptions[i].spec->name);
    param_begin.push_back(layout.param_count);
    refuse_equal_names();
  }

  void add(const LayerDescription& description, Index position, std::string name) {
    if (name.empty()) name = description.type + "_" + std::to_string(position);
    const Index begin = layout.param_count;
    Blueprint blueprint(layout, output, name, static_cast<Index>(layers.size()), position);
    auto layer = description.spec->make(blueprint, T{});
    output = blueprint.output();
    if (layer == nullptr) return;
    layers.push_back(std::move(layer));
    infos.push_back({.name = name,
                     .type = description.type,
                     .input = blueprint.input(),
                     .output = blueprint.output(),
                     .params = layout.param_count - begin});
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

  /// The lowest layer with parameters: nothing below it needs a gradient.
  Index lowest_trained() const {
    Index layer = 0;
    while (layer < static_cast<Index>(infos.size()) && infos[static_cast<std::size_t>(layer)].params == 0) ++layer;
    return layer;
  }
};

namespace {

/// The activations of some examples as a layer sees them: (examples * positions, channels).
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
Index Network<T>::logits_boundary(LossKind loss) const {
  const Index last = output_boundary();
  if (last == 0) return 0;
  const std::string& type = layers().back().type;
  const bool inside_loss =
      (loss == LossKind::kSoftmaxCrossEntropy && type == "softmax") || (loss == LossKind::kBinaryCrossEntropy && type == "sigmoid");
  return inside_loss ? last - 1 : last;
}

template <class T>
void Network<T>::initialize(std::uint64_t seed, std::span<T> params, std::span<T> state) const {
  for (const ParamEntry& entry : layout().params) fill_parameter(entry, seed, params.data() + entry.id.offset);
  for (const StateEntry& entry : layout().states) {
    std::fill_n(state.data() + entry.id.offset, entry.id.size, static_cast<T>(entry.initial));
  }
}

template <class T>
ConstView<T> Network<T>::forward(const Pass& pass, std::span<const T> params, std::span<const T> state, T* next_state, Record<T>& record,
                                 ConstView<T> x) const {
  if (x.rows > record.capacity_) throw std::invalid_argument("a batch larger than the record's capacity");
  record.examples_ = x.rows;
  record.mode_ = pass.mode;
  record.lengths_ = pass.lengths;
  record.key_ = pass.key;
  record.input_ = x;
  const bool moves = pass.mode.tracking == Tracking::kUpdate;
  if (moves && next_state != state.data()) std::copy(state.begin(), state.end(), next_state);
  const Index last = pass.last_boundary < 0 ? output_boundary() : pass.last_boundary;
  for (Index i = 0; i < last; ++i) {
    const LayerInfo& info = layers()[static_cast<std::size_t>(i)];
    const View<T> y = record.activations_[record.places_[static_cast<std::size_t>(i)]].view().slice(0, x.rows);
    impl_->layers[static_cast<std::size_t>(i)]->forward({.mode = pass.mode,
                                                         .examples = x.rows,
                                                         .replicas = pass.replicas,
                                                         .lengths = pass.lengths,
                                                         .x = by_channel(record.activations(i), info.input),
                                                         .y = by_channel(y, info.output),
                                                         .params = params.data(),
                                                         .state = state.data(),
                                                         .next_state = moves ? next_state : nullptr,
                                                         .caches = record.caches(),
                                                         .key = pass.key});
  }
  return record.activations(last);
}

template <class T>
void Network<T>::backward(std::span<const T> params, Record<T>& record, Index boundary, View<T> dy, std::span<T> grads, View<T> dx,
                          ProductTaker<T>* taker) const {
  std::fill(grads.begin() + impl_->param_begin[static_cast<std::size_t>(boundary)], grads.end(), T{0});
  const Index lowest = dx.data != nullptr ? 0 : impl_->lowest_trained();
  int next = dy.data == record.gradients_[0].view().data ? 1 : 0;
  for (Index i = boundary - 1; i >= lowest; --i) {
    const LayerInfo& info = layers()[static_cast<std::size_t>(i)];
    const Layer<T>& layer = *impl_->layers[static_cast<std::size_t>(i)];
    const bool in_place = layer.takes_dx_in_place();
    View<T> below = dx;
    if (i > lowest) below = View<T>(in_place ? dy.data : record.gradients_[next].view().data, record.examples_, info.input.size());
    layer.backward({.mode = record.mode_,
                    .examples = record.examples_,
                    .lengths = record.lengths_,
                    .x = by_channel(record.activations(i), info.input),
                    .y = by_channel(record.activations(i + 1), info.output),
                    .dy = by_channel<const T>(dy, info.output),
                    .dx = by_channel(below, info.input),
                    .params = params.data(),
                    .grads = grads.data(),
                    .caches = record.caches(),
                    .key = record.key_,
                    .taker = taker});
    dy = below;
    if (!in_place) next = 1 - next;
  }
  if (boundary == 0 && dx.data != nullptr) std::copy(dy.begin(), dy.end(), dx.begin());
}

template <class T>
bool Network<T>::works_in_place(Index layer) const {
  const auto i = static_cast<std::size_t>(layer);
  return layer > 0 && impl_->layers[i]->takes_x_in_place() && !impl_->layers[i - 1]->reads_y();
}

template <class T>
Record<T>::Record(const Network<T>& network, Index capacity, Keep keep) : capacity_(capacity) {
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
  for (Matrix<T>& gradient : gradients_) gradient = Matrix<T>(capacity, widest);
  cache_per_example_.resize(count(layout.cache_per_example));
  cache_fixed_.resize(static_cast<std::size_t>(layout.cache_fixed));
}

template <class T>
ConstView<T> Record<T>::activations(Index boundary) const {
  if (boundary == 0) return input_;
  return activations_[places_[static_cast<std::size_t>(boundary - 1)]].view().slice(0, examples_);
}

template <class T>
View<T> Record<T>::gradient(Index boundary) {
  return {gradients_[0].view().data, examples_, sizes_[static_cast<std::size_t>(boundary)]};
}

template <class T>
Caches<T> Record<T>::caches() {
  return {.per_example = cache_per_example_.data(), .fixed = cache_fixed_.data(), .capacity = capacity_};
}

template class Network<float>;
template class Network<double>;
template class Record<float>;
template class Record<double>;

}  // namespace normrun
