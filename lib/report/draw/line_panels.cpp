#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "fmt/format.h"
#include "report/draw/panels.hpp"
#include "report/draw/svg.hpp"

namespace normrun::report {
namespace {

constexpr double kLeft = 52.0;
constexpr double kZeroRow = 17.0;
constexpr std::size_t kLongestLabel = 36;
constexpr std::size_t kDense = 24;  // markers would hide a line that has more points than this

struct Label {
  double wanted = 0.0;
  double y = 0.0;
  std::string text;
  int colour = 0;  // -1: the colour of the axis
};

bool is_zero(const Point& point) { return point.y == 0.0; }

std::string label_of(const Series& series) {
  const bool is_nothing = !series.points.empty() && std::all_of(series.points.begin(), series.points.end(), is_zero);
  return is_nothing && !series.name.empty() ? series.name + ": exactly 0" : series.name;
}

/// Where the axes lie in the picture of every panel.
class Frame {
 public:
  Frame(const Chart& chart, Room room) : axes_(axes_of(chart)), is_wide_(room == Room::kWide) {
    width_ = is_wide_ ? kWideWidth : kPanelWidth;
    double widest = 0.0;
    std::size_t lines = 0;
    for (const Panel& panel : chart.panels) {
      lines = std::max(lines, titles(panel).size());
      for (const Series& series : panel.series) {
        const bool is_named = is_wide_ || (series.kind == Series::Kind::kReference && panel.series.size() < 3);
        if (is_named) widest = std::max(widest, text_width(shortened(label_of(series), kLongestLabel)));
      }
    }
    labels_ = widest > 0.0;
    right_ = width_ - (labels_ ? widest + 16.0 : 12.0);
    top_ = kTextLine * static_cast<double>(lines) + 26.0;
    bottom_ = top_ + (is_wide_ ? 236.0 : 160.0);
  }

  std::vector<std::string> titles(const Panel& panel) const {
    return panel.title.empty() ? std::vector<std::string>{} : title_lines(panel.title, is_wide_ ? 70 : 38);
  }
  double x(double value) const { return kLeft + axes_.x.place(value) * (right_ - kLeft); }
  double y(double value) const { return bottom_ - std::clamp(axes_.y.place(value), 0.0, 1.0) * (bottom_ - top_); }
  double y_of_zero(std::size_t row) const { return bottom_ + kZeroRow * (1.25 + static_cast<double>(row)); }
  bool shows(const Point& point) const { return axes_.x.shows(point.x) && ((has_zeros() && point.y == 0.0) || axes_.y.shows(point.y)); }
  bool has_zeros() const { return axes_.zero_rows > 0; }
  bool has_labels() const { return labels_; }
  double width() const { return width_; }
  double right() const { return right_; }
  double top() const { return top_; }
  double bottom() const { return bottom_; }
  double floor() const { return bottom_ + (has_zeros() ? kZeroRow * (0.75 + static_cast<double>(axes_.zero_rows)) : 0.0); }
  double height() const { return floor() + kFoot; }
  const ChartAxes& axes() const { return axes_; }

