#pragma once

#include <cmath>
#include <span>

#include "nn/losses.hpp"

namespace normrun::train {

/// Whether a loss can be converted to the units of the data file if outputs and targets are standardized.  Huber's loss cannot.
inline bool has_units(nn::LossKind loss) { return loss == nn::LossKind::kMse || loss == nn::LossKind::kMae; }

/// Returns the mean over rows and outputs of ((y - t) scale)^2, or of |(y - t) scale| for kMae, in double and in the order of the rows.
/// This is the error in the units of the data file, although outputs and targets are standardized.  `scale` has one factor for each output.
/// The rows' weights count as in the loss (losses.hpp).
template <class T>
double error_in_units(nn::LossKind loss, ConstView<T> outputs, const nn::Targets<T>& targets, std::span<const double> scale) {
  double sum = 0.0;
  for (Index r = 0; r < outputs.rows; ++r) {
    const double weight = targets.weights != nullptr ? static_cast<double>(targets.weights[r]) : 1.0;
    for (Index j = 0; j < outputs.cols; ++j) {
      const double error =
          (static_cast<double>(outputs(r, j)) - static_cast<double>(targets.values(r, j))) * scale[static_cast<std::size_t>(j)];
      sum += weight * (loss == nn::LossKind::kMae ? std::abs(error) : error * error);
    }
  }
  return sum / static_cast<double>(outputs.size());
}

}  // namespace normrun::train
