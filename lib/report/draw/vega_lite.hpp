#pragma once

#include <string>
#include <vector>

#include "report/draw/figure.hpp"
#include "report/draw/line_chart.hpp"

namespace normrun::report {

/// A figure's pictures as a Vega-Lite specification (JSON) that holds the figure's data and needs nothing else: it draws in
/// the page and in any other place.  One view a panel, each over the rows of `figure.data` that it shows.
std::string line_spec(const Figure& figure, const std::vector<LineChart>& charts);

/// Stacked bars of one number of the data, cause by cause.
struct BarView {
  std::string title;
  RowFilter rows;
  std::string value;  // an expression of the data's columns
  std::string value_title;
  std::string format;  // of the value, as d3-format writes it
  std::string name;    // a row's name, an expression too
};
/// `series`: the column whose values are figure.legend's names.
std::string bar_spec(const Figure& figure, const std::string& series, const std::vector<BarView>& views);

/// A histogram of the data's bin_low, bin_high and share.
struct HistogramView {
  std::string title;
  RowFilter rows;
};
std::string histogram_spec(const Figure& figure, const std::string& series, const std::string& x_label,
                           const std::vector<HistogramView>& views);

}  // namespace normrun::report
