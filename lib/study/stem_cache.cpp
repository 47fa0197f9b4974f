#include "study/stem_cache.hpp"

namespace normrun {
namespace {

constexpr Index kMostBytes = Index{1} << 25;

/// Whether it is worth its memory.
template <class T>
bool has_small_stem(const Network<T>& network, Index rows) {
  const Index boundary = network.mode_free_boundary();
  return boundary > 0 && rows > 0 && boundary_size(network, boundary) <= kMostBytes / static_cast<Index>(sizeof(T)) / rows;
}

}  // namespace

template <class T>
SplitRows<T> StemCache<T>::rows(const Network<T>& network, const Model<T>& model, const Dataset<T>& data, SplitName name, Index step) {
  const Split<T>& split = data.split(name);
  if (step != step_) stems_.clear();
  step_ = step;
  if (!has_small_stem(network, split.samples())) return split;
  std::unique_ptr<StemOutputs<T>>& stem = stems_[name];
  if (stem == nullptr) stem = std::make_unique<StemOutputs<T>>(network, model.params, split);
  return {split, stem.get()};
}

template class StemCache<float>;
template class StemCache<double>;

}  // namespace normrun
