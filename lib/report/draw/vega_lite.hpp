#pragma once

#include <string>
#include <vector>

#include "report/draw/figure.hpp"
#include "report/draw/line_chart.hpp"

namespace normrun::report {

/// Returns a figure's pictures as a Vega-Lite specification (JSON), one view for each panel.  The specification holds the figure's data and
/// needs nothing else, so it draws in the page and anywhere else.  Each view shows its own rows of `figure.data`.
std::string line_spec(const Figure& figure, const std::vector<LineChart>& charts);

/// A view with stacked bars of one number of the data, divided by cause.
struct BarView {
  std::string title;
  RowFilter rows;
  std::string value;  // an expression over the data's columns
  std::string value_title;
  std::string format;  // the format of the value, as d3-format writes it
  std::string name;    // an expression for the name of a row
};
/// Returns the specification of stacked bars.  `series` is the column whose values are the names in figure.legend.
std::string bar_spec(const Figure& figure, const std::string& series, const std::vector<BarView>& views);

/// A view with a histogram of the data's columns bin_low, bin_high and share.
struct HistogramView {
  std::string title;
  RowFilter rows;
};
std::string histogram_spec(const Figure& figure, const std::string& series, const std::string& x_label,
                           const std::vector<HistogramView>& views);

}  // namespace normrun::report
