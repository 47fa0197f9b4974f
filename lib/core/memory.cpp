#include "core/memory.hpp"

#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace normrun {
namespace {

constexpr std::size_t kLargePage = std::size_t{2} << 20;

/// Aligning to a large page wastes up to one page.  This pays off only for buffers of two large pages or more.
std::align_val_t alignment_of(std::size_t bytes) { return std::align_val_t{bytes >= 2 * kLargePage ? kLargePage : kAlignment}; }

}  // namespace

void* allocate_buffer(std::size_t bytes) {
  const std::align_val_t alignment = alignment_of(bytes);
  void* memory = ::operator new(bytes, alignment);
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (alignment == std::align_val_t{kLargePage})
    ::madvise(memory, bytes / kLargePage * kLargePage, MADV_HUGEPAGE);  // a request that the system may refuse
#endif
  return memory;
}

void free_buffer(void* memory, std::size_t bytes) noexcept { ::operator delete(memory, alignment_of(bytes)); }

}  // namespace normrun
