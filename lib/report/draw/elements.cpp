#include "report/draw/elements.hpp"

#include <cmath>

#include "fmt/format.h"
#include "report/draw/text.hpp"
#include "report/results/words.hpp"
#include "tables/run_rows.hpp"

namespace normrun::report {
namespace {

std::string cell_element(const std::string& field) {
  const double value = tables::read_number(field);
  if (field.empty() || std::isnan(value)) {
    const std::string hint = field.size() > 40 ? fmt::format(" title=\"{}\"", escaped(field)) : "";
    return fmt::format("<td{}>{}</td>", hint, escaped(field));
  }
  const std::string rounded = shown(value);
  const bool is_whole = field.find_first_of(".e") == std::string::npos;
  if (is_whole || rounded == field) return fmt::format("<td class=\"number\">{}</td>", escaped(field));
  return fmt::format("<td class=\"number\" data-v=\"{}\">{}</td>", escaped(field), rounded);
}

}  // namespace

std::string table_element(const std::string& name, const std::string& file, const DataTable& table, std::size_t all) {
  const std::size_t count = std::min(table.rows.size(), kMostTableRows);
  std::string text;
  if (count < all) text += fmt::format("<p class=\"note\">The first {} of {} rows.</p>\n", count, all);
  text += fmt::format("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\"><table{1} aria-label=\"{0}\">\n<thead><tr>",
                      escaped(name), file.empty() ? "" : fmt::format(" data-file=\"{}\"", escaped(file)));
  for (const std::string& column : table.header) text += "<th scope=\"col\">" + escaped(column) + "</th>";
  text += "</tr></thead>\n<tbody>\n";
  for (std::size_t i = 0; i < count; ++i) {
    text += "<tr>";
    for (const std::string& field : table.rows[i]) text += cell_element(field);
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

std::string figure_element(const Figure& figure) {
  const bool is_wide = figure.id == "budget";
  std::string text =
      fmt::format("<figure id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h3 id=\"{0}-title\">{1}</h3>\n<figcaption>{2}</figcaption>\n",
                  figure.id, escaped(figure.title), escaped(figure.caption));
  if (!figure.legend.empty()) {
    text += "<ul class=\"legend\">";
    for (const LegendEntry& entry : figure.legend) text += fmt::format("<li class=\"c{}\">{}</li>", entry.look, escaped(entry.name));
    text += "</ul>\n";
  }
  text += is_wide ? "<div class=\"panels wide\">\n" : "<div class=\"panels\">\n";
  for (const std::string& picture : figure.pictures) text += picture + '\n';
  text += fmt::format(
      "</div>\n<details><summary class=\"soft\">The numbers</summary>\n<p class=\"tools\"><a download=\"{0}.csv\" href=\"{1}\">"
      "Save them as CSV</a> <a data-spec download=\"{0}.vl.json\" href=\"{2}\">Save the figure for Vega-Lite</a></p>\n",
      figure.id, data_link("text/csv", figure.data.csv()), data_link("application/json", figure.spec));
  return text + table_element(figure.title, "", figure.data, figure.data.rows.size()) + "</details>\n</figure>\n";
}

}  // namespace normrun::report
