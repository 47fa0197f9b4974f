#include "report/draw/vega_lite.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/elementary.hpp"
#include "fmt/format.h"
#include "report/draw/assets.hpp"
#include "report/draw/svg.hpp"

namespace normrun::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kViewWidth = 260.0;
constexpr double kViewHeight = 180.0;
constexpr double kRowHeight = 22.0;
constexpr const char* kShapes[] = {"circle", "square", "triangle-up", "triangle-down",
                                   "cross",  "wedge",  "diamond",     "triangle-right"};  // in the order of Svg::marker

/// Returns a colour of the light theme ("--c0", "--soft"), which the stylesheet declares first.
std::string colour(const std::string& name) {
  const std::size_t place = kReportStyle.find(name + ": ") + name.size() + 2;
  return std::string(kReportStyle.substr(place, std::string("#rrggbb").size()));
}

Json dash_of(Look::Stroke stroke) {
  switch (stroke) {
    case Look::Stroke::kSolid:
      return Json::array({1, 0});
    case Look::Stroke::kDashed:
      return {5, 3};
    case Look::Stroke::kDotted:
      return {1, 3};
    case Look::Stroke::kDashDotted:
      break;
  }
  return {6, 3, 1, 3};
}

/// Returns how Vega-Lite shows the series by one property of their looks.
template <class Property>
Json encoding_of(const std::string& series, const std::vector<LegendEntry>& legend, const Property& property) {
  Json names = Json::array();
  Json range = Json::array();
  for (const LegendEntry& entry : legend) {
    names.push_back(entry.name);
    range.push_back(property(entry.look));
  }
  return {{"field", series}, {"type", "nominal"}, {"title", nullptr}, {"scale", {{"domain", names}, {"range", range}}}};
}

struct Encodings {
  Encodings(const std::string& series, const std::vector<LegendEntry>& legend)
      : colour_by(encoding_of(series, legend, [](const Look& look) { return colour("--c" + std::to_string(look.colour)); })),
        shape_by(encoding_of(series, legend,
                             [](const Look& look) { return kShapes[static_cast<std::size_t>(look.colour) % std::size(kShapes)]; })),
        dash_by(encoding_of(series, legend, [](const Look& look) { return dash_of(look.stroke); })) {}
  Json colour_by;
  Json shape_by;
  Json dash_by;
};

bool has_intervals(const DataTable& data) { return std::find(data.header.begin(), data.header.end(), "ci95_low") != data.header.end(); }

/// Returns the value at which a logarithmic y axis shows 0: a tenth of the axis below all other values.
double floor_of(const ChartAxes& axes) {
  const double below = axes.y.low() * math::exp(-0.1 * log_of_ratio(axes.y.high(), axes.y.low()));
  return axes.zero_rows > 0 ? std::max(below, std::numeric_limits<double>::min()) : axes.y.low();
}

Json axis_encoding(const ChartAxis& own, const PlotAxis& axis) {
  Json encoding = {
      {"type", "quantitative"},
      {"title", own.label},
      {"scale", {{"type", own.scale == Scale::kLog ? "log" : "linear"}, {"domain", {axis.low(), axis.high()}}, {"nice", false}}},
      {"axis", {{"format", own.unit == Unit::kNumber ? ".6~g" : ".3~%"}}}};
  if (own.scale == Scale::kLinear) encoding["scale"]["zero"] = false;
  for (const Tick& tick : axis.ticks()) encoding["axis"]["values"].push_back(tick.value);
  return encoding;
}

Json transforms(const Chart& chart, const Panel& panel, double floor, const DataTable& data) {
  Json list = Json::array();
  for (const auto& [column, value] : panel.rows) list.push_back({{"filter", {{"field", column}, {"equal", value}}}});
  const auto calculate = [&](const std::string& name, const std::string& column, double end) {
    const std::string value = "datum['" + column + "']";
    const std::string formula = chart.y.scale == Scale::kLog ? fmt::format("isValid({0}) ? max({0}, {1}) : null", value, end) : value;
    list.push_back({{"calculate", formula}, {"as", name}});
  };
  calculate("drawn", chart.y.column, floor);
  if (!has_intervals(data)) return list;
  calculate("low", "ci95_low", floor);
  calculate("high", "ci95_high", floor);
  return list;
}

Json tooltip_of(const DataTable& data) {
  Json fields = Json::array();
  for (const std::string& name : data.header) fields.push_back({{"field", name}});
  return fields;
}

Json reference_layer(const Chart& chart, const Series& series) {
  Json values = Json::array();
  for (const Point& point : series.points) values.push_back({{chart.x.column, point.x}, {"drawn", point.y}});
  return {{"data", {{"values", values}}},
          {"mark", {{"type", "line"}, {"strokeDash", {4, 3}}, {"strokeWidth", 1}, {"clip", true}}},
          {"encoding", {{"color", {{"value", colour("--soft")}}}}}};
}

