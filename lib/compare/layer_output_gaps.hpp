#pragma once

#include <span>
#include <vector>

#include "compare/compare_modes.hpp"

namespace normrun::compare {

/// How many numbers of a layer's outputs for one example count: all, or those of the valid steps that `lengths` gives (nn::Record).
Index counted_numbers(const nn::LayerInfo& layer, std::span<const Index> lengths, Index example);

/// Measures at each normalization layer how far train mode and eval mode have come apart: the relative_gap (metrics.hpp) of the layer's
/// outputs, with nothing dropped.  The rows are those of the test split, or of the first compared split where the test split is not
/// compared; in train mode they run in the batches of a comparison, of the training batch size.  Steps beyond a sequence's length do not
/// count.  One number for each of layout().normalizations; NaN where GapMetrics is not applicable, or no compared split has rows.
/// Takes one pass over the rows in each mode, and none if no layer up to the last normalization depends on the mode: then all gaps are 0.
template <class T>
std::vector<double> layer_output_gaps(const Snapshot<T>& snapshot);

}  // namespace normrun::compare
