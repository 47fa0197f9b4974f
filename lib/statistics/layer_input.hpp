#pragma once

#include "statistics/channel_moments.hpp"
#include "statistics/run_forward.hpp"

namespace normrun::statistics {

/// Adds the rows that a normalization layer saw in the last pass: (examples * positions, channels), each step's to a group of its own
/// where it has statistics of its own.
template <class T>
void add_layer_input(const nn::Network<T>& network, const SliceForward<T>& pass, const nn::Normalization& norm,
                     nn::PaddedSteps padded_steps, ChannelMoments& moments);

}  // namespace normrun::statistics
