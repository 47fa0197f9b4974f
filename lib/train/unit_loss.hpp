#pragma once

#include <span>

#include "core/matrix.hpp"

namespace normrun::train {

/// The mean over rows and outputs of ((y - t) scale)^2 in double, in the order of the rows: the squared error in the units of the data
/// file, where outputs and targets are standardized.  scale: one for each output.
template <class T>
double squared_error_in_units(ConstView<T> outputs, ConstView<T> targets, std::span<const double> scale) {
  double sum = 0.0;
  for (Index r = 0; r < outputs.rows; ++r) {
    for (Index j = 0; j < outputs.cols; ++j) {
      const double error = (static_cast<double>(outputs(r, j)) - static_cast<double>(targets(r, j))) * scale[static_cast<std::size_t>(j)];
      sum += error * error;
    }
  }
  return sum / static_cast<double>(outputs.size());
}

}  // namespace normrun::train
