#pragma once

#include <string_view>

namespace normrun {

enum class Statistics { kBatch, kMoving };  // which statistics normalize in this pass
enum class Tracking { kUpdate, kFreeze };   // whether this pass moves the moving statistics
enum class Dropout { kOn, kOff };

/// How one forward pass behaves.  Callers pass it as a value each time; no layer stores it.  The backward pass reads it from the record
/// that the forward pass left.  Layer normalization has no mode and ignores it.
struct Mode {
  Statistics statistics;
  Tracking tracking;
  Dropout dropout;
  friend bool operator==(const Mode&, const Mode&) = default;
};

inline constexpr Mode kTrainMode{Statistics::kBatch, Tracking::kUpdate, Dropout::kOn};
inline constexpr Mode kEvalMode{Statistics::kMoving, Tracking::kFreeze, Dropout::kOff};
/// Train mode as a comparison uses it: batch statistics normalize, the moving statistics stay, and nothing drops out.
inline constexpr Mode kTrainFrozen{Statistics::kBatch, Tracking::kFreeze, Dropout::kOff};

}  // namespace normrun
