#include "report/draw/line_chart.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "fmt/format.h"
#include "report/draw/dot_chart.hpp"
#include "report/draw/svg.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr double kLinesWidth = 340.0;
constexpr double kPlotHeight = 202.0;  // including the x axis
constexpr double kLeft = 46.0;
constexpr double kLinesBottom = 42.0;
constexpr double kZeroRow = 18.0;
constexpr double kLabelSpacing = 13.5;
constexpr std::size_t kLongestLabel = 17;

struct Label {
  double wanted = 0.0;
  double y = 0.0;
  std::string text;
  int look = 0;
};

std::vector<double> xs(const LineChart& chart) {
  std::vector<double> values = chart.x_ticks;
  for (const Panel& panel : chart.panels) {
    for (const Series& series : panel.series) {
      for (const LinePoint& point : series.points) values.push_back(point.x);
    }
  }
  return values;
}

/// Returns all y values that the axis must show.  Interval ends count too, but not below a tenth of the smallest mean: a logarithmic axis
/// would show little else.
std::vector<double> ys(const LineChart& chart) {
  std::vector<double> values = chart.y_values;
  double least = std::numeric_limits<double>::infinity();
  for (const Panel& panel : chart.panels) {
    for (const Series& series : panel.series) {
      if (series.kind == Series::Kind::kReference) continue;
      for (const LinePoint& point : series.points) {
        values.insert(values.end(), {point.y, point.low, point.high});
        if (point.y > 0.0) least = std::min(least, point.y);
      }
    }
  }
  if (chart.y_scale == Scale::kLog) std::erase_if(values, [least](double value) { return value < 0.1 * least; });
  return values;
}

/// The frame of every panel: the axes and where they lie in the picture.
class Frame {
 public:
  explicit Frame(const LineChart& chart) : axes_(axes_of(chart)) {
    double widest = 0.0;
    for (const Panel& panel : chart.panels) {
      for (const Series& series : panel.series) widest = std::max(widest, text_width(shortened(series.name, kLongestLabel)));
    }
    for (const Panel& panel : chart.panels) top_ = std::max(top_, head_height(title_lines(panel.title).size()));
    right_ = kLinesWidth - (widest > 0.0 ? widest + 16.0 : 10.0);
  }

  double x(double value) const { return kLeft + axes_.x.place(value) * (right_ - kLeft); }
  double y(double value) const {
    if (has_zero() && value == 0.0) return bottom() + kZeroRow;
    return bottom() - std::clamp(axes_.y.place(value), 0.0, 1.0) * (bottom() - top_);
  }
  bool shows(const LinePoint& point) const { return axes_.x.shows(point.x) && ((has_zero() && point.y == 0.0) || axes_.y.shows(point.y)); }
  double right() const { return right_; }
  double height() const { return top_ + kPlotHeight; }
  double bottom() const { return height() - kLinesBottom - (has_zero() ? kZeroRow : 0.0); }
  const PlotAxis& x_axis() const { return axes_.x; }
  const PlotAxis& y_axis() const { return axes_.y; }
  bool has_zero() const { return axes_.has_zero; }

 private:
  ChartAxes axes_;
  double top_ = head_height(1);
  double right_ = 0.0;
};

void draw_axes(Svg& svg, const LineChart& chart, const Frame& frame, const std::string& title) {
  svg.head(title_lines(title), chart.y_label);
  for (const Tick& tick : frame.y_axis().ticks()) {
    svg.line(kLeft, frame.y(tick.value), frame.right(), frame.y(tick.value), "grid");
    svg.text(kLeft - 6, frame.y(tick.value) + 4, tick.label, Svg::Anchor::kEnd, "axis");
  }
  if (frame.has_zero()) {
    svg.line(kLeft, frame.y(0.0), frame.right(), frame.y(0.0), "grid");
    svg.text(kLeft - 6, frame.y(0.0) + 4, "0", Svg::Anchor::kEnd, "axis");
  }
  const double foot = frame.height() - kLinesBottom + 4;
  for (const Tick& tick : frame.x_axis().ticks()) {
    svg.line(frame.x(tick.value), foot, frame.x(tick.value), foot + 4, "tick");
    svg.text(frame.x(tick.value), foot + 17, tick.label, Svg::Anchor::kMiddle, "axis");
  }
  svg.text((kLeft + frame.right()) / 2, frame.height() - 4, chart.x_label, Svg::Anchor::kMiddle, "axis");
}

std::string hint_of(const Series& series, const LinePoint& point) {
  const std::string interval = std::isnan(point.low) ? "" : fmt::format(" (95 %: {} to {})", shown(point.low), shown(point.high));
  return fmt::format("{}{}{} at {}{}", series.name, series.name.empty() ? "" : ": ", shown(point.y), shown(point.x), interval);
}

void draw_series(Svg& svg, const Frame& frame, const Series& series) {
  const std::string look = fmt::format(" c{}", series.look);
  Svg::Points line;
  Svg::Points upper;
  Svg::Points lower;
  for (const LinePoint& point : series.points) {
    if (!frame.shows(point)) continue;
    line.emplace_back(frame.x(point.x), frame.y(point.y));
    if (std::isnan(point.low) || point.y == 0.0) continue;
    upper.emplace_back(frame.x(point.x), frame.y(point.high));
    lower.emplace_back(frame.x(point.x), frame.y(std::max(point.low, frame.y_axis().low())));
  }
  if (upper.size() > 1) {
    upper.insert(upper.end(), lower.rbegin(), lower.rend());
    svg.polygon(upper, "band" + look);
  } else if (upper.size() == 1) {
    svg.line(upper[0].first, upper[0].second, lower[0].first, lower[0].second, "bar" + look);
  }
  const bool is_reference = series.kind == Series::Kind::kReference;
  if (series.kind != Series::Kind::kDots && line.size() > 1) svg.polyline(line, is_reference ? "reference" : "line" + look);
  if (is_reference) return;
  const bool dense = series.kind == Series::Kind::kLine && line.size() > 24;  // markers would hide a line of so many points
  for (const LinePoint& point : series.points) {
    if (!dense && frame.shows(point)) svg.marker(frame.x(point.x), frame.y(point.y), series.look, "mark" + look, hint_of(series, point));
  }
}

