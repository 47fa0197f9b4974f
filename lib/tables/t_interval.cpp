#include "tables/t_interval.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/elementary.hpp"

namespace normrun::tables {

SampleSummary summarize(std::span<const double> values) {
  StreamedSummary summary;
  for (const double value : values) summary.add(value);
  for (const double value : values) summary.add_deviation(value);
  return summary.summary();
}

void StreamedSummary::add(double value) {
  min_ = n_ == 0 ? value : std::min(min_, value);
  max_ = n_ == 0 ? value : std::max(max_, value);
  sum_ += value;
  ++n_;
}

void StreamedSummary::add_deviation(double value) { deviations_ += (value - mean()) * (value - mean()); }

SampleSummary StreamedSummary::summary() const {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  SampleSummary summary{n_, mean(), kNan, kNan, kNan, min_, max_};
  if (n_ < 2) return summary;
  const double n = static_cast<double>(n_);
  summary.sd = std::sqrt(deviations_ / (n - 1.0));
  const double margin = student_quantile(0.95, static_cast<long>(n_) - 1) * summary.sd / std::sqrt(n);
  summary.ci95_low = summary.mean - margin;
  summary.ci95_high = summary.mean + margin;
  return summary;
}

double student_central(double t, long degrees) {
  const double n = static_cast<double>(degrees);
  const double cos_squared = n / (n + t * t);
  const double sine = t / std::sqrt(n + t * t);
  const bool odd = degrees % 2 == 1;
  // The terms of the series are cos, 2/3 cos^3, … for odd n, and 1, 1/2 cos^2, … for even n.
  double term = odd ? std::sqrt(cos_squared) : 1.0;
  double sum = degrees == 1 ? 0.0 : term;
  for (long k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= cos_squared * static_cast<double>(k - 1) / static_cast<double>(k);
    sum += term;
  }
  if (!odd) return sine * sum;
  return 2.0 / std::numbers::pi * (math::atan(t / std::sqrt(n)) + sine * sum);
}

double student_quantile(double probability, long degrees) {
  double low = 0.0;
  double high = 1.0;
  while (student_central(high, degrees) < probability) high *= 2.0;
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    (student_central(middle, degrees) < probability ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace normrun::tables
