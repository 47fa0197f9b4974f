#pragma once

#include <algorithm>
#include <cmath>

#include "core/matrix.hpp"

namespace normrun::test {

struct Moments {
  double mean = 0.0;
  double sd = 0.0;
  double low = 0.0;
  double high = 0.0;
};

template <class T>
Moments moments(ConstView<T> x) {
  Moments found{.mean = 0.0, .sd = 0.0, .low = static_cast<double>(x.data[0]), .high = static_cast<double>(x.data[0])};
  const double count = static_cast<double>(x.size());
  for (const T value : x) {
    found.mean += static_cast<double>(value) / count;
    found.low = std::min(found.low, static_cast<double>(value));
    found.high = std::max(found.high, static_cast<double>(value));
  }
  for (const T value : x) found.sd += (static_cast<double>(value) - found.mean) * (static_cast<double>(value) - found.mean) / count;
  found.sd = std::sqrt(found.sd);
  return found;
}

}  // namespace normrun::test
