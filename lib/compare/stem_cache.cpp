#include "compare/stem_cache.hpp"

namespace normrun::compare {
namespace {

constexpr Index kMostBytes = Index{1} << 25;

/// Whether the network has a stem whose outputs take little memory.
template <class T>
bool has_small_stem(const nn::Network<T>& network, Index rows) {
  const Index boundary = network.mode_free_boundary();
  return boundary > 0 && rows > 0 && statistics::boundary_size(network, boundary) <= kMostBytes / static_cast<Index>(sizeof(T)) / rows;
}

}  // namespace

template <class T>
statistics::SplitRows<T> StemCache<T>::rows(const nn::Network<T>& network, const nn::Model<T>& model, const data::Dataset<T>& data,
                                            data::SplitName name, Index step) {
  const data::Split<T>& split = data.split(name);
  if (step != step_) stems_.clear();
  step_ = step;
  if (!has_small_stem(network, split.samples())) return split;
  std::unique_ptr<statistics::StemOutputs<T>>& stem = stems_[name];
  if (stem == nullptr) stem = std::make_unique<statistics::StemOutputs<T>>(network, model.params, split);
  return {split, stem.get()};
}

template class StemCache<float>;
template class StemCache<double>;

}  // namespace normrun::compare