/// Puts each name at the right end of its line, and pushes neighbouring names apart.
std::vector<Label> labels_of(const Frame& frame, const Panel& panel) {
  std::vector<Label> labels;
  for (const Series& series : panel.series) {
    const auto last = std::find_if(series.points.rbegin(), series.points.rend(), [&](const LinePoint& p) { return frame.shows(p); });
    if (last == series.points.rend() || series.name.empty()) continue;
    labels.push_back({frame.y(last->y), frame.y(last->y), series.name, series.kind == Series::Kind::kReference ? -1 : series.look});
  }
  std::stable_sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.wanted < b.wanted; });
  for (std::size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + kLabelSpacing);
  double most = frame.height() - kLinesBottom + 2;  // names that were pushed past the bottom move up again
  for (auto label = labels.rbegin(); label != labels.rend(); ++label, most -= kLabelSpacing) label->y = std::min(label->y, most);
  return labels;
}

void draw_labels(Svg& svg, const Frame& frame, const Panel& panel) {
  for (const Label& label : labels_of(frame, panel)) {
    const std::string css = label.look < 0 ? "axis" : fmt::format("name c{}", label.look);
    svg.text(frame.right() + 10, label.y + 4, shortened(label.text, kLongestLabel), Svg::Anchor::kStart, css);
    if (std::abs(label.y - label.wanted) > 3.0 && label.look >= 0)
      svg.line(frame.right() + 1, label.wanted, frame.right() + 8, label.y, fmt::format("leader c{}", label.look));
  }
}

/// Returns "batch norm: from 0.79 at 2 to 0.1 at 128." and the like for each line.
std::string description_of(const LineChart& chart, const Panel& panel) {
  std::string text = fmt::format("{} against {}.", chart.y_label, chart.x_label);
  for (const Series& series : panel.series) {
    const auto is_number = [](const LinePoint& point) { return std::isfinite(point.y); };
    const auto first_place = std::find_if(series.points.begin(), series.points.end(), is_number);
    if (series.kind == Series::Kind::kReference || first_place == series.points.end()) continue;
    const LinePoint& first = *first_place;
    const LinePoint& last = *std::find_if(series.points.rbegin(), series.points.rend(), is_number);
    if (series.kind == Series::Kind::kDots) {
      text += fmt::format(" {} dots.", series.points.size());
    } else if (series.points.size() == 1) {
      text += fmt::format(" {}: {} at {}.", series.name, shown(first.y), shown(first.x));
    } else {
      text += fmt::format(" {}: from {} at {} to {} at {}.", series.name, shown(first.y), shown(first.x), shown(last.y), shown(last.x));
    }
  }
  return text;
}

}  // namespace

LinePoint point_of(double x, const tables::SampleSummary& summary) { return {x, summary.mean, summary.ci95_low, summary.ci95_high}; }

ChartAxes axes_of(const LineChart& chart) {
  const auto is_zero = [](const LinePoint& point) { return point.y == 0.0; };
  bool has_zero = false;
  for (const Panel& panel : chart.panels) {
    for (const Series& series : panel.series) has_zero = has_zero || std::any_of(series.points.begin(), series.points.end(), is_zero);
  }
  return {chart.x_ticks.empty() ? PlotAxis(chart.x_scale, xs(chart)) : PlotAxis(chart.x_scale, xs(chart), chart.x_ticks),
          PlotAxis(chart.y_scale, ys(chart)), has_zero && chart.y_scale == Scale::kLog};
}

std::vector<std::string> draw(const LineChart& chart) {
  const Frame frame(chart);
  std::vector<std::string> pictures;
  for (const Panel& panel : chart.panels) {
    if (!chart.x_names.empty()) {
      pictures.push_back(draw_dots(chart, panel, fmt::format("{}-{}", chart.id, pictures.size())));
      continue;
    }
    Svg svg(fmt::format("{}-{}", chart.id, pictures.size()), kLinesWidth, frame.height(), panel.title, description_of(chart, panel));
    draw_axes(svg, chart, frame, panel.title);
    for (const Series& series : panel.series) draw_series(svg, frame, series);
    draw_labels(svg, frame, panel);
    pictures.push_back(svg.finished());
  }
  return pictures;
}

std::vector<std::string> draw(const std::vector<LineChart>& charts) {
  std::vector<std::vector<std::string>> drawn;
  drawn.reserve(charts.size());
  for (const LineChart& chart : charts) drawn.push_back(draw(chart));
  std::vector<std::string> pictures;
  for (std::size_t i = 0; !drawn.empty() && i < drawn.front().size(); ++i) {
    for (std::vector<std::string>& own : drawn) pictures.push_back(std::move(own[i]));
  }
  return pictures;
}

std::vector<double> ticks_at(const std::vector<double>& values) {
  constexpr std::size_t kMost = 8;
  const std::size_t stride = (values.size() + kMost - 1) / kMost;
  std::vector<double> ticks;
  for (std::size_t i = 0; i < values.size(); i += stride) ticks.push_back(values[i]);
  return ticks;
}

}  // namespace normrun::report
