#include "train/layer_input.hpp"

namespace normrun {

template <class T>
void add_layer_input(const Network<T>& network, const SliceForward<T>& pass, const Normalization& norm, PaddedSteps padded_steps,
                     ChannelMoments& moments) {
  const ConstView<T> activations = pass.activations(norm.layer);
  const Index positions = activations.cols / norm.features;
  const ConstView<T> rows = activations.reshaped(activations.rows * positions, norm.features);
  const std::span<const Index> lengths = pass.lengths();
  if (padded_steps == PaddedSteps::kCounted || lengths.empty() || positions != network.input().positions()) {
    moments.add<T>(rows);
    return;
  }
  for (std::size_t e = 0; e < lengths.size(); ++e) moments.add<T>(rows.slice(static_cast<Index>(e) * positions, lengths[e]));
}

template void add_layer_input(const Network<float>&, const SliceForward<float>&, const Normalization&, PaddedSteps, ChannelMoments&);
template void add_layer_input(const Network<double>&, const SliceForward<double>&, const Normalization&, PaddedSteps, ChannelMoments&);

}  // namespace normrun
