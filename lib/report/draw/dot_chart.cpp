#include "report/draw/dot_chart.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "fmt/format.h"
#include "report/draw/svg.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr double kDotsWidth = 340.0;
constexpr double kDotsBottom = 26.0;
constexpr double kLeastRow = 24.0;
constexpr double kDotSpacing = 11.0;
constexpr std::size_t kLongestDotName = 20;

/// One dot of a row: the point that a series has there.
struct Dot {
  std::size_t row;
  std::size_t series;
  LinePoint point;
};

std::vector<Dot> dots_of(const Panel& panel) {
  std::vector<Dot> dots;
  for (std::size_t s = 0; s < panel.series.size(); ++s) {
    for (const LinePoint& point : panel.series[s].points) {
      if (std::isfinite(point.y)) dots.push_back({static_cast<std::size_t>(point.x), s, point});
    }
  }
  return dots;
}

/// Returns "batch norm: train 0.77, eval 0.85." and the like for each row.
std::string description_of(const LineChart& chart, const Panel& panel, const std::vector<Dot>& dots) {
  std::string text = chart.y_label + ".";
  for (std::size_t row = 0; row < chart.x_names.size(); ++row) {
    std::string values;
    for (const Dot& dot : dots) {
      if (dot.row == row) values += fmt::format("{} {} {}", values.empty() ? "" : ",", panel.series[dot.series].name, shown(dot.point.y));
    }
    if (!values.empty()) text += fmt::format(" {}:{}.", chart.x_names[row], values);
  }
  return text;
}

/// Returns the rows that have dots, from top to bottom.
std::vector<std::size_t> rows_of(const std::vector<Dot>& dots) {
  std::vector<std::size_t> rows;
  rows.reserve(dots.size());
  for (const Dot& dot : dots) rows.push_back(dot.row);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

/// Returns a dot's distance from its row's middle: the dots of a row are spread evenly around it.
double offset_of(const Dot& dot, const std::vector<Dot>& dots) {
  double before = 0.0;
  double after = 0.0;
  for (const Dot& other : dots) {
    if (other.row == dot.row && other.series < dot.series) ++before;
    if (other.row == dot.row && other.series > dot.series) ++after;
  }
  return 0.5 * (before - after);
}

}  // namespace

std::string draw_dots(const LineChart& chart, const Panel& panel, const std::string& id) {
  const std::vector<Dot> dots = dots_of(panel);
  const std::vector<std::size_t> rows = rows_of(dots);
  const PlotAxis axis = axes_of(chart).y;
  double row_height = kLeastRow;
  for (const Dot& dot : dots) row_height = std::max(row_height, kDotSpacing * (2.0 * offset_of(dot, dots) + 2.0));
  const std::vector<std::string> title = title_lines(panel.title);
  const double top = head_height(title.size());
  const double foot = top + row_height * static_cast<double>(rows.size());
  double widest = 0.0;
  for (const std::string& name : chart.x_names) widest = std::max(widest, text_width(shortened(name, kLongestDotName)));
  const double left = widest + 10.0;
  const auto place = [&](double value) { return left + std::clamp(axis.place(value), 0.0, 1.0) * (kDotsWidth - 10.0 - left); };

  Svg svg(id, kDotsWidth, foot + kDotsBottom, panel.title, description_of(chart, panel, dots));
  svg.head(title, chart.y_label);
  for (const Tick& tick : axis.ticks()) {
    svg.line(place(tick.value), top, place(tick.value), foot, "grid");
    svg.text(place(tick.value), foot + 16, tick.label, Svg::Anchor::kMiddle, "axis");
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double middle = top + row_height * (static_cast<double>(i) + 0.5);
    svg.text(left - 10, middle + 4, shortened(chart.x_names[rows[i]], kLongestDotName), Svg::Anchor::kEnd, "axis");
  }
  for (const Dot& dot : dots) {
    const auto& [row, series, point] = dot;
    const auto i = static_cast<double>(std::find(rows.begin(), rows.end(), row) - rows.begin());
    const double y = top + row_height * (i + 0.5) + kDotSpacing * offset_of(dot, dots);
    const Series& own = panel.series[series];
    const std::string look = fmt::format(" c{}", own.look);
    if (!std::isnan(point.low)) svg.line(place(point.low), y, place(point.high), y, "bar" + look);
    svg.marker(place(point.y), y, own.look, "mark" + look, fmt::format("{}, {}: {}", chart.x_names[row], own.name, shown(point.y)));
  }
  return svg.finished();
}

}  // namespace normrun::report
