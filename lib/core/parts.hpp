#pragma once

#include <algorithm>

#include "core/matrix.hpp"

namespace normrun {

/// A run of consecutive rows of a batch.
struct Part {
  Index first = 0;
  Index count = 0;
};

/// Divides `total` rows into `parts` parts that are as equal as possible, and returns part `i`.  The first (total mod parts) parts have one
/// row more than the others.
inline Part even_part(Index total, Index parts, Index i) {
  if (parts == 1) return {0, total};
  const Index least = total / parts;
  const Index longer = total % parts;
  return {i * least + std::min(i, longer), least + (i < longer ? 1 : 0)};
}

/// Returns into how many parts of at most `most` rows even_part divides `total` rows; 0 stands for no limit, which gives one part.
inline Index parts_of_at_most(Index total, Index most) { return most > 0 ? std::max<Index>((total + most - 1) / most, 1) : 1; }

}  // namespace normrun
