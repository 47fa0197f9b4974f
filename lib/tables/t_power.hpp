#pragma once

#include <cstddef>

namespace normrun::tables {

/// Which ends of a 95 % t interval must clear a bound: one of them, or both (an equivalence).
enum class Sides { kOne, kTwo };

/// Returns the probability that the 95 % t interval of the mean of `n` >= 2 normal values lies wholly on one side of a bound that is
/// `distance` standard deviations away from their true mean; with kTwo, that it lies between two such bounds, one on each side.
double interval_power(double distance, std::size_t n, Sides sides);

/// Returns the smallest n with interval_power(distance, n, sides) >= power, or 0 if a hundred thousand are not enough.
std::size_t values_needed(double distance, double power, Sides sides);

}  // namespace normrun::tables
