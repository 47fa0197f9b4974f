#pragma once

#include <utility>

namespace normrun::study {

/// The type of a network's numbers: float32, which the frameworks use, or float64.
enum class Precision { kFloat32, kFloat64 };

/// Calls `work` with a zero whose type is that of the precision, a float or a double, and returns the result.
template <class Work>
decltype(auto) with_precision(Precision precision, Work&& work) {
  return precision == Precision::kFloat32 ? std::forward<Work>(work)(float{}) : std::forward<Work>(work)(double{});
}

}  // namespace normrun::study
