#pragma once

#include <optional>
#include <vector>

#include "nn/model.hpp"
#include "statistics/channel_moments.hpp"
#include "statistics/moving_statistics.hpp"
#include "statistics/run_forward.hpp"

namespace normrun::statistics {

/// How much memory the activations may take that are kept between two layers.
inline constexpr Index kMostKeptBytes = Index{1} << 29;

/// Writes the moments of rows into a layer's statistics.  A time step that no row reaches keeps its old statistics.
template <class T>
void replace_statistics(const ChannelMoments& moments, LayerStatistics& statistics);

/// Returns how many rows are added to the moments at once: 512, or fewer if an example has so many numbers at a boundary that these rows
/// would take much memory.  The number depends on the network alone, because it decides the order of the sums.
template <class T>
Index rows_of_moments(const nn::Network<T>& network);

/// Returns the statistics pooled over all rows, layer after layer: a layer's input is computed with the earlier layers already repaired.
/// Each layer runs once for each row where `most_bytes` hold the activations that layers above still read; with less memory some run again,
/// with the same results.  slice_rows: how many rows are added to the moments at once.
template <class T>
std::vector<LayerStatistics> layer_by_layer(const nn::Network<T>& network, const nn::Model<T>& model,
                                            const std::type_identity_t<SplitRows<T>>& source, std::vector<Index> rows,
                                            std::optional<nn::PaddedSteps> padded_steps, Index slice_rows,
                                            Index most_bytes = kMostKeptBytes);

}  // namespace normrun::statistics
