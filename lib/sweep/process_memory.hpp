#pragma once

#include "core/matrix.hpp"

namespace normrun::sweep {

/// Returns the largest resident set of this process so far, in bytes.
Index peak_memory_bytes();

}  // namespace normrun::sweep
