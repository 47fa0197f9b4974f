#pragma once

#include <cstddef>

namespace normrun {

/// Bytes of a cache line and of the widest vector register; every owned buffer starts on such a boundary.
inline constexpr std::size_t kAlignment = 64;

/// Memory for a buffer, given back with the same number of bytes.  A large one asks for large pages (Linux): rows that are met in
/// shuffled order, and columns of a wide kernel, would miss the table of small ones at every step.  Throws std::bad_alloc.
void* allocate_buffer(std::size_t bytes);
void free_buffer(void* memory, std::size_t bytes) noexcept;

}  // namespace normrun
