#pragma once

#include <string>
#include <vector>

#include "report/results/words.hpp"

namespace normrun::report {

enum class Scale { kLinear, kLog };

struct Tick {
  double value = 0.0;
  std::string label;
};

/// Returns log(numerator / denominator) of positive numbers, even if no double can hold the ratio.
double log_of_ratio(double numerator, double denominator);

/// Maps values to places from 0 to 1, with at most eight round ticks, whatever the values are.  Ticks ascend, lie within the axis and have
/// distinct labels.
class PlotAxis {
 public:
  /// Spans every finite value.  A logarithmic axis leaves out values without a logarithm and ends above 0.  Values that differ only in
  /// their last digits count as one value.  `values` may be empty.
  PlotAxis(Scale scale, const std::vector<double>& values, Unit unit = Unit::kNumber);
  /// Spans the values in the same way.  The ticks are the given ones (in ascending order) that lie within the axis.
  PlotAxis(Scale scale, const std::vector<double>& values, const std::vector<double>& ticks, Unit unit = Unit::kNumber);

  double place(double value) const;
  bool shows(double value) const;
  const std::vector<Tick>& ticks() const { return ticks_; }
  Scale scale() const { return scale_; }
  double low() const { return low_; }
  double high() const { return high_; }

 private:
  void span(const std::vector<double>& values);
  void take(const std::vector<double>& ticks, Unit unit);

  Scale scale_;
  double low_ = 0.0;
  double high_ = 1.0;
  std::vector<Tick> ticks_;
};

}  // namespace normrun::report
