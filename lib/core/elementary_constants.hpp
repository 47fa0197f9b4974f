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
  static constexpr double kExpm1IsMinusOne = -40;
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
  static constexpr float kExpm1IsMinusOne = -20;
};

/// 1 / (2n + 3) for n = 0, 1, ...: log(1 + f) = f - f^2/2 + s (f^2/2 + 2 z (1/3 + z/5 + z^2/7 + ...)), s = f / (f + 2), z = s^2.
inline constexpr std::array<double, 16> kInverseOddNumbers{1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11, 1.0 / 13, 1.0 / 15, 1.0 / 17,
                                                           1.0 / 19, 1.0 / 21, 1.0 / 23, 1.0 / 25, 1.0 / 27, 1.0 / 29, 1.0 / 31, 1.0 / 33};
/// How many of them a sum needs for 0 <= f <= 1, where z <= 1/9.
template <class T>
inline constexpr int kLogarithmTerms = 16;
template <>
inline constexpr int kLogarithmTerms<float> = 7;

/// The area beyond z >= 0 under the normal distribution's density is exp(-z^2 / 2) F(s) / (z + 4) with s = (z - 4) / (z + 4).  F is smooth
/// on [-1, 1] and is summed as a polynomial in s: its Chebyshev series, cut off and computed with 60 digits, the constant first.
template <class T>
struct NormalTailConstants;

template <>
struct NormalTailConstants<double> {
  static constexpr double kLargest = 39;  // exp(-39^2 / 2) rounds to 0
  static constexpr std::array<double, 26> kSeries{
      0x1.82b4bb8c94dcep-1,   -0x1.373e3a893c28ap-1, 0x1.8c6dbf2cfc2b6p-2,   -0x1.7dff2bff68311p-3,  0x1.eec4cc3e4d100p-5,
      -0x1.ee276104a7147p-8,  -0x1.c81719d54e26dp-9, 0x1.ab825fcb95989p-10,  0x1.17a4ae564635ep-13,  -0x1.e4a42886a77bbp-13,
      -0x1.001ed86a94b4ep-19, 0x1.26d0df4329307p-15, 0x1.80c0d49e14b3ep-21,  -0x1.8d52e6e2d2a2fp-18, -0x1.522419ffbc3fbp-21,
      0x1.127dd113b1ab8p-20,  0x1.248e0cffdb33bp-22, -0x1.501615b7e11f5p-23, -0x1.7516b1aa4ba8bp-24, 0x1.f6b53d3f020bcp-27,
      0x1.701f992bd400cp-26,  0x1.89e5d6118cf23p-30, -0x1.005e33ccf11adp-28, -0x1.d5d99a465f454p-31, 0x1.7632b9ac0e68ap-32,
      0x1.027d9597f93e8p-33};
};

template <>
struct NormalTailConstants<float> {
  static constexpr float kLargest = 14.5F;
  static constexpr std::array<float, 14> kSeries{0x1.82b4bcp-1F,   -0x1.373e3ap-1F, 0x1.8c6dc0p-2F,   -0x1.7dff2ep-3F, 0x1.eec4c0p-5F,
                                                 -0x1.ee23e4p-8F,  -0x1.c81256p-9F, 0x1.ab3e24p-10F,  0x1.16a7f0p-13F, -0x1.df383cp-13F,
                                                 -0x1.169a82p-20F, 0x1.0881ecp-15F, -0x1.f036d2p-23F, -0x1.ab618ap-19F};
};

inline constexpr double kNormalDensityAtZero = 0x1.9884533d43651p-2;  // 1 / sqrt(2 pi)

}  // namespace normrun::math
