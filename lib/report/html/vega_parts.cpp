#include "report/html/vega_parts.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/html/assets.hpp"
#include "report/html/svg.hpp"
#include "report/run_rows.hpp"

namespace normrun::vega {
namespace {

constexpr const char* kShapes[] = {"circle", "square", "triangle-up", "diamond", "triangle-down"};  // those of Svg::marker

bool is_numeric(const DataTable& data, std::size_t column) {
  bool has_number = false;
  for (const auto& row : data.rows) {
    if (row[column].empty()) continue;
    if (std::isnan(read_number(row[column]))) return false;
    has_number = true;
  }
  return has_number;
}

/// Whole numbers without a point.
Json number(double value) {
  constexpr double kLargestWhole = 1e15;
  return std::abs(value) < kLargestWhole && value == std::floor(value) ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

}  // namespace

std::string colour(const std::string& name) {
  const std::size_t place = kReportStyle.find(name + ": ") + name.size() + 2;
  return std::string(kReportStyle.substr(place, std::string("#rrggbb").size()));
}

bool has_intervals(const DataTable& data) { return std::find(data.header.begin(), data.header.end(), "ci95_low") != data.header.end(); }

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
        one[data.header[i]] = number(read_number(row[i]));
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

Json title_of(const std::string& text, const std::string& y_label) {
  Json title = {{"text", title_lines(text)}, {"limit", 1.2 * kViewWidth}};
  if (!y_label.empty()) title["subtitle"] = y_label;
  return title;
}

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

Json name_axis(const std::string& column) {
  return {{"field", column}, {"type", "nominal"}, {"sort", nullptr}, {"title", nullptr}, {"axis", {{"ticks", false}}}};
}

}  // namespace normrun::vega
