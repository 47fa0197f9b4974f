#pragma once

#include <string>
#include <vector>

namespace normrun::report {

enum class Scale { kLinear, kLog };

struct Tick {
  double value = 0.0;
  std::string label;
};

/// log(numerator / denominator) of positive numbers, where their ratio is too large or too small for a double too.
double log_of_ratio(double numerator, double denominator);

/// Values to places from 0 to 1, with at most eight round ticks, whatever the values are.  Ticks ascend, lie within the axis and have
/// labels that differ.
class PlotAxis {
 public:
  /// Spans every finite value; a logarithm leaves out those that have none, and ends above 0.  Values that agree but for their last
  /// digits are spanned as one value is.  `values` may be empty.
  PlotAxis(Scale scale, const std::vector<double>& values);
  /// Ticks at these ascending values, where the axis has them, and nowhere else.
  PlotAxis(Scale scale, const std::vector<double>& values, const std::vector<double>& ticks);

  double place(double value) const;
  bool shows(double value) const;
  const std::vector<Tick>& ticks() const { return ticks_; }
  double low() const { return low_; }
  double high() const { return high_; }

 private:
  void span(const std::vector<double>& values);
  void take(const std::vector<double>& ticks);

  Scale scale_;
  double low_ = 0.0;
  double high_ = 1.0;
  std::vector<Tick> ticks_;
};

}  // namespace normrun::report
