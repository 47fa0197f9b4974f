#pragma once

#include "train/channel_moments.hpp"
#include "train/run_forward.hpp"

namespace normrun {

/// Adds the rows that a normalization layer saw in the last pass: (examples * positions, features).
template <class T>
void add_layer_input(const Network<T>& network, const SliceForward<T>& pass, const Normalization& norm, PaddedSteps padded_steps,
                     ChannelMoments& moments);

}  // namespace normrun
