#include "report/draw/bar_chart.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "fmt/format.h"
#include "report/draw/plot_axis.hpp"
#include "report/draw/svg.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr double kBarsWidth = 430.0;
constexpr double kRowHeight = 22.0;
constexpr double kBarsTop = 44.0;
constexpr double kBarsBottom = 24.0;
constexpr std::size_t kLongestBarName = 26;

std::string spoken(BarUnit unit, double value) { return unit == BarUnit::kShares ? percent(value) : shown(value); }

std::string description_of(BarUnit unit, const std::vector<BarRow>& rows) {
  std::string text;
  for (const BarRow& row : rows) {
    text += row.name + " (" + row.value + "):";
    for (const BarRow::Segment& segment : row.segments) text += " " + segment.name + " " + spoken(unit, segment.value) + ",";
    text.back() = '.';
    text += ' ';
  }
  return text;
}

void draw_row(Svg& svg, BarUnit unit, const PlotAxis& axis, const BarRow& row, double y, double left, double width) {
  const auto place = [&](double value) { return left + axis.place(value) * width; };
  double up = 0.0;
  double down = 0.0;
  for (const BarRow::Segment& segment : row.segments) {
    double& end = segment.value > 0.0 ? up : down;
    const auto [from, to] = std::minmax({place(end), place(end + segment.value)});
    end += segment.value;
    svg.rectangle(from, y + 3, to - from, kRowHeight - 6, fmt::format("part c{}", segment.look),
                  fmt::format("{}: {}", segment.name, spoken(unit, segment.value)));
  }
}

}  // namespace

std::string draw_bars(const BarChart& chart, const std::vector<BarRow>& rows) {
  std::vector<double> ends = {0.0};
  double widest_name = 0.0;
  double widest_value = text_width(chart.value_title);
  for (const BarRow& row : rows) {
    double up = 0.0;
    double down = 0.0;
    for (const BarRow::Segment& segment : row.segments) (segment.value > 0.0 ? up : down) += segment.value;
    ends.insert(ends.end(), {up, down});
    widest_name = std::max(widest_name, text_width(shortened(row.name, kLongestBarName)));
    widest_value = std::max(widest_value, text_width(row.value));
  }
  const PlotAxis axis(Scale::kLinear, ends);
  const double height = kBarsTop + kRowHeight * static_cast<double>(rows.size()) + kBarsBottom;
  const double left = widest_name + 10;
  const double width = kBarsWidth - left - widest_value - 12;
  const double foot = height - kBarsBottom;
  Svg svg(chart.id, kBarsWidth, height, chart.title, description_of(chart.unit, rows));
  svg.text(0, 13, chart.title, Svg::Anchor::kStart, "head");
  svg.text(kBarsWidth, kBarsTop - 8, chart.value_title, Svg::Anchor::kEnd, "axis");
  for (const Tick& tick : axis.ticks()) {
    const double x = left + axis.place(tick.value) * width;
    svg.line(x, kBarsTop, x, foot, tick.value == 0.0 ? "zero" : "grid");
    svg.text(x, foot + 16, spoken(chart.unit, tick.value), Svg::Anchor::kMiddle, "axis");
  }
  double y = kBarsTop;
  for (const BarRow& row : rows) {
    svg.text(left - 8, y + kRowHeight / 2 + 4, shortened(row.name, kLongestBarName), Svg::Anchor::kEnd, "axis");
    draw_row(svg, chart.unit, axis, row, y, left, width);
    svg.text(kBarsWidth, y + kRowHeight / 2 + 4, row.value, Svg::Anchor::kEnd, "axis");
    y += kRowHeight;
  }
  return svg.finished();
}

std::string draw_histogram(const std::string& id, const std::string& x_label, const Histogram& histogram, int look) {
  constexpr double kWidth = 340.0;
  constexpr double kPlotHeight = 164.0;
  constexpr double kLeft = 46.0;
  constexpr double kBottom = 42.0;
  const std::vector<std::string> title = title_lines(histogram.title);
  const double top_edge = head_height(title.size());
  const double height = top_edge + kPlotHeight;
  const PlotAxis x(Scale::kLinear, {histogram.low, histogram.high});
  const PlotAxis y(Scale::kLinear, {0.0, histogram.tallest});
  const double foot = height - kBottom;
  const auto place_x = [&](double value) { return kLeft + x.place(value) * (kWidth - 10 - kLeft); };
  const auto place_y = [&](double value) { return foot - y.place(value) * (foot - top_edge); };
  const auto tallest =
      static_cast<std::size_t>(std::max_element(histogram.shares.begin(), histogram.shares.end()) - histogram.shares.begin());
  const double bin = (histogram.high - histogram.low) / static_cast<double>(histogram.shares.size());
  const auto start_of = [&](std::size_t i) { return histogram.low + bin * static_cast<double>(i); };
  Svg svg(id, kWidth, height, histogram.title,
          fmt::format("Histogram: the tallest bin holds {} of the differences, from {} to {}.", percent(histogram.shares[tallest]),
                      shown(start_of(tallest)), shown(start_of(tallest + 1))));
  svg.head(title, "share of the outputs");
  for (const Tick& tick : y.ticks()) {
    svg.line(kLeft, place_y(tick.value), kWidth - 10, place_y(tick.value), "grid");
    svg.text(kLeft - 6, place_y(tick.value) + 4, percent(tick.value), Svg::Anchor::kEnd, "axis");
  }
  for (std::size_t i = 0; i < histogram.shares.size(); ++i) {
    if (histogram.shares[i] == 0.0) continue;
    const double top = place_y(histogram.shares[i]);
    svg.rectangle(place_x(start_of(i)), top, place_x(start_of(i + 1)) - place_x(start_of(i)), place_y(0.0) - top,
                  fmt::format("part c{}", look),
                  fmt::format("{} to {}: {}", shown(start_of(i)), shown(start_of(i + 1)), percent(histogram.shares[i])));
  }
  for (const Tick& tick : x.ticks()) svg.text(place_x(tick.value), foot + 21, tick.label, Svg::Anchor::kMiddle, "axis");
  svg.text((kLeft + kWidth - 10) / 2, height - 4, x_label, Svg::Anchor::kMiddle, "axis");
  return svg.finished();
}

}  // namespace normrun::report
