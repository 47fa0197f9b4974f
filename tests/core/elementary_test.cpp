#include "core/elementary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/denormals.hpp"
#include "core/random.hpp"

using namespace normrun;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// |got - exact| in units in the last place of the exact value.  The x87 long double of the C library has 11 bits more than double.
template <class T>
double ulps(T got, long double exact) {
  const auto rounded = static_cast<T>(exact);
  if (std::isinf(rounded)) return got == rounded ? 0 : kInfinity;
  int exponent = 0;
  std::frexp(rounded, &exponent);
  const int last_place = std::max(exponent, std::numeric_limits<T>::min_exponent) - std::numeric_limits<T>::digits;
  return static_cast<double>(std::abs(static_cast<long double>(got) - exact) / std::ldexp(1.0L, last_place));
}

enum class Spacing { kEven, kExponential };

/// The largest error over points between low and high; exponential spacing draws |x| = e^uniform and either sign.
template <class T>
double worst_ulps(T (*function)(T), long double (*exact)(long double), double low, double high, Spacing spacing = Spacing::kEven) {
  static_assert(std::numeric_limits<long double>::digits >= 64, "the oracle needs more bits than a double");
  RandomStream random(1, Purpose::kData);
  double worst = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double drawn = random.uniform(low, high);
    const double sign = random.below(2) == 0 ? 1 : -1;
    const auto x = static_cast<T>(spacing == Spacing::kEven ? drawn : sign * std::exp(drawn));
    worst = std::max(worst, ulps(function(x), exact(static_cast<long double>(x))));
  }
  return worst;
}

long double exact_exp(long double x) { return std::exp(x); }
long double exact_log(long double x) { return std::log(x); }
long double exact_log1p(long double x) { return std::log1p(x); }
long double exact_tanh(long double x) { return std::tanh(x); }
long double exact_sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }
long double exact_expm1(long double x) { return std::expm1(x); }
long double exact_softplus(long double x) { return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x))); }
long double exact_normal_cdf(long double x) { return std::erfc(-x / std::sqrt(2.0L)) / 2; }
long double exact_sin(long double x) { return std::sin(x); }
long double exact_cos(long double x) { return std::cos(x); }
long double exact_atan(long double x) { return std::atan(x); }

constexpr double kTolerance = 2;  // units in the last place, as elementary.hpp promises

}  // namespace

TEST_CASE("exp, log and their kin are right to 2 units in the last place") {
  CHECK(worst_ulps<double>(math::exp, exact_exp, -745.1, 709.7) < kTolerance);
  CHECK(worst_ulps<double>(math::exp, exact_exp, -1, 1) < kTolerance);
  CHECK(worst_ulps<double>(math::log, exact_log, 0, 4) < kTolerance);
  CHECK(worst_ulps<double>(math::log, exact_log, 0.7, 1.42) < kTolerance);
  CHECK(worst_ulps<double>(math::log, exact_log, 0, 1e300) < kTolerance);
  CHECK(worst_ulps<double>(math::log1p, exact_log1p, -0.999, 4) < kTolerance);
  CHECK(worst_ulps<double>(math::log1p, exact_log1p, -40, -0.1, Spacing::kExponential) < kTolerance);
}

TEST_CASE("tanh and sigmoid are right to 2 units in the last place") {
  CHECK(worst_ulps<double>(math::tanh, exact_tanh, -25, 25) < kTolerance);
  CHECK(worst_ulps<double>(math::tanh, exact_tanh, -40, 3, Spacing::kExponential) < kTolerance);
  CHECK(worst_ulps<double>(math::sigmoid, exact_sigmoid, -700, 700) < kTolerance);
  CHECK(worst_ulps<double>(math::sigmoid, exact_sigmoid, -40, 3, Spacing::kExponential) < kTolerance);
}

TEST_CASE("expm1 and softplus are right to 2 units in the last place") {
  CHECK(worst_ulps<double>(math::expm1, exact_expm1, -50, 50) < kTolerance);
  CHECK(worst_ulps<double>(math::expm1, exact_expm1, -40, 3, Spacing::kExponential) < kTolerance);
  CHECK(worst_ulps<double>(math::softplus, exact_softplus, -745, 60) < kTolerance);
  CHECK(worst_ulps<double>(math::softplus, exact_softplus, -40, 3, Spacing::kExponential) < kTolerance);
  CHECK(worst_ulps<float>(math::expm1, exact_expm1, -30, 30) < kTolerance);
  CHECK(worst_ulps<float>(math::expm1, exact_expm1, -20, 3, Spacing::kExponential) < kTolerance);
  CHECK(worst_ulps<float>(math::softplus, exact_softplus, -103, 30) < kTolerance);
  CHECK(worst_ulps<float>(math::softplus, exact_softplus, -20, 3, Spacing::kExponential) < kTolerance);
}

