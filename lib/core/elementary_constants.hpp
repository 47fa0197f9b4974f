#pragma once

#include <array>
#include <cstdint>

/// The constants of the exponential.  The scalar functions (elementary.cpp) and the kernels' vector functions share them and follow one
/// formula step by step, so their bits agree.
namespace normrun::math {

/// 1 / n! for n = 2, 3, ...: the Taylor series of (e^r - 1 - r) / r^2.
inline constexpr std::array<double, 12> kInverseFactorials{1.0 / 2,       1.0 / 6,        1.0 / 24,        1.0 / 120,
                                                           1.0 / 720,     1.0 / 5040,     1.0 / 40320,     1.0 / 362880,
                                                           1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};

/// e^x = 2^k e^r with r = x - k ln 2 in [-ln(2)/2, ln(2)/2].
template <class T>
struct ExponentialConstants;

template <>
struct ExponentialConstants<double> {
  using Bits = std::uint64_t;
  static constexpr int kTerms = 12;  // terms of the series; the next term would be below 5e-18
  static constexpr int kFractionBits = 52;
  static constexpr Bits kExponentBias = 1023;
  static constexpr double kRoundToInteger = 0x1.8p52;  // adding this number rounds to an integer, which then stands in the low bits
  static constexpr double kLog2E = 0x1.71547652b82fep0;
  static constexpr double kLn2High = 0x1.62e42fefa39efp-1;
  static constexpr double kLn2Low = 0x1.abc9e3b39803fp-56;
  static constexpr double kLargest = 710;    // e^710 overflows
  static constexpr double kSmallest = -746;  // e^-746 rounds to 0
  static constexpr double kTanhIsOne = 20;   // tanh(20) rounds to 1
};

template <>
struct ExponentialConstants<float> {
  using Bits = std::uint32_t;
  static constexpr int kTerms = 6;  // the next term would be below 6e-9
  static constexpr int kFractionBits = 23;
  static constexpr Bits kExponentBias = 127;
  static constexpr float kRoundToInteger = 0x1.8p23f;
  static constexpr float kLog2E = 0x1.715476p0f;
  static constexpr float kLn2High = 0x1.62e43p-1f;
  static constexpr float kLn2Low = -0x1.05c61p-29f;
  static constexpr float kLargest = 89;     // e^89 overflows
  static constexpr float kSmallest = -104;  // e^-104 rounds to 0
  static constexpr float kTanhIsOne = 10;
};

}  // namespace normrun::math
