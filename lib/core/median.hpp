#pragma once

#include <algorithm>
#include <vector>

namespace normrun {

/// Returns the middle value.  If two values are in the middle, returns the upper one; if there are no values, returns 0.
inline double upper_median(std::vector<double> values) {
  if (values.empty()) return 0.0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace normrun