Json line_view(const Chart& chart, const Panel& panel, const DataTable& data, const Encodings& look) {
  const ChartAxes axes = axes_of(chart);
  const double floor = floor_of(axes);
  const auto any = [&](Series::Kind kind) {
    return std::any_of(panel.series.begin(), panel.series.end(), [kind](const Series& series) { return series.kind == kind; });
  };
  Json x = axis_encoding(chart.x, axes.x);
  Json y = axis_encoding(chart.y, axes.y);
  x["field"] = chart.x.column;
  y["field"] = "drawn";
  if (axes.zero_rows > 0) {
    y["scale"]["domain"][0] = floor;
    y["axis"]["values"].insert(y["axis"]["values"].begin(), floor);
    y["axis"]["labelExpr"] = fmt::format("datum.value > {} ? datum.label : '0'", floor);
  }
  Json layers = Json::array();
  for (const Series& series : panel.series) {
    if (series.kind == Series::Kind::kReference && !series.points.empty()) layers.push_back(reference_layer(chart, series));
  }
  if (any(Series::Kind::kArea)) layers.push_back({{"mark", {{"type", "area"}, {"opacity", 0.3}}}});
  if (has_intervals(data)) {
    const Json ends = {{"y", {{"field", "low"}}}, {"y2", {{"field", "high"}}}};
    layers.push_back({{"mark", {{"type", "area"}, {"opacity", 0.16}, {"clip", true}}}, {"encoding", ends}});
  }
  if (any(Series::Kind::kLine))
    layers.push_back({{"mark", {{"type", "line"}, {"clip", true}}}, {"encoding", {{"strokeDash", look.dash_by}}}});
  layers.push_back({{"mark", {{"type", "point"}, {"filled", true}, {"clip", true}}},
                    {"encoding", {{"shape", look.shape_by}, {"tooltip", tooltip_of(data)}}}});
  return {{"width", kViewWidth},
          {"height", kViewHeight},
          {"transform", transforms(chart, panel, floor, data)},
          {"encoding", {{"x", x}, {"y", y}, {"color", look.colour_by}}},
          {"layer", layers}};
}

/// Returns the view of a panel with named places: one row for each name, the values along the x axis.
Json row_view(const Chart& chart, const Panel& panel, const DataTable& data, const Encodings& look) {
  const ChartAxes axes = axes_of(chart);
  const bool is_bars = std::any_of(panel.series.begin(), panel.series.end(), [](const Series& s) { return s.kind == Series::Kind::kBars; });
  Json x = axis_encoding(chart.y, axes.y);
  x["field"] = "drawn";
  Json layers = Json::array();
  if (is_bars) {
    layers.push_back({{"mark", {{"type", "bar"}}}, {"encoding", {{"tooltip", tooltip_of(data)}}}});
  } else {
    const Json ends = {{"x", {{"field", "low"}, {"type", "quantitative"}}}, {"x2", {{"field", "high"}}}};
    if (has_intervals(data)) layers.push_back({{"mark", {{"type", "rule"}}}, {"encoding", ends}});
    layers.push_back(
        {{"mark", {{"type", "point"}, {"filled", true}}}, {"encoding", {{"shape", look.shape_by}, {"tooltip", tooltip_of(data)}}}});
  }
  const Json y = {{"field", chart.x.column}, {"type", "nominal"}, {"sort", nullptr}, {"title", nullptr}};
  return {{"width", kViewWidth},
          {"height", {{"step", kRowHeight}}},
          {"transform", transforms(chart, panel, axes.y.low(), data)},
          {"encoding", {{"x", x}, {"y", y}, {"color", look.colour_by}}},
          {"layer", layers}};
}

/// Says which columns hold numbers.  All others hold text, even if a value looks like a number.
Json parse_of(const Chart& chart, const DataTable& data) {
  Json parse = Json::object();
  for (const std::string& name : data.header) {
    const bool is_number =
        (name == chart.x.column && chart.x.names.empty()) || name == chart.y.column || name.starts_with("ci95") || name == "n";
    parse[name] = is_number ? "number" : "string";
  }
  return parse;
}

}  // namespace

std::string specification(const Figure& figure) {
  const DataTable data = data_of(figure.charts);
  const std::vector<LegendEntry> legend = legend_of(figure.charts);
  Json views = Json::array();
  for (const Chart& chart : figure.charts) {
    const Encodings look(chart.series_column, legend);
    for (const Panel& panel : chart.panels) {
      Json view = chart.x.names.empty() ? line_view(chart, panel, data, look) : row_view(chart, panel, data, look);
      view["title"] = title_lines(panel.title, 38);
      views.push_back(std::move(view));
    }
  }
  const Json spec = {
      {"$schema", "https://vega.github.io/schema/vega-lite/v6.json"},
      {"title", figure.title},
      {"description", figure.title + " " + figure.finding + " " + figure.caption},
      {"data", {{"values", data.csv()}, {"format", {{"type", "csv"}, {"parse", parse_of(figure.charts.front(), data)}}}}},
      {"columns", 3},
      {"concat", views},
      {"config", {{"view", {{"stroke", nullptr}}}, {"axis", {{"domain", false}}}, {"title", {{"anchor", "start"}, {"fontSize", 12}}}}},
  };
  return spec.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace normrun::report
