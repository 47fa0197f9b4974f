#pragma once

#include <cstddef>

namespace normrun {

/// The size of a cache line, and of the widest vector register, in bytes.  Every buffer that we own starts at a multiple of this size.
inline constexpr std::size_t kAlignment = 64;

/// Allocates a buffer, which free_buffer releases; both calls must give the same number of bytes.  A large buffer asks Linux for large
/// pages: with small ones, reading rows in shuffled order or columns of a wide weight matrix would miss the processor's page table cache at
/// every step.  Throws std::bad_alloc.
void* allocate_buffer(std::size_t bytes);
void free_buffer(void* memory, std::size_t bytes) noexcept;

}  // namespace normrun
