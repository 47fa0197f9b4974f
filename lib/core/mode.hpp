#pragma once

#include <string_view>

namespace normrun {

enum class Statistics { kBatch, kMoving };  // which statistics normalize in this pass
enum class Tracking { kUpdate, kFreeze };   // whether this pass moves the moving statistics
enum class Dropout { kOn, kOff };

/// How one forward pass behaves.  Callers give a mode to each pass as a value; no layer stores one.  The backward pass reads the mode from
/// the record that the forward pass left.  Layer normalization does the same in every mode.
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
