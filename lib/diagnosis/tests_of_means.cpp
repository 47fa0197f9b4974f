#include "diagnosis/tests_of_means.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/elementary.hpp"

namespace normrun::diagnosis {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kHalfLogTwoPi = 0.91893853320467274178;

/// Returns the logarithm of the gamma function for x > 0: by Stirling's series above 10, and by the recurrence below 10.
double log_gamma(double x) {
  double below = 0.0;
  while (x < 10.0) {
    below += math::log(x);
    x += 1.0;
  }
  const double r = 1.0 / (x * x);
  const double series = (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r * (1.0 / 1680.0 - r / 1188.0)))) / x;
  return (x - 0.5) * math::log(x) - x + kHalfLogTwoPi + series - below;
}

/// Returns the continued fraction of the incomplete beta function, computed by Lentz's method.
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  const auto nonzero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1.0;
  double d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
  double fraction = d;
  for (int m = 1; m < 1000; ++m) {
    const double k = m;
    for (const double term :
         {k * (b - k) * x / ((a + 2.0 * k - 1.0) * (a + 2.0 * k)), -(a + k) * (a + b + k) * x / ((a + 2.0 * k) * (a + 2.0 * k + 1.0))}) {
      d = 1.0 / nonzero(1.0 + term * d);
      c = nonzero(1.0 + term / c);
      fraction *= c * d;
    }
    if (std::abs(c * d - 1.0) < 1e-15) break;
  }
  return fraction;
}

/// Returns the regularized incomplete beta function I_x(a, b) for 0 <= x <= 1.
double incomplete_beta(double a, double b, double x) {
  if (x <= 0.0) return 0.0;
  if (x >= 1.0) return 1.0;
  const double front = math::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * math::log(x) + b * math::log1p(-x));
  if (x < (a + 1.0) / (a + b + 2.0)) return front * beta_fraction(a, b, x) / a;
  return 1.0 - front * beta_fraction(b, a, 1.0 - x) / b;
}

}  // namespace

double student_upper_tail(double t, double degrees) {
  if (std::isnan(t)) return 1.0;
  const double tail = 0.5 * incomplete_beta(0.5 * degrees, 0.5, degrees / (degrees + t * t));
  return t >= 0.0 ? tail : 1.0 - tail;
}

double student_upper_quantile(double p, double degrees) {
  if (p > 0.5) return -student_upper_quantile(1.0 - p, degrees);
  double low = 0.0;
  double high = 1.0;
  while (student_upper_tail(high, degrees) > p && high < 1e18) high *= 2.0;
  for (int i = 0; i < 80; ++i) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    (student_upper_tail(middle, degrees) > p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double Estimate::lower(double level) const {
  if (n < 2) return -kInfinity;
  return error > 0.0 ? mean - student_upper_quantile(level, static_cast<double>(n - 1)) * error : mean;
}
double Estimate::upper(double level) const {
  if (n < 2) return kInfinity;
  return error > 0.0 ? mean + student_upper_quantile(level, static_cast<double>(n - 1)) * error : mean;
}
double Estimate::p_above(double margin) const {
  if (n < 2) return 1.0;
  if (!(error > 0.0)) return mean > margin ? 0.0 : 1.0;
  return student_upper_tail((mean - margin) / error, static_cast<double>(n - 1));
}

Estimate estimate(std::span<const double> values) {
  Estimate result{values.size(), 0.0, std::numeric_limits<double>::quiet_NaN()};
  if (values.empty()) return result;
  const double n = static_cast<double>(values.size());
  result.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < 2) return result;
  double squares = 0.0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.error = std::sqrt(squares / (n - 1.0) / n);
  return result;
}

double mcnemar_p(std::size_t first, std::size_t second) {
  const std::size_t n = first + second;
  double tail = 0.0;
  double log_term = -static_cast<double>(n) * math::log(2.0);  // the log of the chance of k rows, beginning with k = 0
  for (std::size_t k = 0; k <= n; ++k) {
    if (k >= first) tail += math::exp(log_term);
    log_term += math::log(static_cast<double>(n - k)) - math::log(static_cast<double>(k + 1));
    if (k == n) break;
  }
  return std::min(tail, 1.0);
}

std::vector<double> holm_adjusted(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double highest = 0.0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    highest = std::max(highest, std::min(1.0, static_cast<double>(p.size() - i) * p[order[i]]));
    adjusted[order[i]] = highest;
  }
  return adjusted;
}

}  // namespace normrun::diagnosis
