#pragma once

#include <string>
#include <utility>
#include <vector>

namespace normrun::report {

/// A table of numbers on the page: the data of a figure, or a table of its own.
struct DataTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows = {};

  std::string csv() const;
};

/// An entry of a figure's legend: the place of a series in the palette, and its name.
struct LegendEntry {
  int look = 0;
  std::string name;
};

/// Selects the rows of a table whose columns have these values.
using RowFilter = std::vector<std::pair<std::string, std::string>>;

/// A figure of the report.  Its pictures are small SVGs that stand side by side and wrap on a narrow screen.
struct Figure {
  std::string id;       // names the element and the downloaded file
  std::string title;    // the question that the figure answers
  std::string caption;  // how to read the figure, and what was left out
  std::vector<LegendEntry> legend = {};
  std::vector<std::string> pictures = {};  // without any, the page leaves the figure out
  DataTable data = {};
  std::string spec = "";  // the figure as a Vega-Lite specification
};

/// The most panels and series that a figure draws.  The tables hold the rest, and the caption says so.
inline constexpr std::size_t kMostPanels = 6;
inline constexpr std::size_t kMostSeries = 7;

/// Returns "6 of 40 settings are drawn" and the like, or "" where all of them are.
std::string left_out(std::size_t drawn, std::size_t all, const std::string& what);

}  // namespace normrun::report
