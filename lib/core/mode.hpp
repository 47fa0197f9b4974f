#pragma once

#include <string_view>

namespace normrun {

enum class Statistics { kBatch, kMoving };  // which statistics normalize this call
enum class Tracking { kUpdate, kFreeze };   // whether the moving statistics move
enum class Dropout { kOn, kOff };

/// How one forward pass behaves.  A value given at each call, never a flag that a layer stores: backward takes it from
/// the record that forward left.  Layer normalization has no mode and reads none of it.
struct Mode {
  Statistics statistics;
  Tracking tracking;
  Dropout dropout;
  friend bool operator==(const Mode&, const Mode&) = default;
};

inline constexpr Mode kTrainMode{Statistics::kBatch, Tracking::kUpdate, Dropout::kOn};
inline constexpr Mode kEvalMode{Statistics::kMoving, Tracking::kFreeze, Dropout::kOff};
/// Train mode as a comparison uses it: batch statistics, nothing moves, nothing drops out.
inline constexpr Mode kTrainFrozen{Statistics::kBatch, Tracking::kFreeze, Dropout::kOff};

}  // namespace normrun
