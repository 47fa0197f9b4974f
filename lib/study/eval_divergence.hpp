#pragma once

#include <string>

#include "compare/compare_modes.hpp"

namespace normrun::study {

/// Why the network has no scores in eval mode on a split where its outputs or its loss are not finite: what is not, and the layer and
/// the tensor that were met first.
template <class T>
std::string eval_divergence(const compare::Snapshot<T>& snapshot, data::SplitName split);

}  // namespace normrun::study
