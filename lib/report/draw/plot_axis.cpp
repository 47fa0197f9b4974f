#include "report/draw/plot_axis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/elementary.hpp"
#include "fmt/format.h"
#include "report/results/words.hpp"
#include "tables/run_rows.hpp"

namespace normrun::report {
namespace {

constexpr int kWantedTicks = 4;
constexpr int kMostLinearTicks = kWantedTicks + 3;  // steps are rounded up, and both ends may have a tick
constexpr int kMostPowers = 8;                      // of a logarithmic axis
constexpr double kLogOfTen = 2.302585092994046;
constexpr double kLargest = std::numeric_limits<double>::max();

/// Numbers that differ by a smaller part of their size are drawn as one: labels with room for six digits could not tell them apart,
/// and ticks between neighbouring doubles do not exist.
constexpr double kLeastSpread = 1e-5;
/// Spreads below this are drawn as none: a fifth of them, and its powers of ten, would be denormal.
constexpr double kLeastWidth = 1e-290;
/// Where a logarithmic axis begins at the earliest.  Smaller numbers stand at its end.
constexpr double kLeastOnLog = 1e-270;

/// 10 to the power of n, and its inverse: with our own logarithm, so that a picture is the same bytes on every machine.
double power_of_ten(double n) { return math::exp(n * kLogOfTen); }
double decades_of(double value) { return math::log(value) / kLogOfTen; }

/// A power of ten as its digits read: exp alone is a few last bits off.
double exact(double value) { return tables::read_number(shown(value)); }

/// high - low may be infinite; half of it is not.
double half_width(double low, double high) { return 0.5 * high - 0.5 * low; }

/// The next of 1, 2, 5 times a power of ten.
double round_step(double least) {
  const double power = exact(power_of_ten(std::floor(decades_of(least) + 1e-9)));
  for (const double digit : {1.0, 2.0, 5.0}) {
    if (digit * power >= least * (1.0 - 1e-9)) return digit * power;
  }
  return 10.0 * power;
}

/// Multiples of a round step.  The number of ticks is bounded by their count, not by the sum that the last bits decide.
std::vector<double> linear_ticks(double low, double high) {
  const double step = round_step(2.0 * (half_width(low, high) / (kWantedTicks + 1)));
  const double first = std::ceil(low / step - 1e-9);
  std::vector<double> ticks;
  for (int i = 0; i < kMostLinearTicks; ++i) {
    const double value = (first + i) * step;
    if (!(value - high <= 1e-9 * step)) break;
    ticks.push_back(std::clamp(value, low, high));
  }
  return ticks;
}

/// 1, 2 and 5 of each power over a short range; powers alone over a long one, never more than six.  A range without any of them has
/// the ticks of a linear axis.
std::vector<double> log_ticks(double low, double high) {
  const double decades = log_of_ratio(high, low) / kLogOfTen;
  const bool is_short = decades < 2.2;
  const std::vector<double> digits = is_short ? std::vector<double>{1.0, 2.0, 5.0} : std::vector<double>{1.0};
  const double stride = is_short ? 1.0 : std::max(1.0, std::ceil(decades / 6.0));
  std::vector<double> ticks;
  for (int i = 0; i < kMostPowers; ++i) {
    const double power = std::floor(decades_of(low)) + i * stride;
    for (const double digit : digits) {
      const double value = exact(digit * power_of_ten(power));
      const bool is_inside = std::isfinite(value) && value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9);
      if (is_inside) ticks.push_back(std::clamp(value, low, high));
    }
  }
  return ticks.empty() ? linear_ticks(low, high) : ticks;
}

/// Of ascending values: with three digits or, where two of them would read alike, as many as tell them apart.
std::vector<std::string> tick_labels(const std::vector<double>& values) {
  constexpr int kAllDigits = 17;
  std::vector<std::string> labels;
  for (int digits = 3; digits <= kAllDigits; ++digits) {
    labels.clear();
    for (const double value : values) labels.push_back(digits == 3 ? shown(value) : fmt::format("{:.{}g}", value, digits));
    if (std::adjacent_find(labels.begin(), labels.end()) == labels.end()) break;
  }
  return labels;
}

}  // namespace

double log_of_ratio(double numerator, double denominator) {
  const double ratio = numerator / denominator;
  const bool is_in_range = std::isfinite(ratio) && ratio > std::numeric_limits<double>::min();
  return is_in_range ? math::log(ratio) : math::log(numerator) - math::log(denominator);
}

PlotAxis::PlotAxis(Scale scale, const std::vector<double>& values) : scale_(scale) {
  span(values);
  std::vector<double> ticks = scale == Scale::kLog ? log_ticks(low_, high_) : linear_ticks(low_, high_);
  for (double& value : ticks) {
    if (scale == Scale::kLinear && 0.5 * std::abs(value) < 1e-9 * half_width(low_, high_)) value = 0.0;
  }
  take(ticks);
}

PlotAxis::PlotAxis(Scale scale, const std::vector<double>& values, const std::vector<double>& ticks) : scale_(scale) {
  span(values);
  std::vector<double> inside;
  std::copy_if(ticks.begin(), ticks.end(), std::back_inserter(inside),
               [this](double value) { return shows(value) && value >= low_ && value <= high_; });
  take(inside);
}

void PlotAxis::take(const std::vector<double>& values) {
  const std::vector<std::string> labels = tick_labels(values);
  for (std::size_t i = 0; i < values.size(); ++i) ticks_.push_back({values[i], labels[i]});
}

void PlotAxis::span(const std::vector<double>& values) {
  std::vector<double> shown_values;
  std::copy_if(values.begin(), values.end(), std::back_inserter(shown_values), [this](double value) { return shows(value); });
  if (shown_values.empty()) shown_values = {1.0};
  low_ = *std::min_element(shown_values.begin(), shown_values.end());
  high_ = *std::max_element(shown_values.begin(), shown_values.end());
  if (scale_ == Scale::kLog) {
    low_ = std::max(low_, kLeastOnLog);
    high_ = std::max(high_, kLeastOnLog);
    const double margin = std::max(1.06, math::exp(0.04 * log_of_ratio(high_, low_)));
    low_ /= margin;
    high_ = high_ < kLargest / margin ? high_ * margin : kLargest;
  } else {
    const double half = half_width(low_, high_);
    const bool is_constant = half < kLeastWidth || half < 0.5 * kLeastSpread * std::max(std::abs(low_), std::abs(high_));
    const double margin = is_constant ? std::max(0.5 * std::abs(high_), 0.5) : 0.08 * half;
    low_ = std::max(low_ - margin, -kLargest);
    high_ = std::min(high_ + margin, kLargest);
    const double nothing = 2e-9 * half_width(low_, high_);  // an end so close to 0 is its tick
    if (std::abs(low_) < nothing) low_ = 0.0;
    if (std::abs(high_) < nothing) high_ = 0.0;
  }
}

bool PlotAxis::shows(double value) const { return std::isfinite(value) && (scale_ == Scale::kLinear || value > 0.0); }

double PlotAxis::place(double value) const {
  if (scale_ == Scale::kLog) return log_of_ratio(value, low_) / log_of_ratio(high_, low_);
  return half_width(low_, value) / half_width(low_, high_);
}

}  // namespace normrun::report
