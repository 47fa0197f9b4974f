#include "tables/t_power.hpp"

#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"
#include "tables/t_interval.hpp"

namespace normrun::tables {
namespace {

/// Returns the density of u = s / sigma up to a factor, s being the standard deviation of a sample with so many degrees of freedom:
/// u^(degrees - 1) exp(-degrees u^2 / 2).  The factor makes it 1 at u = 1.
double density(double u, double degrees) {
  const double power = degrees == 1.0 ? 0.0 : (degrees - 1.0) * math::log(u);  // 0 * log(0) would be NaN
  return math::exp(power - 0.5 * degrees * (u * u - 1.0));
}

}  // namespace

double interval_power(double distance, std::size_t n, Sides sides) {
  constexpr int kIntervals = 2000;  // Simpson's rule; even
  const double degrees = static_cast<double>(n) - 1.0;
  const double t = student_quantile(0.95, static_cast<long>(n) - 1);
  const double shift = distance * std::sqrt(static_cast<double>(n));
  const double reach = 9.0 / std::sqrt(2.0 * degrees);  // u has a standard deviation of about 1 / sqrt(2 degrees)
  const double low = std::max(0.0, 1.0 - reach);
  const double step = (1.0 + reach - low) / kIntervals;
  double area = 0.0;
  double cleared = 0.0;
  for (int i = 0; i <= kIntervals; ++i) {
    const double u = low + i * step;
    const double weight = i == 0 || i == kIntervals ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0);
    const double mass = weight * density(u, degrees);
    const double one_end = math::normal_cdf(shift - t * u);
    area += mass;
    cleared += mass * (sides == Sides::kOne ? one_end : std::max(0.0, 2.0 * one_end - 1.0));
  }
  return cleared / area;
}

std::size_t values_needed(double distance, double power, Sides sides) {
  constexpr std::size_t kMost = 100000;
  std::size_t enough = 2;
  while (enough < kMost && interval_power(distance, enough, sides) < power) enough *= 2;
  if (interval_power(distance, enough, sides) < power) return 0;
  std::size_t too_few = enough / 2;
  while (enough - too_few > 1) {
    const std::size_t middle = too_few + (enough - too_few) / 2;
    (interval_power(distance, middle, sides) < power ? too_few : enough) = middle;
  }
  return std::max<std::size_t>(enough, 2);
}

}  // namespace normrun::tables
