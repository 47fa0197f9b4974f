#include "report/draw/plot_axis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/elementary.hpp"
#include "fmt/format.h"
#include "tables/run_rows.hpp"

namespace normrun::report {
namespace {

constexpr int kWantedTicks = 4;
constexpr int kMostLinearTicks = kWantedTicks + 3;  // rounding the step, and a tick at either end, may add these
constexpr int kMostPowers = 8;                      // on a logarithmic axis
constexpr double kLogOfTen = 2.302585092994046;
constexpr double kLargest = std::numeric_limits<double>::max();

/// Numbers whose relative difference is smaller are drawn as one number.  Labels have room for six digits and could not tell them apart,
/// and there are no ticks between neighbouring doubles.
constexpr double kLeastSpread = 1e-5;
/// Values with a smaller spread are drawn as one value: a fifth of the spread and the powers of ten near it would be denormal.
constexpr double kLeastWidth = 1e-290;
/// A logarithmic axis begins no lower than this.  Smaller numbers are drawn at its end.
constexpr double kLeastOnLog = 1e-270;

/// Returns 10 to the power of n.  This function and its inverse use our own logarithm, so a picture has the same bytes on every machine.
double power_of_ten(double n) { return math::exp(n * kLogOfTen); }
double decades_of(double value) { return math::log(value) / kLogOfTen; }

/// Returns a power of ten exactly, by reading its digits: exp alone is wrong by a few last bits.
double exact(double value) { return tables::read_number(shown(value)); }

/// Half of high - low is finite even if the whole difference is not.
double half_width(double low, double high) { return 0.5 * high - 0.5 * low; }

/// Returns the smallest of 1, 2 and 5 times a power of ten that is at least `least`.
double round_step(double least) {
  const double power = exact(power_of_ten(std::floor(decades_of(least) + 1e-9)));
  for (const double digit : {1.0, 2.0, 5.0}) {
    if (digit * power >= least * (1.0 - 1e-9)) return digit * power;
  }
  return 10.0 * power;
}

/// Returns multiples of a round step.  The loop counts the ticks rather than adding up steps, so rounding errors cannot change their
/// number.
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

/// Returns 1, 2 and 5 times each power of ten over a short range.  Over a long range it returns only powers, at most six.  A range without
/// any of these gets the ticks of a linear axis.
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

/// Returns labels of ascending values with three digits.  If two labels would be equal, they have as many digits as distinguish them.
std::vector<std::string> tick_labels(const std::vector<double>& values, Unit unit) {
  const double factor = unit == Unit::kNumber ? 1.0 : 100.0;
  const auto labelled = [&](double value, int digits) {
    const std::string number = digits == 3 ? shown(factor * value) : fmt::format("{:.{}g}", factor * value, digits);
    return unit == Unit::kNumber || value == 0.0 ? number : number + " %";
  };
  constexpr int kAllDigits = 17;
  std::vector<std::string> labels;
  for (int digits = 3; digits <= kAllDigits; ++digits) {
    labels.clear();
    for (const double value : values) labels.push_back(labelled(value, digits));
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

PlotAxis::PlotAxis(Scale scale, const std::vector<double>& values, Unit unit) : scale_(scale) {
  span(values);
  std::vector<double> ticks = scale == Scale::kLog ? log_ticks(low_, high_) : linear_ticks(low_, high_);
  for (double& value : ticks) {
    if (scale == Scale::kLinear && 0.5 * std::abs(value) < 1e-9 * half_width(low_, high_)) value = 0.0;
  }
  take(ticks, unit);
}

PlotAxis::PlotAxis(Scale scale, const std::vector<double>& values, const std::vector<double>& ticks, Unit unit) : scale_(scale) {
  span(values);
  std::vector<double> inside;
  std::copy_if(ticks.begin(), ticks.end(), std::back_inserter(inside),
               [this](double value) { return shows(value) && value >= low_ && value <= high_; });
  take(inside, unit);
}

void PlotAxis::take(const std::vector<double>& values, Unit unit) {
  const std::vector<std::string> labels = tick_labels(values, unit);
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
    const double nothing = 2e-9 * half_width(low_, high_);  // an end this close to 0 counts as the tick at 0
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
