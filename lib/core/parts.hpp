#pragma once

#include <algorithm>

#include "core/matrix.hpp"

namespace normrun {

/// A run of consecutive rows.
struct Part {
  Index first = 0;
  Index count = 0;
};

/// Part i of `total` rows in `parts` consecutive parts, as equal as they can be: the first total mod parts have one row more.
inline Part even_part(Index total, Index parts, Index i) {
  const Index least = total / parts;
  const Index longer = total % parts;
  return {i * least + std::min(i, longer), least + (i < longer ? 1 : 0)};
}

}  // namespace normrun
