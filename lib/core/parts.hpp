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
  const Index least = total / parts;
  const Index longer = total % parts;
  return {i * least + std::min(i, longer), least + (i < longer ? 1 : 0)};
}

}  // namespace normrun
