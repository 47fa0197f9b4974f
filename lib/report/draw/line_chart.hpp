#pragma once

#include <string>
#include <vector>

#include "report/draw/figure.hpp"
#include "report/draw/plot_axis.hpp"
#include "tables/statistics.hpp"

namespace normrun::report {

struct LinePoint {
  double x = 0.0;
  double y = 0.0;
  double low = 0.0;  // of the interval; NaN for none
  double high = 0.0;
};
/// The mean of some seeds and its 95 % interval.
LinePoint point_of(double x, const tables::SampleSummary& summary);

struct Series {
  enum class Kind { kLine, kDots, kReference };
  std::string name;  // written at its right end; "" for none
  int look = 0;      // place in the palette
  std::vector<LinePoint> points;
  Kind kind = Kind::kLine;
  std::string value = "";  // of the chart's series column
};

struct Panel {
  std::string title;
  std::vector<Series> series;
  RowFilter rows = {};  // of the figure's data
};

/// Panels of lines over the same two axes.
struct LineChart {
  std::string id;
  std::string x_label;
  std::string y_label;
  Scale x_scale = Scale::kLinear;
  Scale y_scale = Scale::kLinear;
  std::vector<double> x_ticks;  // empty: round numbers
  std::vector<Panel> panels;
  std::vector<double> y_values = {};  // that the y axis shows in any case
  // Of the figure's data.
  std::string x_column = "";
  std::string y_column = "";
  std::string series_column = "";
  std::vector<std::string> x_names = {};  // of the places 0, 1, …: rows of dots instead of lines
};

/// The axes that a chart's panels share.
struct ChartAxes {
  PlotAxis x;
  PlotAxis y;
  bool has_zero;  // the y axis is logarithmic and there is a 0 to show
};
ChartAxes axes_of(const LineChart& chart);

/// One SVG a panel.  On a logarithmic y axis a 0 has a row of its own below the rest.
std::vector<std::string> draw(const LineChart& chart);
/// Charts of the same panels, panel by panel.
std::vector<std::string> draw(const std::vector<LineChart>& charts);

/// At most eight of some ascending values, evenly taken: the ticks of an axis.
std::vector<double> ticks_at(const std::vector<double>& values);

}  // namespace normrun::report
