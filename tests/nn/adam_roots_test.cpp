// With 512 bits Adam takes some of its roots by multiply-adds: each must be the correctly rounded one.

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <string>

#include "nn/kernels/kernels.hpp"
#include "nn/kernels_paths.hpp"

using namespace normrun;

namespace {

constexpr Index kRoots = 4096;  // at a time

/// Counts the floats from `first` on whose root Adam does not take as the processor does.  Of neighbouring floats the roots are made
/// visible by what is left of them: w = 0 - 1 / (sqrt(v) - epsilon).
Index wrong_roots(std::uint32_t first) {
  Buffer<float> v(kRoots), w(kRoots), g(kRoots), m(kRoots, 1.0F);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = std::bit_cast<float>(first + static_cast<std::uint32_t>(i));
  const float before = std::nextafter(std::sqrt(v[0]), 0.0F);
  nn::kernels::adam_update<float>({.step = 1, .root_scale = 1, .beta_1 = 1, .beta_2 = 1, .epsilon = -before}, g.data(),
                                  {w.data(), m.data(), v.data()}, kRoots);
  Index wrong = 0;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const float expected = 0.0F - 1.0F / (std::sqrt(v[i]) - before);
    if (std::bit_cast<std::uint32_t>(w[i]) != std::bit_cast<std::uint32_t>(expected)) ++wrong;
  }
  return wrong;
}

}  // namespace

TEST_CASE("Adam's square roots are correctly rounded") {
  const auto bits = [](float x) { return std::bit_cast<std::uint32_t>(x); };
  const RestoredPath restored;
  for (const std::string& path : vector_paths()) {
    CAPTURE(path);
    nn::kernels::force_instruction_set(path);
    Index wrong = 0;
    for (std::uint32_t at = bits(1.0F); at < bits(4.0F); at += kRoots) wrong += wrong_roots(at);
    CHECK(wrong == 0);  // of all significands, for odd and even exponents
    // Where the way to the root changes, and the last floats that are finite.
    for (const float middle : {0x1p-124F, 0x1p-100F, 0x1p-99F, 0x1p127F}) CHECK(wrong_roots(bits(middle) - kRoots / 2) == 0);
    CHECK(wrong_roots(0x7F800000 - kRoots) == 0);
  }
}
