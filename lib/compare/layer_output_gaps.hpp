#pragma once

#include <span>
#include <vector>

#include "compare/compare_modes.hpp"

namespace normrun::compare {

/// How many numbers of a layer's outputs for one example count: all, or those of the valid steps that `lengths` gives (nn::Record).
Index counted_numbers(const nn::LayerInfo& layer, std::span<const Index> lengths, Index example);

/// Measures at each normalization layer how far train mode and eval mode have come apart: the relative_gap (metrics.hpp) of the layer's
/// outputs, with nothing dropped.  The rows are those of the test split, or of the first compared split if the test split is not compared.
/// In train mode they run in a comparison's batches of the training batch size.  Steps beyond a sequence's length do not count.
/// Returns one number for each of layout().normalizations.  It is NaN if GapMetrics does not apply, or if no compared split has rows.
/// Takes one pass over the rows in each mode.  If no layer up to the last normalization depends on the mode, all gaps are 0, and no pass is
/// needed.
template <class T>
std::vector<double> layer_output_gaps(const Snapshot<T>& snapshot);

}  // namespace normrun::compare
