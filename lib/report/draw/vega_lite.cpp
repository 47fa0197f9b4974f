#include "report/draw/vega_lite.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "core/elementary.hpp"
#include "fmt/format.h"
#include "report/draw/assets.hpp"
#include "report/draw/svg.hpp"
#include "tables/run_rows.hpp"

namespace normrun::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kViewWidth = 240.0;
constexpr double kViewHeight = 170.0;
constexpr double kBarsViewWidth = 320.0;
constexpr double kBarHeight = 20.0;
constexpr const char* kShapes[] = {"circle", "square", "triangle-up", "diamond", "triangle-down"};  // in the order of Svg::marker

/// Returns a colour of the light theme ("--c0", "--soft"), which the stylesheet declares first.
std::string colour(const std::string& name) {
  const std::size_t place = kReportStyle.find(name + ": ") + name.size() + 2;
  return std::string(kReportStyle.substr(place, std::string("#rrggbb").size()));
}

bool is_numeric(const DataTable& data, std::size_t column) {
  bool has_number = false;
  for (const auto& row : data.rows) {
    if (row[column].empty()) continue;
    if (std::isnan(tables::read_number(row[column]))) return false;
    has_number = true;
  }
  return has_number;
}

bool has_intervals(const DataTable& data) { return std::find(data.header.begin(), data.header.end(), "ci95_low") != data.header.end(); }

/// Writes whole numbers without a decimal point.
Json number(double value) {
  constexpr double kLargestWhole = 1e15;
  return std::abs(value) < kLargestWhole && value == std::floor(value) ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

/// Returns the figure's numbers, row by row.  Columns that select rows stay texts, whatever their values look like.
Json data_of(const Figure& figure, const std::vector<std::string>& texts) {
  const DataTable& data = figure.data;
  std::vector<bool> numeric;
  for (std::size_t i = 0; i < data.header.size(); ++i)
    numeric.push_back(std::find(texts.begin(), texts.end(), data.header[i]) == texts.end() && is_numeric(data, i));
  Json values = Json::array();
  for (const auto& row : data.rows) {
    Json one = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!numeric[i])
        one[data.header[i]] = row[i];
      else if (!row[i].empty())
        one[data.header[i]] = number(tables::read_number(row[i]));
    }
    values.push_back(std::move(one));
  }
  return {{"values", values}};
}

Json filters(const RowFilter& rows) {
  Json list = Json::array();
  for (const auto& [column, value] : rows) list.push_back({{"filter", {{"field", column}, {"equal", value}}}});
  return list;
}

/// Returns a view's title: what the panel shows and, where there is room, the label of its y axis.
Json title_of(const std::string& text, const std::string& y_label) {
  Json title = {{"text", title_lines(text)}, {"limit", 1.2 * kViewWidth}};
  if (!y_label.empty()) title["subtitle"] = y_label;
  return title;
}

/// Returns the colours and shapes of the series.  Series that are not highlighted fade.
Json looks(const std::string& series, const std::vector<LegendEntry>& legend) {
  Json names = Json::array();
  Json colours = Json::array();
  Json shapes = Json::array();
  for (const LegendEntry& entry : legend) {
    names.push_back(entry.name);
    colours.push_back(colour("--c" + std::to_string(entry.look)));
    shapes.push_back(kShapes[static_cast<std::size_t>(entry.look) % std::size(kShapes)]);
  }
  const auto scale = [&](const Json& range) {
    return Json{{"field", series}, {"type", "nominal"}, {"title", series}, {"scale", {{"domain", names}, {"range", range}}}};
  };
  return {{"color", scale(colours)}, {"shape", scale(shapes)}};
}

Json opacity_of(const std::string& series, double value) {
  return {{"condition", {{"test", "highlight && datum['" + series + "'] !== highlight"}, {"value", 0.12 * value}}}, {"value", value}};
}

std::string specification(const Figure& figure, const std::vector<LegendEntry>& legend, const Json& data, const Json& views) {
  Json names = Json::array({""});
  Json labels = Json::array({"all"});
  for (const LegendEntry& entry : legend) {
    names.push_back(entry.name);
    labels.push_back(entry.name);
  }
  const Json spec = {
      {"$schema", "https://vega.github.io/schema/vega-lite/v6.json"},
      {"title", figure.title},
      {"description", figure.title + " " + figure.caption},
      {"params",
       {{{"name", "highlight"},
         {"value", ""},
         {"bind", {{"input", "select"}, {"name", "highlight "}, {"options", names}, {"labels", labels}}}}}},
      {"data", data},
      {"columns", 3},
      {"concat", views},
      {"config",
       {{"view", {{"stroke", nullptr}}},
        {"axis", {{"domain", false}, {"tickCount", 5}, {"labelSeparation", 4}}},
        {"title", {{"anchor", "start"}, {"fontSize", 12}}}}},
  };
  return spec.dump(-1, ' ', false, Json::error_handler_t::replace);
}

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

