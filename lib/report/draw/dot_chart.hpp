#pragma once

#include <string>

#include "report/draw/line_chart.hpp"

namespace normrun::report {

/// Draws a panel whose x axis has names instead of numbers (LineChart::x_names).  Each name is a row of dots with their intervals: the
/// names stand on the left, the values lie along the axis, and the series of a row lie below one another.  Returns one SVG.
std::string draw_dots(const LineChart& chart, const Panel& panel, const std::string& id);

}  // namespace normrun::report