TEST_CASE("normal_cdf is right to 6 units in the last place, deep into the lower tail") {
  constexpr double kOwnTolerance = 6;
  CHECK(worst_ulps<double>(math::normal_cdf, exact_normal_cdf, -38.5, 0) < kOwnTolerance);
  CHECK(worst_ulps<double>(math::normal_cdf, exact_normal_cdf, -6, 6) < kOwnTolerance);
  CHECK(worst_ulps<double>(math::normal_cdf, exact_normal_cdf, -40, 3, Spacing::kExponential) < kOwnTolerance);
  CHECK(worst_ulps<float>(math::normal_cdf, exact_normal_cdf, -14.2, 0) < kOwnTolerance);
  CHECK(worst_ulps<float>(math::normal_cdf, exact_normal_cdf, -6, 6) < kOwnTolerance);
  CHECK(worst_ulps<float>(math::normal_cdf, exact_normal_cdf, -20, 2, Spacing::kExponential) < kOwnTolerance);
  // By mpmath at 60 digits.
  CHECK(ulps(math::normal_cdf(-37.5), 4.60535300958195484382796909761e-308L) < kOwnTolerance);
  CHECK(ulps(math::normal_cdf(-10.0), 7.6198530241605260659733432516e-24L) < kOwnTolerance);
  CHECK(ulps(math::normal_cdf(-1.0), 0.158655253931457051414767454368L) < kOwnTolerance);
  CHECK(ulps(math::normal_cdf(0.5), 0.691462461274013103637704610608L) < kOwnTolerance);
  CHECK(ulps(math::normal_cdf(3.0), 0.998650101968369905473348185232L) < kOwnTolerance);
}

TEST_CASE("sin, cos and atan are right to 2 units in the last place") {
  CHECK(worst_ulps<double>(math::sin, exact_sin, -1e5, 1e5) < kTolerance);
  CHECK(worst_ulps<double>(math::sin, exact_sin, -40, 2, Spacing::kExponential) < kTolerance);
  CHECK(worst_ulps<double>(math::cos, exact_cos, -1e5, 1e5) < kTolerance);
  CHECK(worst_ulps<double>(math::cos, exact_cos, -40, 2, Spacing::kExponential) < kTolerance);
  CHECK(worst_ulps<double>(math::atan, exact_atan, -3, 3) < kTolerance);
  CHECK(worst_ulps<double>(math::atan, exact_atan, -40, 80, Spacing::kExponential) < kTolerance);
}

TEST_CASE("the functions of float are right to 2 units in the last place of a float") {
  CHECK(worst_ulps<float>(math::exp, exact_exp, -103.9, 88.7) < kTolerance);
  CHECK(worst_ulps<float>(math::exp, exact_exp, -1, 1) < kTolerance);
  CHECK(worst_ulps<float>(math::log, exact_log, 0, 4) < kTolerance);
  CHECK(worst_ulps<float>(math::tanh, exact_tanh, -10, 10) < kTolerance);
  CHECK(worst_ulps<float>(math::tanh, exact_tanh, -20, 2, Spacing::kExponential) < kTolerance);
  CHECK(worst_ulps<float>(math::sigmoid, exact_sigmoid, -104, 104) < kTolerance);
  CHECK(worst_ulps<float>(math::sigmoid, exact_sigmoid, -20, 2, Spacing::kExponential) < kTolerance);
}

TEST_CASE("sin keeps its accuracy beside multiples of pi/2") {
  double worst = 0;
  for (int k = -63'000; k <= 63'000; k += 7) {
    double x = k * 1.5707963267948966;
    for (int neighbour = 0; neighbour < 3; ++neighbour, x = std::nextafter(x, kInfinity)) {
      worst = std::max(
          {worst, ulps(math::sin(x), std::sin(static_cast<long double>(x))), ulps(math::cos(x), std::cos(static_cast<long double>(x)))});
    }
  }
  CHECK(worst < kTolerance);
}