 private:
  ChartAxes axes_;
  bool is_wide_;
  bool labels_ = false;
  double width_ = 0.0;
  double right_ = 0.0;
  double top_ = 0.0;
  double bottom_ = 0.0;
};

/// Draws a tick for every value of the x axis, but only the labels that do not touch one another.
void draw_x_ticks(Svg& svg, const Frame& frame) {
  double end = 0.0;
  const double foot = frame.floor();
  svg.open("ticks");
  for (const Tick& tick : frame.axes().x.ticks()) {
    const double x = frame.x(tick.value);
    svg.line(x, foot, x, foot + 5, "tick");
    const double half = 0.5 * text_width(tick.label);
    if (x - half < end) continue;
    svg.text(x, foot + 19, tick.label, Svg::Anchor::kMiddle, "axis");
    end = x + half + 4.0;
  }
  svg.close();
}

void draw_axes(Svg& svg, const Chart& chart, const Frame& frame, const Panel& panel) {
  double head = 13.0;
  for (const std::string& line : frame.titles(panel)) {
    svg.text(0, head, line, Svg::Anchor::kStart, "head");
    head += kTextLine;
  }
  svg.text(0, head, chart.y.label, Svg::Anchor::kStart, "axis");
  for (const Tick& tick : frame.axes().y.ticks()) {
    svg.line(kLeft, frame.y(tick.value), frame.right(), frame.y(tick.value), "grid");
    svg.text(kLeft - 7, frame.y(tick.value) + 4.5, tick.label, Svg::Anchor::kEnd, "axis");
  }
  for (std::size_t row = 0; row < frame.axes().zero_rows; ++row) {
    svg.line(kLeft, frame.y_of_zero(row), frame.right(), frame.y_of_zero(row), "grid");
    if (row == 0) svg.text(kLeft - 7, frame.y_of_zero(row) + 4.5, "0", Svg::Anchor::kEnd, "axis");
  }
  if (frame.has_zeros()) {
    svg.line(kLeft, frame.top(), kLeft, frame.bottom() + 3, "tick");
    svg.line(kLeft, frame.bottom() + 9, kLeft, frame.floor(), "tick");
    for (const double y : {3.0, 9.0}) svg.line(kLeft - 4, frame.bottom() + y + 2, kLeft + 4, frame.bottom() + y - 2, "tick");
  }
  svg.line(kLeft, frame.floor(), frame.right(), frame.floor(), "tick");
  draw_x_ticks(svg, frame);
  svg.text((kLeft + frame.right()) / 2, frame.height() - 6, chart.x.label, Svg::Anchor::kMiddle, "axis");
}

double y_of(const Frame& frame, const Point& point, std::size_t zero_row) {
  return frame.has_zeros() && point.y == 0.0 ? frame.y_of_zero(zero_row) : frame.y(point.y);
}

void draw_interval(Svg& svg, const Frame& frame, const Series& series) {
  Svg::Points upper;
  Svg::Points lower;
  for (const Point& point : series.points) {
    if (!frame.shows(point) || std::isnan(point.low) || (frame.has_zeros() && point.y == 0.0)) continue;
    if (!frame.axes().y.shows(point.low)) continue;  // a logarithmic axis has no place for an interval that reaches 0
    upper.emplace_back(frame.x(point.x), frame.y(point.high));
    lower.emplace_back(frame.x(point.x), frame.y(point.low));
  }
  if (series.kind == Series::Kind::kLine && upper.size() > 1) {
    upper.insert(upper.end(), lower.rbegin(), lower.rend());
    svg.polygon(upper, css_of("band", series.look));
    return;
  }
  for (std::size_t i = 0; i < upper.size(); ++i)
    svg.line(upper[i].first, upper[i].second, lower[i].first, lower[i].second, css_of("bar", series.look));
}

/// Returns the hints that the script shows for the points of a dense line: such points have no elements of their own.
std::string dense_hints(const Chart& chart, const Frame& frame, const Series& series) {
  std::string hints;
  for (const Point& point : series.points) {
    if (!frame.shows(point)) continue;
    hints += fmt::format("{}{} {}: {}", hints.empty() ? "" : "|", chart.x.label, spoken(chart.x, point.x), spoken(chart.y, point.y));
  }
  return hints;
}

void draw_series(Svg& svg, const Chart& chart, const Frame& frame, const Series& series, std::size_t zero_row) {
  Svg::Points line;
  std::vector<std::string> names;
  for (const Point& point : series.points) {
    if (!frame.shows(point)) continue;
    line.emplace_back(frame.x(point.x), y_of(frame, point, zero_row));
    names.push_back(point.name);
  }
  if (line.empty()) return;
  if (series.kind == Series::Kind::kReference) {
    svg.polyline(line, "reference");
    return;
  }
  if (series.kind == Series::Kind::kArea) {
    const double base = frame.y(0.0);
    Svg::Points area = {{line.front().first, base}};
    area.insert(area.end(), line.begin(), line.end());
    area.emplace_back(line.back().first, base);
    svg.polygon(area, css_of("area", series.look));
  }
  draw_interval(svg, frame, series);
  const bool is_dense = line.size() > kDense;
  if (series.kind == Series::Kind::kDots && is_dense) {
    std::vector<std::string> hints;
    hints.reserve(series.points.size());
    for (const Point& point : series.points) {
      if (frame.shows(point)) hints.push_back(hint_of(chart, series, point));
    }
    svg.dots(line, css_of("many", series.look), hints);
    return;
  }
  if (series.kind != Series::Kind::kDots && line.size() > 1)
    svg.polyline(line, css_of("line", series.look), is_dense ? dense_hints(chart, frame, series) : "");
  if (is_dense) return;
  for (const Point& point : series.points) {
    if (frame.shows(point)) svg.marker(frame.x(point.x), y_of(frame, point, zero_row), series.look, hint_of(chart, series, point));
  }
}

/// Puts each name at the right end of its line, and pushes neighbouring names apart.
std::vector<Label> labels_of(const Frame& frame, const Panel& panel) {
  std::vector<Label> labels;
  std::size_t zero_row = 0;
  for (const Series& series : panel.series) {
    const auto last = std::find_if(series.points.rbegin(), series.points.rend(), [&](const Point& p) { return frame.shows(p); });
    if (last == series.points.rend() || series.name.empty()) continue;
    const double y = y_of(frame, *last, zero_row);
    if (has_zero(series)) ++zero_row;
    labels.push_back({y, y, label_of(series), series.kind == Series::Kind::kReference ? -1 : series.look.colour});
  }
  std::stable_sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.wanted < b.wanted; });
  for (std::size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + kTextLine);
  double most = frame.floor();  // names that were pushed below the bottom move up again
  for (auto label = labels.rbegin(); label != labels.rend(); ++label, most -= kTextLine) label->y = std::min(label->y, most);
  return labels;
}

