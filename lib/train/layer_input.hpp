#pragma once

#include "train/channel_moments.hpp"
#include "train/run_forward.hpp"

namespace normrun {

/// Adds the rows that a normalization layer saw in the last pass: (examples * positions, channels), each step's to a group of its own
/// where it has statistics of its own.
template <class T>
void add_layer_input(const Network<T>& network, const SliceForward<T>& pass, const Normalization& norm, PaddedSteps padded_steps,
                     ChannelMoments& moments);

}  // namespace normrun
