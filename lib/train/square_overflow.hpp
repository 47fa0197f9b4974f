#pragma once

#include <string>

#include "data/dataset.hpp"
#include "nn/network.hpp"

namespace normrun::train {

/// Explains that the squares of these numbers overflow in a normalization.  Returns "" if the largest number can be
/// squared and added up as often as there are numbers.
template <class T>
std::string square_overflow(ConstView<T> numbers);

/// Throws Error(kUsage) if a normalization reads the data as they are, and the square of one of their numbers overflows in this precision.
template <class T>
void check_squares(const nn::Network<T>& network, const data::Dataset<T>& data);

}  // namespace normrun::train
