#include "core/elementary.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/elementary_constants.hpp"

namespace normrun::math {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// e^x = 2^k (1 + expm1_r).
template <class T>
struct Exponential {
  T k;
  T expm1_r;
};

/// Splits x into k ln 2 + r with r = high + low.  `high` is exact; `low` corrects for the digits of ln 2 that kLn2High leaves out.
template <class T>
Exponential<T> reduce(T x) {
  using C = ExponentialConstants<T>;
  const T k = std::fma(x, C::kLog2E, C::kRoundToInteger) - C::kRoundToInteger;
  const T high = std::fma(-k, C::kLn2High, x);
  const T low = -k * C::kLn2Low;
  const T r = high + low;
  T series = static_cast<T>(kInverseFactorials[C::kTerms - 1]);
  for (int n = C::kTerms - 2; n >= 0; --n) series = std::fma(series, r, static_cast<T>(kInverseFactorials[static_cast<std::size_t>(n)]));
  return {k, high + std::fma(r * r, series, low)};
}

/// 2^k for an integer k.  2^k must be a normal number.
template <class T>
T power_of_two(T k) {
  using C = ExponentialConstants<T>;
  const auto bits = std::bit_cast<typename C::Bits>(k + C::kRoundToInteger);
  return std::bit_cast<T>(static_cast<typename C::Bits>((bits + C::kExponentBias) << C::kFractionBits));
}

template <class T>
T exp_of(T x) {
  using C = ExponentialConstants<T>;
  if (x != x) return x;
  const auto [k, expm1_r] = reduce(std::min(std::max(x, T{C::kSmallest}), T{C::kLargest}));
  const T half = std::floor(k * T{0.5});  // multiplies in two steps, because 2^k itself may overflow or be subnormal
  return (T{1} + expm1_r) * power_of_two(half) * power_of_two(k - half);
}

/// e^x - 1 for an x whose 2^k is a normal number.
template <class T>
T expm1_of_moderate(T x) {
  const auto [k, expm1_r] = reduce(x);
  const T scale = power_of_two(k);
  return std::fma(scale, expm1_r, scale - T{1});
}

template <class T>
T tanh_of(T x) {
  if (x != x) return x;
  const T e = expm1_of_moderate(T{2} * std::min(std::abs(x), T{ExponentialConstants<T>::kTanhIsOne}));
  const T d = e + T{2};
  const T lost = std::min(e, T{2}) - (d - std::max(e, T{2}));
  const T inverse = T{1} / d;
  const T t = e * inverse;
  const T remainder = std::fma(-t, d, e) - t * lost;
  return std::copysign(std::fma(remainder, inverse, t), x);  // e / (e + 2) plus what the roundings left out
}

template <class T>
T sigmoid_of(T x) {
  if (x != x) return x;
  const T e = exp_of(-std::abs(x));
  const T d = T{1} + e;
  const T lost = e - (d - T{1});
  const T s = T{1} / d;
  const T positive = std::fma(s, std::fma(-s, d, T{1}) - s * lost, s);  // 1 / (1 + e) plus what the roundings left out
  return x < 0 ? e * positive : positive;
}

template <class T>
T expm1_of(T x) {
  if (x != x) return x;
  return expm1_of_moderate(std::max(x, T{ExponentialConstants<T>::kExpm1IsMinusOne}));
}

template <class T>
T softplus_of(T x) {
  if (x != x) return x;
  const T f = exp_of(-std::abs(x));
  const T s = f / (f + T{2});
  const T z = s * s;
  T series = static_cast<T>(kInverseOddNumbers[kLogarithmTerms<T> - 1]);
  for (int n = kLogarithmTerms<T> - 2; n >= 0; --n)
    series = std::fma(series, z, static_cast<T>(kInverseOddNumbers[static_cast<std::size_t>(n)]));
  const T half_f_squared = T{0.5} * f * f;
  const T tail = s * std::fma(T{2} * z, series, half_f_squared);
  return std::max(x, T{0}) + (f - (half_f_squared - tail));  // log(1 + e^x) = max(x, 0) + log(1 + f)
}

template <class T>
T normal_cdf_of(T x) {
  if (x != x) return x;
  const T tail = normal_tail(x).area;
  return x < 0 ? tail : T{1} - tail;
}

/// log(m) + k ln 2 with sqrt(1/2) <= m < sqrt(2), from log((1 + s) / (1 - s)) = 2 (s + s^3/3 + s^5/5 + ...), s = (m - 1) / (m + 1).
double log_of_parts(double m, double k) {
  constexpr double kLn2High = 0x1.62e42fee00000p-1;  // 32 bits: k kLn2High is exact
  constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  const double f = m - 1;
  const double s = f / (f + 2);
  const double z = s * s;
  double series = 1.0 / 23;
  for (int n = 21; n >= 3; n -= 2) series = std::fma(series, z, 1.0 / n);
  const double half_f_squared = 0.5 * f * f;
  const double tail = s * (half_f_squared + 2 * z * series);  // log(m) = f - f^2/2 + s (f^2/2 + 2 z series)
  return k * kLn2High - ((half_f_squared - std::fma(k, kLn2Low, tail)) - f);
}

/// sin(high + low) and cos(high + low) for |high| <= pi/4, by their Taylor series.
double sin_of_reduced(double high, double low) {
  const double z = high * high;
  double series = 1.0 / 355687428096000;  // 1/17!
  for (const double c : {-1.0 / 1307674368000, 1.0 / 6227020800, -1.0 / 39916800, 1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6}) {
    series = std::fma(series, z, c);
  }
  return high + std::fma(high * z, series, std::fma(-0.5 * z, low, low));
}

double cos_of_reduced(double high, double low) {
  const double z = high * high;
  double series = 1.0 / 20922789888000;  // 1/16!
  for (const double c : {-1.0 / 87178291200, 1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320, -1.0 / 720, 1.0 / 24}) {
    series = std::fma(series, z, c);
  }
  const double half_z = 0.5 * z;
  const double head = 1 - half_z;
  return head + (((1 - head) - half_z) + std::fma(z * z, series, -high * low));
}

/// sin(x + quadrant pi/2).  x is reduced by multiples of pi/2 in three steps (Cody and Waite 1980), and `low` keeps what rounding leaves
/// out of the result.
double sine_from_quadrant(double x, std::int64_t quadrant) {
  if (!(std::abs(x) <= 1e5)) return kNaN;
  constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;
  constexpr double kHalfPi1 = 0x1.921fb54442d18p0;
  constexpr double kHalfPi2 = 0x1.1a62633145c07p-54;
  constexpr double kHalfPi3 = -0x1.f1976b7ed8fbcp-110;
  const double k = std::floor(std::fma(x, kTwoOverPi, 0.5));
  const double first = std::fma(-k, kHalfPi1, x);
  const double second = k * kHalfPi2;
  const double high = first - second;
  const double second_error = std::fma(k, kHalfPi2, -second);
  const double low = ((first - high) - second) - std::fma(k, kHalfPi3, second_error);
  quadrant += static_cast<std::int64_t>(k);
  const double value = (quadrant & 1) != 0 ? cos_of_reduced(high, low) : sin_of_reduced(high, low);
  return (quadrant & 2) != 0 ? -value : value;
}

}  // namespace

