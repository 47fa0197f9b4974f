#pragma once

#include <string>
#include <utility>
#include <vector>

namespace normrun::report {

/// Numbers as a table of the page: what a figure draws, or a table of its own.
struct DataTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;

  std::string csv() const;
};

/// An entry of a figure's legend: the series' place in the palette and its name.
struct LegendEntry {
  int look = 0;
  std::string name;
};

/// The rows of a table whose columns have these values.
using RowFilter = std::vector<std::pair<std::string, std::string>>;

/// A figure of the report: small pictures side by side, each an SVG of its own, so that they wrap on a narrow screen.
struct Figure {
  std::string id;       // of the element, and the downloaded file's name
  std::string title;    // the question it answers
  std::string caption;  // how to read it, what was left out
  std::vector<LegendEntry> legend;
  std::vector<std::string> pictures;  // none: the figure is left out
  DataTable data;
  std::string spec = "";  // the same as Vega-Lite
};

/// What a figure draws at most: the rest stands in the tables, and the caption says so.
inline constexpr std::size_t kMostPanels = 6;
inline constexpr std::size_t kMostSeries = 7;

/// "6 of 40 settings are drawn", or "" where all are.
std::string left_out(std::size_t drawn, std::size_t all, const std::string& what);

}  // namespace normrun::report
