#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "report/draw/plot_axis.hpp"
#include "tables/t_interval.hpp"

namespace normrun::report {

/// A table of numbers on the page: the data of a figure, or a table of its own.
struct DataTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows = {};

  std::string csv() const;
};

/// How a series is drawn.  The colour stands for a normalization, the stroke for a mode.
struct Look {
  enum class Stroke { kSolid, kDashed, kDotted, kDashDotted };
  int colour = 0;  // the index in the page's palette
  Stroke stroke = Stroke::kSolid;
};

struct Point {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  double x = 0.0;
  double y = 0.0;
  double low = kNone;  // the interval's lower end; NaN: there is no interval
  double high = kNone;
  std::size_t n = 1;      // number of seeds
  std::string name = "";  // if the name of the series does not say enough: the name of this point
};
/// Returns the mean of some seeds with its 95 % interval.
Point point_of(double x, const tables::SampleSummary& summary);

struct Series {
  enum class Kind { kLine, kDots, kBars, kArea, kReference };
  std::string name;
  Look look = {};
  std::vector<Point> points = {};
  Kind kind = Kind::kLine;
};

/// The columns that identify the rows of a panel among the data, each with its value.
using RowFilter = std::vector<std::pair<std::string, std::string>>;

struct Panel {
  std::string title;
  RowFilter rows = {};
  std::vector<Series> series = {};
};

struct ChartAxis {
  std::string label = "";
  std::string column = "";  // in the figure's data
  Scale scale = Scale::kLinear;
  Unit unit = Unit::kNumber;
  std::vector<double> ticks = {};       // empty: the axis chooses round numbers, and readers may zoom
  std::vector<double> includes = {};    // values that the axis always shows
  std::vector<std::string> names = {};  // the names of the places 0, 1, …; each name has a row, and the other axis lies along the rows
};

/// Panels that share both axes.  The pictures of the page, the saved Vega-Lite specification and the table of the numbers are all made
/// from this description.
struct Chart {
  std::string id;
  ChartAxis x = {};
  ChartAxis y = {};
  std::string series_column = "series";
  std::vector<Panel> panels = {};
};

/// The axes that the panels of a chart share.
struct ChartAxes {
  PlotAxis x;
  PlotAxis y;
  std::size_t zero_rows;  // below a logarithmic y axis: one row for each series of a panel that holds zeros
};
ChartAxes axes_of(const Chart& chart);
/// Whether a series has a point at exactly 0.
bool has_zero(const Series& series);

/// Returns a value of an axis as people read it: "12 %", "0.3", or a name.
std::string spoken(const ChartAxis& axis, double value);
/// Returns a place along an axis as the figure's data write it.
std::string place_text(const ChartAxis& axis, double value);

/// An entry of a figure's legend.
struct LegendEntry {
  std::string name;
  Look look;
  bool is_bar = false;
  bool is_dot = false;  // whether no line joins the points, as in charts of named rows
};
/// Returns the series of some charts, each name once.
std::vector<LegendEntry> legend_of(const std::vector<Chart>& charts);

/// Returns all points of some charts: the panels' columns, the series, both axes, the interval and the number of seeds.
DataTable data_of(const std::vector<Chart>& charts);

}  // namespace normrun::report
