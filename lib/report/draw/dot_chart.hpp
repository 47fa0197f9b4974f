#pragma once

#include <string>

#include "report/draw/line_chart.hpp"

namespace normrun::report {

/// A panel whose x axis has names instead of numbers (LineChart::x_names), as rows of dots with their intervals: the names to
/// the left, the values along the axis, the series of a row below one another.  One SVG.
std::string draw_dots(const LineChart& chart, const Panel& panel, const std::string& id);

}  // namespace normrun::report
