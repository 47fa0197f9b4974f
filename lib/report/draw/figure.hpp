#pragma once

#include <string>
#include <vector>

#include "report/draw/chart.hpp"

namespace normrun::report {

/// A figure of the report: charts under a title that says what they show.
struct Figure {
  std::string id;                  // names the element and the downloaded files
  std::string title;               // the question that the figure answers
  std::string finding = "";        // the answer in numbers
  std::string caption = "";        // how to read the figure, and what was left out
  std::vector<Chart> charts = {};  // charts without panels are left out; a figure is not drawn if no other chart remains
};

/// The most panels, and series of a panel, that a figure draws.  The tables hold the rest, and the caption says so.
inline constexpr std::size_t kMostPanels = 6;
inline constexpr std::size_t kMostSeries = 8;

}  // namespace normrun::report
