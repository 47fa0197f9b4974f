#include "report/page/verdicts.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

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

/// Returns "the gap of the outputs" for "compare.relative_gap".  A column without words of its own is called by its name, in words.
std::string spoken_metric(const std::string& metric) {
  static const std::map<std::string, std::string> words = {
      {"accuracy_a", "the accuracy in the first mode"},
      {"accuracy_b", "the accuracy in the second mode"},
      {"accuracy_gap", "the difference in accuracy between the modes"},
      {"init_share", "the share of the initial values in the moving statistics"},
      {"loss_a", "the loss in the first mode"},
      {"loss_b", "the loss in the second mode"},
      {"loss_gap", "the difference in loss between the modes"},
      {"max_abs", "the largest difference between the modes' outputs"},
      {"mean_gap", "the error of the moving means, in population standard deviations"},
      {"rel_l2", "the difference between the modes' outputs, relative to their size"},
      {"relative_gap", "the gap of the outputs"},
      {"rms", "the rms difference between the modes' outputs"},
      {"share", "the cause's share of the gap"},
      {"test_accuracy_eval", "the test accuracy in eval mode"},
      {"test_accuracy_train", "the test accuracy in train mode"},
      {"test_loss_eval", "the test loss in eval mode"},
      {"test_loss_train", "the test loss in train mode"},
      {"updates", "the number of updates of the moving statistics"},
      {"var_ratio", "moving variance / population variance"},
  };
  const std::size_t minus = metric.find(" - ");
  if (minus != std::string::npos) return spoken_metric(metric.substr(0, minus)) + " minus " + spoken_metric(metric.substr(minus + 3));
  const std::size_t dot = metric.find('.');
  const std::string column = metric.substr(dot == std::string::npos ? 0 : dot + 1);
  if (metric == "probes.value") return "the probe's value";
  if (metric == "outputs.value") return "an output";
  const auto found = words.find(column);
  if (found != words.end()) return found->second;
  std::string name = spoken_word(column);
  std::replace(name.begin(), name.end(), '_', ' ');
  return "the " + name;
}

std::string verdict_item(const tables::ResultTable& claims, std::size_t row) {
  const auto field = [&](const char* column) -> const std::string& { return claims.at(row, claims.column(column)); };
  const std::string& verdict = field("verdict");
  const std::string mark = verdict == "confirmed" ? "✓" : verdict == "refuted" ? "✗" : "?";
  const std::string interval = field("ci95_low").empty() ? ""
                                                         : fmt::format(" [{}, {}]", shown(tables::read_number(field("ci95_low"))),
                                                                       shown(tables::read_number(field("ci95_high"))));
  const std::string expected = field("expected") == verdict ? "" : ", " + field("expected") + " was expected";
  const std::string seeds = field("n") == "1" ? "one seed" : field("n") + " seeds";
  return fmt::format(
      "<li><h3>{}</h3><p><span class=\"verdict {}\">{} {}</span>{}.</p><p>Measured: {}; observed {}{}, which holds where {}; "
      "{}.</p>{}</li>\n",
      escaped(field("statement").empty() ? spoken_word(field("id")) : field("statement")), escaped(verdict), mark, escaped(verdict),
      escaped(expected), escaped(spoken_metric(field("metric"))), shown(tables::read_number(field("observed"))), interval,
      escaped(field("threshold")), escaped(seeds),
      field("source").empty() ? "" : "<p class=\"soft\">Source: " + escaped(field("source")) + "</p>");
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