double exp(double x) { return exp_of(x); }
float exp(float x) { return exp_of(x); }
double tanh(double x) { return tanh_of(x); }
float tanh(float x) { return tanh_of(x); }
double sigmoid(double x) { return sigmoid_of(x); }
float sigmoid(float x) { return sigmoid_of(x); }
double expm1(double x) { return expm1_of(x); }
float expm1(float x) { return expm1_of(x); }
double softplus(double x) { return softplus_of(x); }
float softplus(float x) { return softplus_of(x); }
double normal_cdf(double x) { return normal_cdf_of(x); }
float normal_cdf(float x) { return normal_cdf_of(x); }

template <class T>
NormalTail<T> normal_tail(T x) {
  using C = NormalTailConstants<T>;
  if (x != x) return {x, x};
  const T z = std::min(std::abs(x), T{C::kLargest});
  const T square = z * z;
  const T lost = std::fma(z, z, -square);
  const T rounded = exp_of(T{-0.5} * square);
  const T exponential = std::fma(rounded, T{-0.5} * lost, rounded);
  const T d = z + T{4};
  const T lost_of_d = std::min(z, T{4}) - (d - std::max(z, T{4}));
  const T rough = T{1} / d;
  const T inverse = std::fma(rough, std::fma(-rough, d, T{1}) - rough * lost_of_d, rough);  // 1 / d plus what the roundings left out
  const T s = std::fma(T{-8}, inverse, T{1});                                               // (z - 4) / (z + 4)
  T series = C::kSeries.back();
  for (std::size_t n = C::kSeries.size() - 1; n-- > 0;) series = std::fma(series, s, C::kSeries[n]);
  return {exponential, exponential * (series * inverse)};
}
template NormalTail<double> normal_tail(double x);
template NormalTail<float> normal_tail(float x);

