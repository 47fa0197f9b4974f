#include "sweep/process_memory.hpp"

#include <sys/resource.h>

namespace normrun::sweep {

Index peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Index{usage.ru_maxrss} * 1024;
}

}  // namespace normrun::sweep
