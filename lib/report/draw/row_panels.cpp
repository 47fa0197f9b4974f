#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "fmt/format.h"
#include "report/draw/panels.hpp"
#include "report/draw/svg.hpp"

namespace normrun::report {
namespace {

constexpr double kLeastRow = 26.0;
constexpr double kDotSpacing = 12.0;

/// One mark of a row: the point of a series.
struct RowMark {
  std::size_t row;
  std::size_t series;
  Point point;
  bool is_bar;
};

std::vector<RowMark> marks_of(const Panel& panel) {
  std::vector<RowMark> marks;
  for (std::size_t s = 0; s < panel.series.size(); ++s) {
    for (const Point& point : panel.series[s].points) {
      if (std::isfinite(point.y))
        marks.push_back({static_cast<std::size_t>(point.x), s, point, panel.series[s].kind == Series::Kind::kBars});
    }
  }
  return marks;
}

/// Returns the rows that have marks, from top to bottom.
std::vector<std::size_t> rows_of(const std::vector<RowMark>& marks) {
  std::vector<std::size_t> rows;
  rows.reserve(marks.size());
  for (const RowMark& mark : marks) rows.push_back(mark.row);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

/// Returns a dot's distance from its row's middle: the dots of a row are spread evenly around it.
double offset_of(const RowMark& mark, const std::vector<RowMark>& marks) {
  double before = 0.0;
  double after = 0.0;
  for (const RowMark& other : marks) {
    if (other.row == mark.row && !other.is_bar && other.series < mark.series) ++before;
    if (other.row == mark.row && !other.is_bar && other.series > mark.series) ++after;
  }
  return 0.5 * (before - after);
}

/// Returns "batch norm: train mode 77 %, eval mode 85 %." and the like for each row.
std::string description_of(const Chart& chart, const Panel& panel, const std::vector<RowMark>& marks) {
  std::string text = chart.y.label + ".";
  for (const std::size_t row : rows_of(marks)) {
    std::string values;
    for (const RowMark& mark : marks) {
      if (mark.row != row) continue;
      values += fmt::format("{} {} {}", values.empty() ? "" : ",", panel.series[mark.series].name, spoken(chart.y, mark.point.y));
    }
    text += fmt::format(" {}:{}.", chart.x.names[row], values);
  }
  return text;
}

/// Where the rows of a panel lie.
struct RowFrame {
  RowFrame(const Chart& chart, const Panel& panel, Room room)
      : axis(axes_of(chart).y), marks(marks_of(panel)), rows(rows_of(marks)), width(room == Room::kWide ? kWideWidth : kPanelWidth) {
    const std::size_t longest = room == Room::kWide ? 40 : 14;  // the most characters of a name beside its row
    for (const RowMark& mark : marks) {
      if (!mark.is_bar) height = std::max(height, kDotSpacing * (2.0 * offset_of(mark, marks) + 2.0));
    }
    titles = panel.title.empty() ? std::vector<std::string>{} : title_lines(panel.title, room == Room::kWide ? 70 : 38);
    top = kTextLine * static_cast<double>(titles.size()) + 8.0;
    const bool fit = std::all_of(rows.begin(), rows.end(), [&](std::size_t row) { return characters_of(chart.x.names[row]) <= longest; });
    std::size_t most_lines = 1;
    for (const std::size_t row : rows) {
      const std::string& name = chart.x.names[row];
      names.push_back(fit || room == Room::kWide ? std::vector{shortened(name, longest)} : title_lines(name, 46));
      most_lines = std::max(most_lines, names.back().size());
      left = std::max(left, text_width(names.back().front()) + 10.0);
    }
    if (!fit && room == Room::kPanel) {
      left = 4.0;
      above = kTextLine * static_cast<double>(most_lines);
      height += above;
    }
    foot = top + height * static_cast<double>(rows.size());
    right = width - 12.0;
    for (const RowMark& mark : marks) {
      if (mark.is_bar) right = width - 62.0;  // room for the sum behind the longest bar
    }
  }
  double place(double value) const { return left + std::clamp(axis.place(value), 0.0, 1.0) * (right - left); }
  double middle(std::size_t row) const {
    const auto i = static_cast<double>(std::find(rows.begin(), rows.end(), row) - rows.begin());
    return top + height * i + above + 0.5 * (height - above);
  }

  PlotAxis axis;
  std::vector<RowMark> marks;
  std::vector<std::size_t> rows;
  std::vector<std::string> titles;
  std::vector<std::vector<std::string>> names;  // for each row, its name in lines
  double above = 0.0;                           // room for the name above each row; 0: it stands beside the row
  double width;
  double height = kLeastRow;
  double top = 0.0;
  double foot = 0.0;
  double left = 0.0;
  double right = 0.0;
};

void draw_row_axes(Svg& svg, const Chart& chart, const RowFrame& frame) {
  double head = 13.0;
  for (const std::string& line : frame.titles) {
    svg.text(0, head, line, Svg::Anchor::kStart, "head");
    head += kTextLine;
  }
  double end = 0.0;
  for (const Tick& tick : frame.axis.ticks()) {
    const double x = frame.place(tick.value);
    svg.line(x, frame.top, x, frame.foot, tick.value == 0.0 ? "tick" : "grid");
    const double half = 0.5 * text_width(tick.label);
    if (x - half < end) continue;
    svg.text(std::min(x, frame.width - half), frame.foot + 18, tick.label, Svg::Anchor::kMiddle, "axis");
    end = x + half + 4.0;
  }
  svg.text(frame.width, frame.foot + kFoot - 8, chart.y.label, Svg::Anchor::kEnd, "axis");
  for (std::size_t i = 0; i < frame.rows.size(); ++i) {
    if (frame.above == 0.0) svg.text(frame.left - 10, frame.middle(frame.rows[i]) + 4.5, frame.names[i].front(), Svg::Anchor::kEnd, "axis");
    double y = frame.top + frame.height * static_cast<double>(i) + 13.0;
    for (const std::string& line : frame.names[i]) {
      if (frame.above > 0.0) svg.text(frame.left, y, line, Svg::Anchor::kStart, "axis above");
      y += kTextLine;
    }
  }
}

void draw_dot(Svg& svg, const Chart& chart, const RowFrame& frame, const Series& series, const RowMark& mark) {
  const double y = frame.middle(mark.row) + kDotSpacing * offset_of(mark, frame.marks);
  if (!std::isnan(mark.point.low)) svg.line(frame.place(mark.point.low), y, frame.place(mark.point.high), y, css_of("bar", series.look));
  Point named = mark.point;
  named.name = chart.x.names[mark.row];
  svg.marker(frame.place(mark.point.y), y, series.look, hint_of(chart, series, named));
}

/// Draws the part of a stacked bar behind the parts of the series before it.  A row's last part is followed by the sum of the row.
void draw_bar(Svg& svg, const Chart& chart, const RowFrame& frame, const Panel& panel, const RowMark& mark) {
  double before = 0.0;
  double up = 0.0;
  double sum = 0.0;
  bool is_last = true;
  for (const RowMark& other : frame.marks) {
    if (other.row != mark.row || !other.is_bar) continue;
    const bool is_same_side = (other.point.y > 0.0) == (mark.point.y > 0.0);
    if (other.series < mark.series && is_same_side) before += other.point.y;
    if (other.series > mark.series) is_last = false;
    up += std::max(other.point.y, 0.0);
    sum += other.point.y;
  }
  const Series& series = panel.series[mark.series];
  const auto [from, to] = std::minmax({frame.place(before), frame.place(before + mark.point.y)});
  const double middle = frame.middle(mark.row);
  svg.rectangle(from, middle - 9, to - from, 18, css_of("part", series.look),
                fmt::format("{}, {}: {}", chart.x.names[mark.row], series.name, spoken(chart.y, mark.point.y)));
  if (is_last) svg.text(frame.place(up) + 7, middle + 4.5, spoken(chart.y, sum), Svg::Anchor::kStart, "value");
}

}  // namespace

std::string draw_rows(const Chart& chart, const Panel& panel, Room room, const std::string& id) {
  const RowFrame frame(chart, panel, room);
  Svg svg(id, frame.width, frame.foot + kFoot, panel.title.empty() ? chart.y.label : panel.title,
          description_of(chart, panel, frame.marks));
  draw_row_axes(svg, chart, frame);
  for (std::size_t s = 0; s < panel.series.size(); ++s) {
    const Series& series = panel.series[s];
    svg.open_series(series.name, series.look.colour);
    for (const RowMark& mark : frame.marks) {
      if (mark.series != s) continue;
      if (mark.is_bar)
        draw_bar(svg, chart, frame, panel, mark);
      else
        draw_dot(svg, chart, frame, series, mark);
    }
    svg.close();
  }
  return svg.finished();
}

}  // namespace normrun::report
