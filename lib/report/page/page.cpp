#include "report/page/page.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "fmt/format.h"
#include "report/claims/claims.hpp"
#include "report/draw/assets.hpp"
#include "report/draw/elements.hpp"
#include "report/draw/text.hpp"
#include "report/figures/figures.hpp"
#include "report/page/page_parts.hpp"
#include "report/page/table_sections.hpp"
#include "report/results/words.hpp"
#include "tables/csv_table.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kLargestFile = std::size_t{64} << 20;

/// Lists how the runs ended and how many seeds a setting has.
std::string facts_list(const ResultsFolder& results) {
  std::size_t complete = 0;
  std::size_t all = 0;
  std::vector<std::string> seeds;
  std::string failures;
  tables::RunRows runs = results.runs_of(tables::TableId::kRuns);
  while (runs.next()) {
    const tables::RunRows::Row& row = runs.rows().front();
    append_new(seeds, row[3]);
    ++all;
    if (runs.text(row, "status") == "ok")
      ++complete;
    else if (all - complete <= 10)
      failures += fmt::format("<li>{}: {}: {}</li>", escaped(row[0]), escaped(runs.text(row, "status")), escaped(runs.text(row, "error")));
  }
  std::string text = fmt::format(
      "<dl class=\"facts\"><div><dt>runs</dt><dd>{} of {} complete</dd></div><div><dt>planned</dt><dd>{}</dd></div>"
      "<div><dt>seeds</dt><dd>{}</dd></div><div><dt>figures</dt><dd>{} split</dd></div></dl>\n",
      complete, all, results.experiment.grid.size(), seeds.size(), escaped(results.split()));
  if (!failures.empty()) text += "<p>Not complete (the first ten):</p><ul>" + failures + "</ul>\n";
  return text;
}

std::string sentence(std::string words) {
  if (!words.empty() && words[0] >= 'a' && words[0] <= 'z') words[0] = static_cast<char>(words[0] - 'a' + 'A');
  return words;
}

std::string advice_section(const std::vector<Advice>& advice) {
  if (advice.empty()) return "";
  std::string text = "<section aria-labelledby=\"advice\"><h2 id=\"advice\">What to change</h2>\n<ol class=\"cards\">\n";
  for (const Advice& one : advice) {
    const bool is_fine =
        one.cause == Cause::kNone || one.cause == Cause::kNothingFound || (one.cause == Cause::kBatchNoise && one.remedy.empty());
    text += fmt::format("<li class=\"{}\"><h3>{}</h3><p>{}</p>", is_fine ? "fine" : "act", escaped(one.setting),
                        escaped(sentence(one.finding)));
    if (!one.remedy.empty()) text += "<p><strong>To change:</strong> " + escaped(one.remedy) + ".</p>";
    if (!one.measured.empty()) text += "<p><strong>Measured:</strong> " + escaped(one.measured) + ".</p>";
    text += "</li>\n";
  }
  return text + "</ol></section>\n";
}

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

