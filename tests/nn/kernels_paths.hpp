#pragma once

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "nn/kernels/kernels.hpp"

namespace normrun {

/// The paths this machine can run besides the reference.
inline std::vector<std::string> vector_paths() {
  std::vector<std::string> paths;
  for (const char* name : {"avx2", "avx512"}) {
    try {
      nn::kernels::force_instruction_set(name);
      paths.emplace_back(name);
    } catch (const std::invalid_argument&) {
      MESSAGE("this processor has no ", std::string(name), ": not compared");
    }
  }
  return paths;
}

/// Puts the path back that was in use.
struct RestoredPath {
  std::string before{nn::kernels::instruction_set()};
  ~RestoredPath() { nn::kernels::force_instruction_set(before); }
};

}  // namespace normrun
