#pragma once

#include <string>
#include <vector>

namespace normrun::report {

enum class Scale { kLinear, kLog };

struct Tick {
  double value = 0.0;
  std::string label;
};

/// Values to places from 0 to 1, with round ticks.
class PlotAxis {
 public:
  /// Spans every value; a logarithm leaves out those that have none.  `values` may be empty.
  PlotAxis(Scale scale, const std::vector<double>& values);
  /// Ticks at these values and nowhere else.
  PlotAxis(Scale scale, const std::vector<double>& values, const std::vector<double>& ticks);

  double place(double value) const;
  bool shows(double value) const;
  const std::vector<Tick>& ticks() const { return ticks_; }
  double low() const { return low_; }
  double high() const { return high_; }

 private:
  void span(const std::vector<double>& values);

  Scale scale_;
  double low_ = 0.0;
  double high_ = 1.0;
  std::vector<Tick> ticks_;
};

}  // namespace normrun::report
