#pragma once

#include <bit>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "nn/kernels_arena.hpp"
#include "nn/kernels_paths.hpp"

namespace normrun {

template <class T>
bool same_bits(const Buffer<T>& a, const Buffer<T>& b) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool both_nan = std::isnan(a[i]) && std::isnan(b[i]);  // IEEE 754 leaves open which NaN comes out
    if (!both_nan && std::bit_cast<Bits>(a[i]) != std::bit_cast<Bits>(b[i])) {
      MESSAGE("number ", i, ": ", a[i], " and ", b[i]);
      return false;
    }
  }
  return true;
}

/// A kernel, with inputs and results of an arena.
template <class T>
struct Case {
  const char* name;
  void (*run)(Arena<T>&);
};

template <class T>
Arena<T> results_of(const Case<T>& test, const std::string& path, Index rows, Index cols, Index outputs, Numbers kind) {
  nn::kernels::force_instruction_set(path);
  Arena<T> arena(rows, cols, outputs, kind);
  test.run(arena);
  return arena;
}

struct Sizes {
  std::vector<Index> rows, cols, outputs{1};
};

template <class T>
void check_paths_agree(const std::vector<Case<T>>& cases, const Sizes& sizes) {
  const RestoredPath restored;
  const auto check_one = [](const Case<T>& test, const std::string& path, Index r, Index c, Index o, Numbers kind) {
    const Arena<T> expected = results_of(test, "scalar", r, c, o, kind);
    const Arena<T> actual = results_of(test, path, r, c, o, kind);
    for (std::size_t i = 0; i < expected.results().size(); ++i) {
      INFO(path, " ", test.name, ": ", r, " x ", c, " x ", o, ", result ", i);
      REQUIRE(same_bits(expected.results()[i], actual.results()[i]));
    }
  };
  for (const std::string& path : vector_paths()) {
    for (const Case<T>& test : cases) {
      for (const Index r : sizes.rows) {
        for (const Index c : sizes.cols) {
          for (const Index o : sizes.outputs) {
            check_one(test, path, r, c, o, Numbers::kUsual);
            check_one(test, path, r, c, o, Numbers::kWild);
          }
        }
      }
    }
  }
}

}  // namespace normrun
