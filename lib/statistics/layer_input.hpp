#pragma once

#include "statistics/channel_moments.hpp"
#include "statistics/run_forward.hpp"

namespace normrun::statistics {

/// Adds the rows that a normalization layer read in the last run of `pass`: (examples * positions, channels).  If each time step has
/// statistics of its own, its rows go to a group of their own.
template <class T>
void add_layer_input(const SliceForward<T>& pass, const nn::Normalization& norm, nn::PaddedSteps padded_steps, ChannelMoments& moments);

}  // namespace normrun::statistics