/// Returns the hint under the pointer: the row's own columns, without those that have one value in the whole view.
Json hint_of(const DataTable& data, const RowFilter& rows) {
  Json fields = Json::array();
  for (std::size_t i = 0; i < data.header.size(); ++i) {
    const std::string& name = data.header[i];
    const auto is_shared = [&](const auto& filter) { return filter.first == name; };
    if (name.starts_with("ci95") || std::any_of(rows.begin(), rows.end(), is_shared)) continue;
    Json field = {{"field", name}, {"type", is_numeric(data, i) ? "quantitative" : "nominal"}, {"title", name}};
    if (is_numeric(data, i)) field["format"] = ".4~g";
    fields.push_back(field);
  }
  if (has_intervals(data)) fields.push_back({{"field", "interval"}, {"type", "nominal"}, {"title", "95 % interval"}});
  return fields;
}

/// The axes of a line chart, and where a logarithmic one shows 0: a tenth of the axis below all other values.
struct LineAxes {
  explicit LineAxes(const LineChart& chart)
      : axes(axes_of(chart)),
        is_zoomed(chart.x_ticks.empty()),
        floor(axes.has_zero
                  ? std::max(axes.y.low() * math::exp(-0.1 * log_of_ratio(axes.y.high(), axes.y.low())), std::numeric_limits<double>::min())
                  : axes.y.low()) {}
  ChartAxes axes;
  bool is_zoomed;  // nothing fixes the values along the x axis
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

/// Returns the encoding that the layers of a view share.
Json shared_encoding(const LineChart& chart, const LineAxes& own, const Json& look) {
  Json x = axis_encoding(chart.x_label, chart.x_scale, own.axes.x, own.is_zoomed);
  Json y = axis_encoding(chart.y_label, chart.y_scale, own.axes.y, own.is_zoomed);
  x["field"] = chart.x_column;
  y["field"] = "drawn";
  y["axis"]["title"] = nullptr;  // the label stands above the view, where there is room
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

/// Returns the layers of a view: the bands of the intervals, the lines, and the points of the means.  A single mean gets a bar instead of a
/// band.
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
  if (own.is_zoomed) {  // only with Shift, so that the page still scrolls
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

Json name_axis(const std::string& column) {
  return {{"field", column}, {"type", "nominal"}, {"sort", nullptr}, {"title", nullptr}, {"axis", {{"ticks", false}}}};
}

/// Returns the view of a panel with named places: one row for each name, the values along the x axis.
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
          {"height", {{"step", points > places.size() ? 2.0 * kBarHeight : kBarHeight}, {"for", "position"}}},
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

std::string bar_spec(const Figure& figure, const std::string& series, const std::vector<BarView>& views) {
  Json list = Json::array();
  for (const BarView& view : views) {
    Json transform = filters(view.rows);
    transform.push_back({{"calculate", view.name}, {"as", "row"}});
    transform.push_back({{"calculate", view.value}, {"as", "part"}});
    const Json color = looks(series, figure.legend)["color"];
    const Json axis = {{"format", view.format}};
    list.push_back({{"title", title_of(view.title, "")},
                    {"width", kBarsViewWidth},
                    {"height", {{"step", kBarHeight}}},
                    {"transform", transform},
                    {"mark", {{"type", "bar"}}},
                    {"encoding",
                     {{"y", name_axis("row")},
                      {"x", {{"field", "part"}, {"type", "quantitative"}, {"title", view.value_title}, {"axis", axis}}},
                      {"color", color},
                      {"opacity", opacity_of(series, 1.0)},
                      {"tooltip", hint_of(figure.data, view.rows)}}}});
  }
  return specification(figure, figure.legend, data_of(figure, {series, "norm", "setting", "batch_size", "metric"}), list);
}

std::string histogram_spec(const Figure& figure, const std::string& series, const std::string& x_label,
                           const std::vector<HistogramView>& views) {
  Json list = Json::array();
  std::vector<std::string> texts = {series};
  for (const HistogramView& view : views) {
    for (const auto& [column, value] : view.rows) texts.push_back(column);
    const Json x = {{"field", "bin_low"}, {"type", "quantitative"}, {"bin", "binned"}, {"title", x_label}, {"axis", {{"format", "~g"}}}};
    const Json y = {{"field", "share"}, {"type", "quantitative"}, {"title", "share"}, {"axis", {{"format", "~%"}, {"title", nullptr}}}};
    list.push_back({{"title", title_of(view.title, "share of the outputs")},
                    {"width", kViewWidth},
                    {"height", kViewHeight},
                    {"transform", filters(view.rows)},
                    {"mark", {{"type", "bar"}, {"binSpacing", 0}}},
                    {"encoding",
                     {{"x", x},
                      {"x2", {{"field", "bin_high"}}},
                      {"y", y},
                      {"color", looks(series, figure.legend)["color"]},
                      {"opacity", opacity_of(series, 1.0)},
                      {"tooltip", hint_of(figure.data, view.rows)}}}});
  }
  return specification(figure, figure.legend, data_of(figure, texts), list);
}

}  // namespace normrun::report
