#pragma once

#include <string>

#include "data/dataset.hpp"
#include "nn/network.hpp"

namespace normrun::train {

/// What a number whose square overflows does to a normalization, and the cure: "" where the largest of some numbers can be squared and
/// added up as often as there are numbers.
template <class T>
std::string square_overflow(ConstView<T> numbers);

/// Throws Error(kUsage) where a normalization takes the data as they are, and a number of them has no square in this precision.
template <class T>
void check_squares(const nn::Network<T>& network, const data::Dataset<T>& data);

}  // namespace normrun::train