TEST_CASE("the ends of the ranges") {
  CHECK(math::exp(kInfinity) == kInfinity);
  CHECK(math::exp(-kInfinity) == 0);
  CHECK(math::exp(709.79) == kInfinity);
  CHECK(math::exp(0.0) == 1);
  CHECK(math::exp(-745.13) == std::numeric_limits<double>::denorm_min());
  CHECK(math::log(0.0) == -kInfinity);
  CHECK(math::log(kInfinity) == kInfinity);
  CHECK(std::isnan(math::log(-1.0)));
  CHECK(math::log(1.0) == 0);
  CHECK(math::log(std::numeric_limits<double>::denorm_min()) == doctest::Approx(-744.4400719213812).epsilon(1e-15));
  CHECK(math::log1p(-1.0) == -kInfinity);
  CHECK(std::isnan(math::log1p(-1.5)));
  CHECK(math::log1p(kInfinity) == kInfinity);
  CHECK(math::tanh(kInfinity) == 1);
  CHECK(math::tanh(-kInfinity) == -1);
  CHECK(std::signbit(math::tanh(-0.0)));
  CHECK(math::sigmoid(kInfinity) == 1);
  CHECK(math::sigmoid(-kInfinity) == 0);
  CHECK(math::expm1(-kInfinity) == -1);
  CHECK(math::softplus(kInfinity) == kInfinity);
  CHECK(math::softplus(-kInfinity) == 0);
  CHECK(math::normal_cdf(kInfinity) == 1);
  CHECK(math::normal_cdf(-kInfinity) == 0);
  CHECK(math::normal_cdf(0.0) == 0.5);
  CHECK(math::normal_cdf(0.0F) == 0.5F);
  CHECK(math::atan(kInfinity) == doctest::Approx(1.5707963267948966).epsilon(1e-16));
  CHECK(math::exp(89.0F) == std::numeric_limits<float>::infinity());
  CHECK(math::exp(-104.0F) == 0);
  CHECK(std::isnan(math::sin(1.1e5)));
}

TEST_CASE("NaN gives NaN") {
  for (const auto function : {static_cast<double (*)(double)>(math::exp), static_cast<double (*)(double)>(math::log), math::log1p,
                              static_cast<double (*)(double)>(math::tanh), static_cast<double (*)(double)>(math::sigmoid),
                              static_cast<double (*)(double)>(math::expm1), static_cast<double (*)(double)>(math::softplus),
                              static_cast<double (*)(double)>(math::normal_cdf), math::sin, math::cos, math::atan, math::normal_quantile}) {
    CHECK(std::isnan(function(kNaN)));
  }
}

TEST_CASE("power multiplies") {
  CHECK(math::power(3, 0) == 1);
  CHECK(math::power(3, 13) == 1594323);
  CHECK(math::power(0.5, 1074) == std::numeric_limits<double>::denorm_min());
  CHECK(math::power(-2, 3) == -8);
  const math::Powers of_beta(0.9);
  for (std::uint64_t exponent = 0; exponent < 10'000; ++exponent) CHECK(of_beta(exponent) == math::power(0.9, exponent));
}

TEST_CASE("normal_quantile: values of the normal distribution") {
  // Wichura's test values (AS 241, table 1), and by mpmath at 60 digits.
  CHECK(math::normal_quantile(0.25) == doctest::Approx(-0.6744897501960817).epsilon(1e-15));
  CHECK(math::normal_quantile(0.001) == doctest::Approx(-3.090232306167814).epsilon(1e-15));
  CHECK(math::normal_quantile(1e-20) == doctest::Approx(-9.262340089798408).epsilon(1e-15));
  CHECK(math::normal_quantile(1e-300) == doctest::Approx(-37.0470962993612).epsilon(1e-14));
  CHECK(math::normal_quantile(0.5) == 0);
  CHECK(math::normal_quantile(0.93) == -math::normal_quantile(1 - 0.93));
  CHECK(std::isnan(math::normal_quantile(0)));
  CHECK(std::isnan(math::normal_quantile(1)));
}

#if defined(__x86_64__)
TEST_CASE("FlushDenormals takes denormal numbers as zero while it lives") {
  volatile double small = std::numeric_limits<double>::min();
  CHECK(small / 2 > 0);
  {
    const FlushDenormals flush;
    CHECK(small / 2 == 0);
  }
  CHECK(small / 2 > 0);
}
#endif