/// Shows the verdicts that `normrun claims` wrote, or decides the claims now where it wrote none.
std::string verdicts_section(const ResultsFolder& results) {
  const std::string file = results.path + "/claims.csv";
  if (results.experiment.base.claims.empty() && !std::filesystem::exists(file)) return "";
  std::string text = "<section aria-labelledby=\"verdicts\"><h2 id=\"verdicts\">Verdicts</h2>\n";
  try {
    const tables::ResultTable claims(std::filesystem::exists(file) ? files::read_file(file, kLargestFile)
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

struct FigureMaker {
  const char* id;
  Figure (*make)(const ResultsFolder& results);
};
constexpr FigureMaker kFigures[] = {
    {"gap", gap_figure},           {"accuracy", accuracy_figure}, {"budget", budget_figure},  {"statistics", statistics_figure},
    {"learning", learning_figure}, {"channels", channels_figure}, {"outputs", outputs_figure}};

std::string figures_section(const ResultsFolder& results, PageParts& parts) {
  std::string text;
  for (const FigureMaker& figure : kFigures) {
    text += parts.drawn(std::string("the figure ") + figure.id, [&] {
      const Figure made = figure.make(results);
      return made.pictures.empty() ? "" : figure_element(made);
    });
  }
  return text.empty() ? "" : "<section aria-labelledby=\"figures\"><h2 id=\"figures\">Figures</h2>\n" + text + "</section>\n";
}

/// Lists the manifest's entries, except those that differ between machines with the same results.
std::string made_section(const ResultsFolder& results) {
  std::string text = "<section aria-labelledby=\"made\"><h2 id=\"made\">How it was made</h2>\n<dl class=\"made\">\n";
  const std::string file = results.path + "/manifest.json";
  const auto manifest = std::filesystem::exists(file) ? nlohmann::ordered_json::parse(files::read_file(file, kLargestFile), nullptr, false)
                                                      : nlohmann::ordered_json::object();
  for (const auto& [key, value] : manifest.items()) {
    if (key == "compiler" || key == "instruction_set") continue;
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', ' ');
    std::string shown_value = value.is_string() ? value.get<std::string>() : "";
    if (value.is_array()) {
      for (const auto& item : value)
        shown_value += (shown_value.empty() ? "" : ", ") + (item.is_string() ? item.get<std::string>() : item.dump());
    } else if (!value.is_string()) {
      shown_value = value.dump();
    }
    text += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(shown_value));
  }
  return text + "</dl></section>\n";
}

std::string config_section(const ResultsFolder& results) {
  return "<section aria-labelledby=\"config\"><h2 id=\"config\">The config</h2>\n<details><summary>Every option with its value"
         "</summary><pre tabindex=\"0\">" +
         escaped(files::read_file(results.path + "/config.json", kLargestFile)) + "</pre></details></section>\n";
}

std::string licences_element() {
  if (kInteractiveLicences.empty()) return "";
  return "<details class=\"licences\"><summary class=\"soft\">Licences of the software in this page</summary><pre tabindex=\"0\">" +
         escaped(kInteractiveLicences) + "</pre></details>\n";
}

std::string navigation(const std::string& body) {
  std::string text = "<nav aria-label=\"Sections\"><ul>";
  for (const auto& [id, name] : {std::pair("advice", "What to change"), std::pair("verdicts", "Verdicts"), std::pair("figures", "Figures"),
                                 std::pair("tables", "Tables"), std::pair("config", "Config"), std::pair("made", "How it was made")}) {
    if (body.find(fmt::format("<h2 id=\"{}\">", id)) != std::string::npos) text += fmt::format("<li><a href=\"#{}\">{}</a></li>", id, name);
  }
  return text + "</ul></nav>\n";
}

}  // namespace

ReportPage report_page(const ResultsFolder& results, const std::vector<Advice>& advice) {
  const study::RunConfig& config = results.experiment.base;
  const std::string name = escaped(config.name);
  PageParts parts;
  std::string body = advice_section(advice) + parts.drawn("the section Verdicts", [&] { return verdicts_section(results); });
  body += figures_section(results, parts);
  body += parts.drawn("the section Tables", [&] { return tables_section(results, parts); });
  body += parts.drawn("the section Config", [&] { return config_section(results); });
  body += parts.drawn("the section How it was made", [&] { return made_section(results); });
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
      "img-src data:\">\n<link rel=\"icon\" href=\"data:,\">\n";
  html += "<title>" + name + " · normrun</title>\n<style>\n" + std::string(kReportStyle) + "</style>\n</head>\n<body>\n<header>\n<h1>" +
          name + "</h1>\n";
  if (!config.description.empty()) html += "<p>" + escaped(config.description) + "</p>\n";
  if (!config.source.empty()) html += "<p class=\"soft\">Source: " + escaped(config.source) + "</p>\n";
  html += facts_list(results) + navigation(body) + "</header>\n<main>\n" + body + licences_element() + "</main>\n<script>\n" +
          std::string(kReportScript) + "</script>\n";
  if (!kInteractiveScript.empty()) html += "<script id=\"interactive\">\n" + std::string(kInteractiveScript) + "</script>\n";
  html += "</body>\n</html>\n";
  return {std::move(html), parts.missing()};
}

}  // namespace normrun::report
