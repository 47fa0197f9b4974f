#pragma once

#include <utility>

#include "core/parts.hpp"
#include "statistics/channel_moments.hpp"
#include "statistics/run_forward.hpp"

namespace normrun::statistics {

/// Adds the rows of some examples that a normalization read in the last run of `pass`: (examples * positions, channels).  If each time step
/// has statistics of its own, the rows of a step go to a group of their own.  A normalization inside a layer reads no padded steps.
template <class T>
void add_layer_input(const SliceForward<T>& pass, const nn::Normalization& norm, nn::PaddedSteps padded_steps, const Part& examples,
                     ChannelMoments& moments);
/// Adds the rows of some examples whose activations the normalization reads: (examples, size of its input).  lengths: how many steps of
/// each sequence are valid; empty if all are.
template <class T>
void add_rows(ConstView<T> activations, std::span<const Index> lengths, const nn::Normalization& norm, nn::PaddedSteps padded_steps,
              ChannelMoments& moments);
/// Adds the rows that a normalization inside a layer read in the pass that `record` holds, those of each step to its own group.
template <class T>
void add_kept(const nn::Record<T>& record, const nn::Normalization& norm, ChannelMoments& moments);
/// Adds the rows of all examples of the last run of `pass`.
template <class T>
void add_layer_input(const SliceForward<T>& pass, const nn::Normalization& norm, nn::PaddedSteps padded_steps, ChannelMoments& moments) {
  add_layer_input(pass, norm, padded_steps, {0, pass.activations(norm.input).rows}, moments);
}

/// Returns into how many groups a layer divides a pass of `examples` examples.  Each group has batch statistics of its own (ghost batches).
inline Index statistics_groups(const nn::Normalization& norm, Index examples) { return parts_of_at_most(examples, norm.ghost_batch_size); }

/// Returns how many rows of an example share statistics in a layer.
template <class T>
Index positions_of(const nn::Network<T>& network, const nn::Normalization& norm) {
  return norm.kept ? 1 : boundary_size(network, norm.input) / std::max<Index>(norm.features / norm.steps, 1);
}

/// For each group of the last run's examples that share batch statistics, calls visit(group, moments) with the moments of the rows that the
/// layer read of the group.
template <class T, class Visit>
void each_statistics_group(const SliceForward<T>& pass, const nn::Normalization& norm, nn::PaddedSteps padded_steps, const Visit& visit) {
  const Index examples = pass.activations(norm.input).rows;
  const Index groups = statistics_groups(norm, examples);
  for (Index group = 0; group < groups; ++group) {
    ChannelMoments moments(norm.features, norm.steps);
    add_layer_input(pass, norm, padded_steps, even_part(examples, groups, group), moments);
    visit(group, std::as_const(moments));
  }
}

}  // namespace normrun::statistics
