#pragma once

#include <string>

#include "compare/compare_modes.hpp"

namespace normrun::study {

/// Says why eval mode has no scores on a split: an output or the loss is not finite.  Names the first layer and tensor that is not finite.
template <class T>
std::string eval_divergence(const compare::Snapshot<T>& snapshot, data::SplitName split);

}  // namespace normrun::study
