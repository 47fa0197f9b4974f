#pragma once

#include <string>
#include <vector>

namespace normrun::report {

/// A row of stacked bars: what is positive grows to the right of 0, what is negative to the left.
struct BarRow {
  struct Part {
    std::string name;
    int look = 0;
    double value = 0.0;
  };
  std::string name;   // to the left
  std::string value;  // to the right
  std::vector<Part> parts;
};

enum class BarUnit { kShares, kAmounts };

/// What a bar chart shows but its rows.
struct BarChart {
  std::string id;
  std::string title;
  std::string value_title;  // over the values to the right
  BarUnit unit = BarUnit::kShares;
};

/// One SVG.
std::string draw_bars(const BarChart& chart, const std::vector<BarRow>& rows);

/// One SVG: a histogram over equal bins from `low` to `high`; `look` as in the palette.
struct Histogram {
  std::string title;
  double low = 0.0;
  double high = 0.0;
  std::vector<double> shares;  // of all values, one a bin
  double tallest = 0.0;        // the y axis' end
};
std::string draw_histogram(const std::string& id, const std::string& x_label, const Histogram& histogram, int look);

}  // namespace normrun::report
