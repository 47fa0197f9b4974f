#pragma once

#include <string>
#include <vector>

#include "report/draw/figure.hpp"
#include "report/draw/plot_axis.hpp"
#include "tables/t_interval.hpp"

namespace normrun::report {

struct LinePoint {
  double x = 0.0;
  double y = 0.0;
  double low = 0.0;  // the interval's lower end; NaN: there is no interval
  double high = 0.0;
};
/// Returns the mean of some seeds with its 95 % interval.
LinePoint point_of(double x, const tables::SampleSummary& summary);

struct Series {
  enum class Kind { kLine, kDots, kReference };
  std::string name;  // written at the line's right end; "" for none
  int look = 0;      // place in the palette
  std::vector<LinePoint> points = {};
  Kind kind = Kind::kLine;
  std::string value = "";  // the value that this series has in the chart's series column
};

struct Panel {
  std::string title;
  std::vector<Series> series = {};
  RowFilter rows = {};  // the rows of the figure's data that the panel shows
};

/// Panels of lines that share both axes.
struct LineChart {
  std::string id;
  std::string x_label;
  std::string y_label;
  Scale x_scale = Scale::kLinear;
  Scale y_scale = Scale::kLinear;
  std::vector<double> x_ticks = {};  // empty: the axis has round numbers
  std::vector<Panel> panels = {};
  std::vector<double> y_values = {};  // values that the y axis always shows
  // Columns of the figure's data.
  std::string x_column = "";
  std::string y_column = "";
  std::string series_column = "";
  std::vector<std::string> x_names = {};  // names of the places 0, 1, …; with names, the chart has rows of dots instead of lines
};

/// The axes that the panels of a chart share.
struct ChartAxes {
  PlotAxis x;
  PlotAxis y;
  bool has_zero;  // the y axis is logarithmic, and there is a 0 to show
};
ChartAxes axes_of(const LineChart& chart);

/// Returns one SVG for each panel.  A logarithmic y axis shows 0 in a row of its own below all other values.
std::vector<std::string> draw(const LineChart& chart);
/// Returns the SVGs of several charts that have the same panels, ordered by panel.
std::vector<std::string> draw(const std::vector<LineChart>& charts);

/// Returns at most eight of some ascending values, evenly spaced among them, as the ticks of an axis.
std::vector<double> ticks_at(const std::vector<double>& values);

}  // namespace normrun::report
