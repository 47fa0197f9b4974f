#include "report/page/verdicts.hpp"

#include <filesystem>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "fmt/format.h"
#include "report/claims/claims.hpp"
#include "report/draw/text.hpp"
#include "report/results/words.hpp"
#include "tables/csv_table.hpp"
#include "tables/run_rows.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kLargestClaims = std::size_t{64} << 20;

std::string verdict_item(const tables::ResultTable& claims, std::size_t row) {
  const auto field = [&](const char* column) -> const std::string& { return claims.at(row, claims.column(column)); };
  const std::string& verdict = field("verdict");
  const std::string mark = verdict == "confirmed" ? "✓" : verdict == "refuted" ? "✗" : "?";
  const std::string interval = field("ci95_low").empty() ? ""
                                                         : fmt::format(" [{}, {}]", shown(tables::read_number(field("ci95_low"))),
                                                                       shown(tables::read_number(field("ci95_high"))));
  const std::string expected = field("expected") == verdict ? "" : ", " + field("expected") + " was expected";
  return fmt::format(
      "<li><h3>{}</h3><p><span class=\"verdict {}\">{} {}</span>{}: observed {}{}, holds where {}; {} seeds.</p>"
      "<p class=\"soft\">{}</p></li>\n",
      escaped(field("statement").empty() ? field("id") : field("statement")), escaped(verdict), mark, escaped(verdict), escaped(expected),
      shown(tables::read_number(field("observed"))), interval, escaped(field("threshold")), escaped(field("n")),
      escaped(field("id") + (field("source").empty() ? "" : ", " + field("source")) + ": " + field("metric")));
}

}  // namespace

std::string verdicts_section(const ResultsFolder& results) {
  const std::string file = results.path + "/claims.csv";
  if (results.experiment.base.claims.empty() && !std::filesystem::exists(file)) return "";
  std::string text = "<section aria-labelledby=\"verdicts\"><h2 id=\"verdicts\">Verdicts</h2>\n";
  try {
    const tables::ResultTable claims(std::filesystem::exists(file) ? files::read_file(file, kLargestClaims)
                                                                   : claims_csv(decide_claims(results.path)));
    text += "<ul class=\"cards\">\n";
    for (std::size_t row = 0; row < claims.rows(); ++row) text += verdict_item(claims, row);
    text += "</ul>\n";
  } catch (const Error& error) {  // an interrupted sweep may lack the rows that a claim needs
    if (error.code() == ExitCode::kOutOfMemory) throw;
    for (const Problem& problem : error.problems()) text += "<p>The claims cannot be decided: " + escaped(to_line(problem)) + "</p>\n";
  }
  return text + "</section>\n";
}

}  // namespace normrun::report
