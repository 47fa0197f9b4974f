#pragma once

#include <chrono>
#include <functional>

#include "core/matrix.hpp"

namespace normrun::bench {

/// Returns the seconds of the fastest of some short calls of `work`.  The other calls do not count, because other programs on the machine
/// can only slow a call down.
double fastest_seconds(const std::function<void()>& work, int calls);

/// What one core of this machine can do at best, measured here and now.
struct Limits {
  double flops;      // operations a second in float32; a fused multiply-add counts as two
  double adam;       // how many parameters Adam updates a second if they fit into the first cache, where IEEE root and division limit it
  Index parameters;  // the number of parameters for which `bytes` was measured
  double bytes;      // bytes a second while w, m and v of `parameters` parameters are read and written
};
Limits measure_limits(Index parameters);

/// Returns the least time, in seconds, of `operations` operations and one update of every parameter.
double floor_seconds(const Limits& limits, double operations);

}  // namespace normrun::bench
