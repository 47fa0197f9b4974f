#pragma once

#include <cstddef>

namespace normrun::test {

/// How often this program has called operator new so far, in any thread.  Linking allocation_counter.cpp replaces the global
/// operators by counting ones.
std::size_t allocations();

}  // namespace normrun::test
