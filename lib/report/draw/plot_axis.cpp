#include "report/draw/plot_axis.hpp"

#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"
#include "report/results/words.hpp"
#include "tables/run_rows.hpp"

namespace normrun::report {
namespace {

constexpr int kWantedTicks = 4;
constexpr double kLogOfTen = 2.302585092994046;

/// 10 to the power of n, and its inverse: with our own logarithm, so that a picture is the same bytes on every machine.
double power_of_ten(double n) { return math::exp(n * kLogOfTen); }
double decades_of(double value) { return math::log(value) / kLogOfTen; }

/// A power of ten as its digits read: exp alone is a few last bits off.
double exact(double value) { return tables::read_number(shown(value)); }

/// The next of 1, 2, 5 times a power of ten.
double round_step(double least) {
  const double power = exact(power_of_ten(std::floor(decades_of(least) + 1e-9)));
  for (const double digit : {1.0, 2.0, 5.0}) {
    if (digit * power >= least * (1.0 - 1e-9)) return digit * power;
  }
  return 10.0 * power;
}

std::vector<double> linear_ticks(double low, double high) {
  const double step = round_step((high - low) / (kWantedTicks + 1));
  std::vector<double> ticks;
  for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k) ticks.push_back(k * step);
  return ticks;
}

/// 1, 2 and 5 of each power over a short range; powers alone over a long one, never more than six.
std::vector<double> log_ticks(double low, double high) {
  const double decades = decades_of(high / low);
  const std::vector<double> digits = decades < 2.2 ? std::vector<double>{1.0, 2.0, 5.0} : std::vector<double>{1.0};
  const double stride = std::max(1.0, std::ceil(decades / 6.0));
  std::vector<double> ticks;
  for (double power = std::floor(decades_of(low)); power <= decades_of(high); power += decades < 2.2 ? 1.0 : stride) {
    for (const double digit : digits) {
      const double value = exact(digit * power_of_ten(power));
      if (value >= low * (1.0 - 1e-9) && value <= high * (1.0 + 1e-9)) ticks.push_back(value);
    }
  }
  return ticks;
}

}  // namespace

PlotAxis::PlotAxis(Scale scale, const std::vector<double>& values) : scale_(scale) {
  span(values);
  for (const double value : scale == Scale::kLog ? log_ticks(low_, high_) : linear_ticks(low_, high_)) {
    const double rounded = scale == Scale::kLinear && std::abs(value) < 1e-9 * (high_ - low_) ? 0.0 : value;
    ticks_.push_back({rounded, shown(rounded)});
  }
}

PlotAxis::PlotAxis(Scale scale, const std::vector<double>& values, const std::vector<double>& ticks) : scale_(scale) {
  span(values);
  for (const double value : ticks) ticks_.push_back({value, shown(value)});
}

void PlotAxis::span(const std::vector<double>& values) {
  std::vector<double> shown_values;
  std::copy_if(values.begin(), values.end(), std::back_inserter(shown_values), [this](double value) { return shows(value); });
  if (shown_values.empty()) shown_values = {1.0};
  low_ = *std::min_element(shown_values.begin(), shown_values.end());
  high_ = *std::max_element(shown_values.begin(), shown_values.end());
  if (scale_ == Scale::kLog) {
    const double margin = std::max(1.06, math::exp(0.04 * math::log(high_ / low_)));
    low_ /= margin;
    high_ *= margin;
  } else {
    const double margin = high_ > low_ ? 0.04 * (high_ - low_) : std::max(0.5 * std::abs(high_), 0.5);
    low_ -= margin;
    high_ += margin;
  }
}

bool PlotAxis::shows(double value) const { return std::isfinite(value) && (scale_ == Scale::kLinear || value > 0.0); }

double PlotAxis::place(double value) const {
  return scale_ == Scale::kLog ? math::log(value / low_) / math::log(high_ / low_) : (value - low_) / (high_ - low_);
}

}  // namespace normrun::report
