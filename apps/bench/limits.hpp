#pragma once

#include <chrono>
#include <functional>

#include "core/matrix.hpp"

namespace normrun::bench {

/// Returns the seconds that the fastest of some short calls of `work` took.  The others do not count, because other programs on the machine
/// only ever slow a call down.
double fastest_seconds(const std::function<void()>& work, int calls);

/// What one core of this machine can do at best, measured here and now.
struct Limits {
  double flops;      // operations a second, with two for each fused multiply-add in float32
  double adam;       // parameters that Adam updates a second in the first cache, where IEEE root and division limit it
  Index parameters;  // parameters of the network that `bytes` holds for
  double bytes;      // bytes a second that reading and writing w, m and v of so many parameters moves
};
Limits measure_limits(Index parameters);

/// Returns the least seconds that so many operations and one update of every parameter can take.
double floor_seconds(const Limits& limits, double operations);

}  // namespace normrun::bench
