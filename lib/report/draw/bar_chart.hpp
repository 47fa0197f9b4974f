#pragma once

#include <string>
#include <vector>

namespace normrun::report {

/// A row of stacked bars.  Positive values grow to the right of 0, negative ones to the left.
struct BarRow {
  struct Segment {
    std::string name;
    int look = 0;
    double value = 0.0;
  };
  std::string name;   // to the left
  std::string value;  // to the right
  std::vector<Segment> segments = {};
};

enum class BarUnit { kShares, kAmounts };

/// Everything that a bar chart shows except its rows.
struct BarChart {
  std::string id;
  std::string title;
  std::string value_title;  // the heading above the values on the right
  BarUnit unit = BarUnit::kShares;
};

/// Returns one SVG.
std::string draw_bars(const BarChart& chart, const std::vector<BarRow>& rows);

/// A histogram over equal bins from `low` to `high`.
struct Histogram {
  std::string title;
  double low = 0.0;
  double high = 0.0;
  std::vector<double> shares;  // the share of all values in each bin
  double tallest = 0.0;        // where the y axis ends
};
std::string draw_histogram(const std::string& id, const std::string& x_label, const Histogram& histogram, int look);

}  // namespace normrun::report
