#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/elementary.hpp"
#include "fmt/format.h"
#include "report/html/vega_lite.hpp"
#include "report/html/vega_parts.hpp"

namespace normrun {

using namespace vega;

namespace {

std::vector<LegendEntry> legend_of(const Figure& figure, const std::vector<LineChart>& charts) {
  if (!figure.legend.empty()) return figure.legend;
  std::vector<LegendEntry> legend;
  for (const LineChart& chart : charts) {
    for (const Panel& panel : chart.panels) {
      for (const Series& series : panel.series) {
        const auto is_it = [&](const LegendEntry& entry) { return entry.name == series.value; };
        if (series.kind != Series::Kind::kReference && std::none_of(legend.begin(), legend.end(), is_it))
          legend.push_back({series.look, series.value});
      }
    }
  }
  return legend;
}

/// A line chart's axes, and where a 0 lies on a logarithmic one: a tenth of the axis below the rest.
struct LineAxes {
  explicit LineAxes(const LineChart& chart)
      : axes(axes_of(chart)),
        is_zoomed(chart.x_ticks.empty()),
        floor(axes.has_zero ? axes.y.low() * math::exp(-0.1 * math::log(axes.y.high() / axes.y.low())) : axes.y.low()) {}
  ChartAxes axes;
  bool is_zoomed;  // no fixed values along the x axis
  double floor;
};

Json axis_encoding(const std::string& title, Scale scale, const PlotAxis& axis, bool is_zoomed) {
  const char* type = scale == Scale::kLog ? "log" : "linear";
  Json encoding = {{"type", "quantitative"},
                   {"title", title},
                   {"scale", {{"type", type}, {"domain", {axis.low(), axis.high()}}, {"nice", false}}},
                   {"axis", {{"format", ".6~g"}}}};
  if (scale == Scale::kLinear) encoding["scale"]["zero"] = false;
  if (is_zoomed && scale == Scale::kLinear) return encoding;
  for (const Tick& tick : axis.ticks()) encoding["axis"]["values"].push_back(tick.value);
  return encoding;
}

/// What the layers of a view share.
Json shared_encoding(const LineChart& chart, const LineAxes& own, const Json& look) {
  Json x = axis_encoding(chart.x_label, chart.x_scale, own.axes.x, own.is_zoomed);
  Json y = axis_encoding(chart.y_label, chart.y_scale, own.axes.y, own.is_zoomed);
  x["field"] = chart.x_column;
  y["field"] = "drawn";
  y["axis"]["title"] = nullptr;  // stands over the view, where it has room
  if (own.axes.has_zero) {
    y["scale"]["domain"][0] = own.floor;
    y["axis"]["values"].insert(y["axis"]["values"].begin(), own.floor);
    y["axis"]["labelExpr"] = fmt::format("datum.value > {} ? datum.label : '0'", own.floor);
  }
  return {{"x", x}, {"y", y}, {"color", look["color"]}, {"opacity", opacity_of(chart.series_column, 1.0)}};
}

Json transforms(const LineChart& chart, const Panel& panel, const LineAxes& own, const DataTable& data) {
  Json list = filters(panel.rows);
  const auto calculate = [&](const std::string& name, const std::string& formula) {
    list.push_back({{"calculate", formula}, {"as", name}});
  };
  // A logarithmic axis ends above 0.
  const auto above = [&](const std::string& column, double end) {
    const std::string value = "datum['" + column + "']";
    return chart.y_scale == Scale::kLog ? fmt::format("isValid({0}) ? max({0}, {1}) : null", value, end) : value;
  };
  calculate("drawn", above(chart.y_column, own.floor));
  if (!has_intervals(data)) return list;
  calculate("low", above("ci95_low", own.axes.y.low()));
  calculate("high", above("ci95_high", own.axes.y.low()));
  calculate("interval", "isValid(datum.ci95_low) ? format(datum.ci95_low, '.4~g') + ' to ' + format(datum.ci95_high, '.4~g') : 'none'");
  return list;
}

Json reference_layer(const LineChart& chart, const Series& series) {
  Json values = Json::array();
  for (const LinePoint& point : series.points) values.push_back({{chart.x_column, point.x}, {"drawn", point.y}});
  return {{"data", {{"values", values}}},
          {"mark", {{"type", "line"}, {"strokeDash", {4, 3}}, {"strokeWidth", 1}, {"clip", true}}},
          {"encoding", {{"color", {{"value", colour("--soft")}}}, {"opacity", {{"value", 1}}}}}};
}

/// The intervals' bands, lines and points of the means; a single mean has a bar.
Json series_layers(const LineChart& chart, const Panel& panel, const DataTable& data, const Json& look) {
  const auto any = [&](const auto& is) { return std::any_of(panel.series.begin(), panel.series.end(), is); };
  const bool has_lines = !any([](const Series& series) { return series.kind == Series::Kind::kDots; });
  const bool has_single = any([](const Series& series) { return series.points.size() == 1; });
  const bool is_dense = any([](const Series& series) { return series.points.size() > 24; });
  Json layers = Json::array();
  if (has_intervals(data)) {
    const Json ends = {{"y", {{"field", "low"}}}, {"y2", {{"field", "high"}}}};
    Json band = ends;
    band["opacity"] = opacity_of(chart.series_column, 0.16);
    layers.push_back({{"mark", {{"type", "area"}, {"clip", true}}}, {"encoding", band}});
    if (has_single) layers.push_back({{"mark", {{"type", "rule"}, {"clip", true}}}, {"encoding", ends}});
  }
  if (has_lines) layers.push_back({{"mark", {{"type", "line"}, {"clip", true}, {"strokeWidth", 1.75}}}});
  layers.push_back({{"mark", {{"type", "point"}, {"filled", true}, {"clip", true}, {"size", is_dense ? 12 : 36}}},
                    {"encoding", {{"shape", look["shape"]}, {"tooltip", hint_of(data, panel.rows)}}}});
  return layers;
}

Json line_view(const LineChart& chart, const Panel& panel, const LineAxes& own, const DataTable& data, const Json& look) {
  Json layers = Json::array();
  for (const Series& series : panel.series) {
    if (series.kind == Series::Kind::kReference && !series.points.empty()) layers.push_back(reference_layer(chart, series));
  }
  for (Json& layer : series_layers(chart, panel, data, look)) layers.push_back(std::move(layer));
  if (own.is_zoomed) {  // with Shift, so that a page scrolls as ever
    const Json interval = {{"type", "interval"},
                           {"zoom", "wheel![event.shiftKey]"},
                           {"translate", "[pointerdown[event.shiftKey], window:pointerup] > window:pointermove!"}};
    layers.back()["params"] = {{{"name", "zoom"}, {"select", interval}, {"bind", "scales"}}};
  }
  return {{"title", title_of(panel.title, chart.y_label)},
          {"width", kViewWidth},
          {"height", kViewHeight},
          {"transform", transforms(chart, panel, own, data)},
          {"encoding", shared_encoding(chart, own, look)},
          {"layer", layers}};
}

/// A panel of named places: a row for each, the values along the x axis.
Json dot_view(const LineChart& chart, const Panel& panel, const LineAxes& own, const DataTable& data, const Json& look) {
  Json x = axis_encoding(chart.y_label, chart.y_scale, own.axes.y, own.is_zoomed);
  x["field"] = "drawn";
  const Json ends = {{"x", {{"field", "low"}, {"type", "quantitative"}}}, {"x2", {{"field", "high"}}}};
  const Json layers = {
      {{"mark", {{"type", "rule"}, {"strokeWidth", 1.5}}}, {"encoding", ends}},
      {{"mark", {{"type", "point"}, {"filled", true}, {"size", 36}}},
       {"encoding", {{"shape", look["shape"]}, {"tooltip", hint_of(data, panel.rows)}}}},
  };
  Json encoding = {{"x", x}, {"y", name_axis(chart.x_column)}, {"color", look["color"]}, {"opacity", opacity_of(chart.series_column, 1.0)}};
  std::set<double> places;
  std::size_t points = 0;
  for (const Series& series : panel.series) {
    points += series.points.size();
    for (const LinePoint& point : series.points) places.insert(point.x);
  }
  if (points > places.size()) encoding["yOffset"] = {{"field", chart.series_column}, {"type", "nominal"}, {"sort", nullptr}};
  return {{"title", title_of(panel.title, "")},
          {"width", kViewWidth},
          {"height", {{"step", points > places.size() ? 2.0 * kRowHeight : kRowHeight}, {"for", "position"}}},
          {"transform", transforms(chart, panel, own, data)},
          {"encoding", encoding},
          {"layer", layers}};
}

}  // namespace

std::string line_spec(const Figure& figure, const std::vector<LineChart>& charts) {
  const std::vector<LegendEntry> legend = legend_of(figure, charts);
  std::vector<std::string> texts = {charts.front().series_column};
  Json views = Json::array();
  for (std::size_t i = 0; i < charts.front().panels.size(); ++i) {
    for (const LineChart& chart : charts) {
      const auto view = chart.x_names.empty() ? line_view : dot_view;
      views.push_back(view(chart, chart.panels[i], LineAxes(chart), figure.data, looks(chart.series_column, legend)));
      if (!chart.x_names.empty()) texts.push_back(chart.x_column);
      for (const auto& [column, value] : chart.panels[i].rows) texts.push_back(column);
    }
  }
  return specification(figure, legend, data_of(figure, texts), views);
}

}  // namespace normrun
