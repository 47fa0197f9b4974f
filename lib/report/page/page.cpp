#include "report/page/page.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.hpp"
#include "files/atomic_file.hpp"
#include "fmt/format.h"
#include "report/draw/assets.hpp"
#include "report/draw/elements.hpp"
#include "report/draw/network_graph.hpp"
#include "report/draw/network_text.hpp"
#include "report/draw/text.hpp"
#include "report/figures/figures.hpp"
#include "report/page/first_screen.hpp"
#include "report/page/page_parts.hpp"
#include "report/page/settings.hpp"
#include "report/page/verdicts.hpp"
#include "tables/tables.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kLargestFile = std::size_t{64} << 20;

struct FigureMaker {
  const char* id;
  Figure (*make)(const ResultsFolder& results);
};
constexpr FigureMaker kFigures[] = {{"overview", overview_figure}, {"more-gaps", more_gaps_figure}, {"accuracy", accuracy_figure},
                                    {"budget", budget_figure},     {"learning", learning_figure},   {"statistics", statistics_figure},
                                    {"depth", depth_figure},       {"channels", channels_figure},   {"other-gaps", other_gaps_figure},
                                    {"outputs", outputs_figure}};

std::string figures_section(const ResultsFolder& results, PageParts& parts) {
  std::string text;
  for (const FigureMaker& figure : kFigures)
    text += parts.drawn(std::string("the figure ") + figure.id, [&] { return figure_element(figure.make(results)); });
  return text.empty() ? "" : "<section aria-labelledby=\"figures\"><h2 id=\"figures\">Figures</h2>\n" + text + "</section>\n";
}

/// Links the tables of the runs, which lie beside the page.
std::string files_section(const ResultsFolder& results) {
  std::string text;
  for (const tables::Table& table : tables::tables()) {
    if (!std::filesystem::exists(results.path + "/" + std::string(table.file))) continue;
    text += fmt::format("<li><a href=\"{0}\">{0}</a> <span class=\"soft\">{1}</span></li>\n", table.file, escaped(table.doc));
  }
  return "<section aria-labelledby=\"tables\"><h2 id=\"tables\">Tables</h2>\n<p class=\"soft\">The numbers of every run, in the "
         "results' folder.</p>\n<ul>\n" +
         text + "</ul></section>\n";
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

/// Draws the first run's network, and lists its layers.
std::string network_element(const study::Experiment& experiment) {
  constexpr std::size_t kMostBoxes = 26;
  constexpr std::size_t kMostDrawn = 200;
  if (!experiment.example) return "";
  try {
    const nn::Network<float> network(experiment.base.layers(), *experiment.example);
    const std::vector<GraphBox> boxes = graph_boxes(network, kMostBoxes);
    const std::string picture = boxes.size() > kMostDrawn ? "" : graph_picture(boxes);
    return "<h3>The network</h3>\n" + picture + "<details><summary>Its layers as a list</summary><pre tabindex=\"0\">" +
           escaped(network_text(network)) + "</pre></details>\n";
  } catch (const Error& error) {  // the first run may be one that failed
    if (error.code() == ExitCode::kOutOfMemory) throw;
    return "";
  }
}

std::string config_section(const ResultsFolder& results) {
  const study::RunConfig& config = results.experiment.base;
  std::string text = "<section aria-labelledby=\"config\"><h2 id=\"config\">The experiment</h2>\n";
  if (!config.description.empty()) text += "<p>" + escaped(config.description) + "</p>\n";
  if (!config.source.empty()) text += "<p class=\"soft\">Source: " + escaped(config.source) + "</p>\n";
  text += network_element(results.experiment);
  return text + "<details><summary>Every option with its value</summary><pre tabindex=\"0\">" +
         escaped(files::read_file(results.path + "/config.json", kLargestFile)) + "</pre></details></section>\n";
}

std::string navigation(const std::string& body) {
  std::string text = "<nav aria-label=\"Sections\"><ul>";
  for (const auto& [id, name] : {std::pair("advice", "What to change"), std::pair("figures", "Figures"), std::pair("verdicts", "Verdicts"),
                                 std::pair("settings", "Every setting"), std::pair("tables", "Tables"),
                                 std::pair("config", "The experiment"), std::pair("made", "How it was made")}) {
    if (body.find(fmt::format("<h2 id=\"{}\">", id)) != std::string::npos) text += fmt::format("<li><a href=\"#{}\">{}</a></li>", id, name);
  }
  return text + "</ul></nav>\n";
}

}  // namespace

ReportPage report_page(const ResultsFolder& results, const std::vector<Advice>& advice) {
  const std::string name = escaped(results.experiment.base.name);
  PageParts parts;
  PageSettings settings;
  std::string finding = parts.drawn("the section What to change", [&] {
    settings = page_settings(results);
    return finding_element(results, settings);
  });
  std::string body = first_screen(results, settings, advice, parts) + figures_section(results, parts);
  body += parts.drawn("the section Verdicts", [&] { return verdicts_section(results); });
  body += parts.drawn("the section Every setting", [&] { return settings_section(results, settings); });
  body += files_section(results);
  body += parts.drawn("the section The experiment", [&] { return config_section(results); });
  body += parts.drawn("the section How it was made", [&] { return made_section(results); });
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
      "img-src data:\">\n<link rel=\"icon\" href=\"data:,\">\n";
  html += "<title>" + name + " · normrun</title>\n<style>\n" + std::string(kReportStyle) + "</style>\n</head>\n<body>\n<header>\n<h1>" +
          name + "</h1>\n" + finding + navigation(body) + "</header>\n<main>\n" + body + "</main>\n<script>\n" +
          std::string(kReportScript) + "</script>\n</body>\n</html>\n";
  return {std::move(html), parts.missing()};
}

}  // namespace normrun::report