void draw_labels(Svg& svg, const Frame& frame, const Panel& panel) {
  for (const Label& label : labels_of(frame, panel)) {
    const std::string css = label.colour < 0 ? "axis" : fmt::format("name c{}", label.colour);
    svg.text(frame.right() + 12, label.y + 4.5, shortened(label.text, kLongestLabel), Svg::Anchor::kStart, css);
    if (std::abs(label.y - label.wanted) > 3.0 && label.colour >= 0)
      svg.line(frame.right() + 1, label.wanted, frame.right() + 10, label.y, fmt::format("leader c{}", label.colour));
  }
}

/// Returns "batch norm: from 79 % at 2 to 10 % at 128." and the like for each line.
std::string description_of(const Chart& chart, const Panel& panel) {
  std::string text = fmt::format("{} against {}.", chart.y.label, chart.x.label);
  for (const Series& series : panel.series) {
    const auto is_number = [](const Point& point) { return std::isfinite(point.y); };
    const auto first_place = std::find_if(series.points.begin(), series.points.end(), is_number);
    if (series.kind == Series::Kind::kReference || first_place == series.points.end()) continue;
    const Point& first = *first_place;
    const Point& last = *std::find_if(series.points.rbegin(), series.points.rend(), is_number);
    if (series.kind == Series::Kind::kDots && series.points.size() > 1) {
      text += fmt::format(" {}{}{} dots.", series.name, series.name.empty() ? "" : ": ", series.points.size());
    } else if (series.points.size() == 1) {
      text += fmt::format(" {}: {} at {}.", series.name, spoken(chart.y, first.y), spoken(chart.x, first.x));
    } else {
      text += fmt::format(" {}: from {} at {} to {} at {}.", series.name, spoken(chart.y, first.y), spoken(chart.x, first.x),
                          spoken(chart.y, last.y), spoken(chart.x, last.x));
    }
  }
  return text;
}

/// Returns the attribute that tells the page's script where the values of the x axis lie, if readers may zoom along it.
std::string zoom_attributes(const Chart& chart, const Frame& frame) {
  const bool is_line = std::any_of(chart.panels.begin(), chart.panels.end(), [](const Panel& panel) {
    return std::any_of(panel.series.begin(), panel.series.end(), [](const Series& series) { return series.kind == Series::Kind::kLine; });
  });
  if (!chart.x.ticks.empty() || !is_line) return "";
  const PlotAxis& axis = frame.axes().x;
  return fmt::format(" data-zoom=\"{} {} {} {:.1f} {:.1f}\"", axis.scale() == Scale::kLog ? "log" : "linear", axis.low(), axis.high(),
                     kLeft, frame.right());
}

}  // namespace

std::string hint_of(const Chart& chart, const Series& series, const Point& point) {
  const std::string interval =
      std::isnan(point.low) ? "" : fmt::format(" (95 %: {} to {})", spoken(chart.y, point.low), spoken(chart.y, point.high));
  const std::string between = series.name.empty() || point.name.empty() ? "" : ", ";
  const std::string name = series.name + between + point.name;
  const std::string place =
      chart.x.names.empty() ? fmt::format("{}{} {}", name.empty() ? "" : ", ", chart.x.label, spoken(chart.x, point.x)) : "";
  return fmt::format("{}{}: {}{}", name, place, spoken(chart.y, point.y), interval);
}

std::vector<std::string> draw(const Chart& chart, Room room) {
  std::vector<std::string> pictures;
  const Frame frame(chart, room);
  for (const Panel& panel : chart.panels) {
    const std::string id = fmt::format("{}-{}{}", chart.id, pictures.size(), room == Room::kWide ? "w" : "");
    if (!chart.x.names.empty()) {
      pictures.push_back(draw_rows(chart, panel, room, id));
      continue;
    }
    Svg svg(id, frame.width(), frame.height(), panel.title.empty() ? chart.y.label : panel.title, description_of(chart, panel),
            zoom_attributes(chart, frame));
    draw_axes(svg, chart, frame, panel);
    std::size_t zero_row = 0;
    for (const Series& series : panel.series) {
      svg.open_series(series.name, series.look.colour);
      draw_series(svg, chart, frame, series, zero_row);
      svg.close();
      if (has_zero(series)) ++zero_row;
    }
    if (frame.has_labels()) draw_labels(svg, frame, panel);
    pictures.push_back(svg.finished());
  }
  return pictures;
}

}  // namespace normrun::report
