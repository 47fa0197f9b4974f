#pragma once

#include <cstdint>

namespace normrun {

/// The label of a position at which nothing is to be predicted: a padded step, or one whose label is the data's `ignore_label`.  It counts
/// for nothing in losses, gradients, scores and comparisons.
inline constexpr std::int32_t kNoLabel = -1;

}  // namespace normrun
