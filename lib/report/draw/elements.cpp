#include "report/draw/elements.hpp"

#include <algorithm>
#include <cmath>

#include "fmt/format.h"
#include "report/draw/panels.hpp"
#include "report/draw/text.hpp"
#include "report/draw/vega_lite.hpp"
#include "report/results/words.hpp"
#include "tables/run_rows.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kMostFigureRows = 24;  // the CSV file beside the figure has all rows

std::string cell_element(const std::string& field, Unit unit) {
  const double value = tables::read_number(field);
  if (field.empty() || std::isnan(value)) {
    const std::string hint = field.size() > 40 ? fmt::format(" title=\"{}\"", escaped(field)) : "";
    return fmt::format("<td{}>{}</td>", hint, escaped(field));
  }
  const bool is_whole = unit == Unit::kNumber && field.find_first_of(".e") == std::string::npos;
  const std::string rounded = is_whole ? field : in_unit(value, unit);
  if (rounded == field) return fmt::format("<td class=\"number\">{}</td>", escaped(field));
  return fmt::format("<td class=\"number\" data-v=\"{}\">{}</td>", escaped(field), rounded);
}

std::string legend_element(const std::vector<LegendEntry>& legend) {
  const auto is_like_first = [&](const LegendEntry& entry) {
    return entry.look.colour == legend.front().look.colour && entry.look.stroke == legend.front().look.stroke;
  };
  if (std::all_of(legend.begin(), legend.end(), is_like_first)) return "";  // all series look alike, so a legend would not help
  std::string text = "<ul class=\"legend\">";
  for (const LegendEntry& entry : legend) {
    static constexpr const char* kStrokes[] = {"", " dashed", " dotted", " dashdotted"};
    text += fmt::format("<li class=\"c{}{}{}\">{}</li>", entry.look.colour,
                        entry.is_bar   ? " filled"
                        : entry.is_dot ? " dot"
                                       : "",
                        kStrokes[static_cast<std::size_t>(entry.look.stroke)], escaped(entry.name));
  }
  return text + "</ul>\n";
}

std::string pictures_element(const std::vector<Chart>& charts) {
  const bool is_alone = charts.size() == 1 && charts.front().panels.size() == 1;
  std::string text;
  if (is_alone) {
    text += fmt::format("<div class=\"panels alone{}\">\n", charts.front().x.names.empty() ? " labelled" : "");
    for (const std::string& picture : draw(charts.front(), Room::kWide)) text += "<div class=\"wide\">" + picture + "</div>\n";
    for (const std::string& picture : draw(charts.front(), Room::kPanel)) text += "<div class=\"narrow\">" + picture + "</div>\n";
    return text + "</div>\n";
  }
  text += "<div class=\"panels\">\n";
  for (const Chart& chart : charts) {
    for (const std::string& picture : draw(chart, Room::kPanel)) text += picture + '\n';
  }
  return text + "</div>\n";
}

}  // namespace

std::string table_element(const std::string& name, const DataTable& table, std::size_t all, const std::vector<Unit>& units,
                          std::size_t most) {
  const std::size_t count = std::min(table.rows.size(), most);
  std::string text;
  if (count < all) text += fmt::format("<p class=\"note\">The first {} of {} rows.</p>\n", count, all);
  text += fmt::format("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\"><table aria-label=\"{0}\">\n<thead><tr>",
                      escaped(name));
  for (const std::string& column : table.header) text += "<th scope=\"col\">" + escaped(column) + "</th>";
  text += "</tr></thead>\n<tbody>\n";
  for (std::size_t i = 0; i < count; ++i) {
    text += "<tr>";
    for (std::size_t j = 0; j < table.rows[i].size(); ++j)
      text += cell_element(table.rows[i][j], j < units.size() ? units[j] : Unit::kNumber);
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

std::string figure_element(Figure figure) {
  std::erase_if(figure.charts, [](const Chart& chart) { return chart.panels.empty(); });
  if (figure.charts.empty()) return "";
  std::string text =
      fmt::format("<figure id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h3 id=\"{0}-title\">{1}</h3>\n", figure.id, escaped(figure.title));
  if (!figure.finding.empty()) text += "<p class=\"found\">" + escaped(figure.finding) + "</p>\n";
  text += legend_element(legend_of(figure.charts)) + pictures_element(figure.charts);
  const DataTable data = data_of(figure.charts);
  std::vector<Unit> units(data.header.size(), Unit::kNumber);
  const Chart& first = figure.charts.front();
  for (std::size_t i = 0; i < units.size(); ++i) {
    const bool is_value = data.header[i] == first.y.column || data.header[i].starts_with("ci95");
    const bool is_shared =
        std::all_of(figure.charts.begin(), figure.charts.end(), [&](const Chart& one) { return one.y.unit == first.y.unit; });
    if (is_value && is_shared) units[i] = first.y.unit;
  }
  text += fmt::format(
      "<figcaption>{4}</figcaption>\n<details><summary class=\"soft\">The numbers</summary>\n<p class=\"tools\"><a download=\"{0}.csv\" "
      "href='{1}'>Save them as CSV</a> <a download=\"{0}.vl.json\" href='{2}'>Save the figure for Vega-Lite</a></p>\n{3}</details>\n"
      "</figure>\n",
      figure.id, data_link("text/csv", data.csv()), data_link("application/json", specification(figure)),
      table_element(figure.title, data, data.rows.size(), units, kMostFigureRows), escaped(figure.caption));
  return text;
}

}  // namespace normrun::report