double log(double x) {
  if (!(x > 0)) return x == 0 ? -kInfinity : kNaN;
  if (x == kInfinity) return x;
  double k = 0;
  if (x < std::numeric_limits<double>::min()) {
    x *= 0x1p54;
    k = -54;
  }
  constexpr std::int64_t kRootHalf = 0x3fe6a09e667f3bcd;  // the bits of sqrt(1/2)
  const auto bits = std::bit_cast<std::int64_t>(x);
  const std::int64_t exponent = (bits - kRootHalf) >> 52;
  return log_of_parts(std::bit_cast<double>(bits - exponent * (std::int64_t{1} << 52)), k + static_cast<double>(exponent));
}

float log(float x) { return static_cast<float>(log(static_cast<double>(x))); }

double log1p(double x) {
  if (x <= -1) return x == -1 ? -kInfinity : kNaN;
  if (x != x || x > 0x1p60) return log(x);
  const double u = 1 + x;
  const double lost = x > 1 ? 1 - (u - x) : x - (u - 1);  // 1 + x = u + lost exactly
  return u == 1 ? x : log(u) + lost / u;
}

double sin(double x) { return sine_from_quadrant(x, 0); }
double cos(double x) { return sine_from_quadrant(x, 1); }

double atan(double x) {
  // atan(t) = atan(c) + atan((t - c) / (1 + c t)) with the nearest c of 0, 1/4, ..., 1; beyond 1, atan(1/t) = pi/2 - atan(t).
  struct Centre {
    double high, low;
  };
  constexpr Centre kAtan[] = {{0, 0},
                              {0x1.f5b75f92c80ddp-3, 0x1.8ab6e3cf7afbdp-57},
                              {0x1.dac670561bb4fp-2, 0x1.a2b7f222f65e2p-56},
                              {0x1.4978fa3269ee1p-1, 0x1.2419a87f2a458p-56},
                              {0x1.921fb54442d18p-1, 0x1.1a62633145c07p-55}};
  if (x != x) return x;
  const double t = std::abs(x);
  const bool inverted = t > 1;
  const double nearest = std::floor(std::fma(inverted ? 1 / t : t, 4.0, 0.5));
  const double c = nearest / 4;
  const double s = t == kInfinity ? 0 : (inverted ? std::fma(-c, t, 1.0) / (t + c) : (t - c) / std::fma(c, t, 1.0));
  const double z = s * s;
  double series = 1.0 / 21;
  for (int n = 19; n >= 3; n -= 2) series = std::fma(series, -z, 1.0 / n);
  const Centre centre = kAtan[static_cast<int>(nearest)];
  const double small = s - (std::fma(s * z, series, -centre.low));
  double value = centre.high + small;
  if (inverted) value = (0x1.921fb54442d18p0 - centre.high) - (small - 0x1.1a62633145c07p-54);
  return std::copysign(value, x);
}

double power(double base, std::uint64_t exponent) {
  double result = 1;
  for (double square = base; exponent != 0; exponent >>= 1, square *= square) {
    if ((exponent & 1) != 0) result *= square;
  }
  return result;
}

Powers::Powers(double base) {
  for (double& square : squares_) {
    square = base;
    base *= base;
  }
}

double Powers::operator()(std::uint64_t exponent) const {
  double result = 1;
  for (; exponent != 0; exponent &= exponent - 1) result *= squares_[static_cast<std::size_t>(std::countr_zero(exponent))];
  return result;
}

}  // namespace normrun::math
