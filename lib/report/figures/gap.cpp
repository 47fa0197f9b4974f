#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/elementary.hpp"
#include "fmt/format.h"
#include "report/draw/vega_lite.hpp"
#include "report/figures/abscissa.hpp"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

/// What a panel shows: the pair of modes, and the values of the other swept keys.
using PanelKey = std::pair<std::string, std::string>;
using GapPoint = std::tuple<PanelKey, std::string, double>;  // panel, norm, place along the x axis

/// Returns the line c/sqrt(B) through the geometric middle of the largest gaps.
Series square_root_law(const std::vector<Series>& lines) {
  Series law{"∝ 1/√B", 0, {}, Series::Kind::kReference};
  const auto least = [](const Series& series) {
    const auto smaller = [](const LinePoint& a, const LinePoint& b) { return a.y < b.y; };
    return std::min_element(series.points.begin(), series.points.end(), smaller)->y;
  };
  const Series* largest = nullptr;
  for (const Series& line : lines) {
    if (line.points.size() > 2 && least(line) > 0.0 && (largest == nullptr || least(line) > least(*largest))) largest = &line;
  }
  if (largest == nullptr) return law;
  double sum = 0.0;
  for (const LinePoint& point : largest->points) sum += math::log(point.y * std::sqrt(point.x));
  const double constant = math::exp(sum / static_cast<double>(largest->points.size()));
  for (const LinePoint& point : largest->points) law.points.push_back({point.x, constant / std::sqrt(point.x), std::nan(""), std::nan("")});
  return law;
}

struct Gaps {
  Abscissa abscissa;
  tables::SeedSamples<GapPoint> values;
  std::vector<PanelKey> panels;  // "train against eval" comes first
  std::vector<std::string> norms;
};

Gaps collect_gaps(const ResultsFolder& results) {
  Gaps gaps;
  gaps.abscissa = abscissa_of(results);
  tables::RunRows runs = results.runs_of(tables::TableId::kCompare);
  while (runs.next()) {
    for (const tables::RunRows::Row* row : own_comparisons(runs, results.split())) {
      const double gap = runs.number(*row, "relative_gap");
      const PanelKey panel(runs.text(*row, "mode_a") + " against " + runs.text(*row, "mode_b"), gaps.abscissa.others(runs));
      if (std::isnan(gap)) continue;
      gaps.values.add({panel, runs.norm(), gaps.abscissa.place(runs)}, runs.run_id(), gap);
      append_new(gaps.panels, panel);
      append_new(gaps.norms, runs.norm());
    }
  }
  std::stable_sort(gaps.panels.begin(), gaps.panels.end(), [](const PanelKey& a, const PanelKey& b) {
    return (a.first == "train against eval") > (b.first == "train against eval");
  });
  return gaps;
}

/// Returns the panels to draw: those of the first pair of modes before all others.
std::vector<PanelKey> chosen_panels(const std::vector<PanelKey>& panels) {
  std::vector<PanelKey> first;
  std::vector<PanelKey> rest;
  for (const PanelKey& panel : panels) (panel.first == panels.front().first ? first : rest).push_back(panel);
  std::vector<PanelKey> chosen = spread(first, kMostPanels);
  for (const PanelKey& panel : spread(rest, kMostPanels - chosen.size())) chosen.push_back(panel);
  return chosen;
}

Panel panel_of(const PanelKey& key, const Gaps& gaps, Figure& figure) {
  Panel panel{.title = key.second.empty() ? key.first : key.first + ", " + key.second,
              .rows = {{"modes", key.first}, {"setting", key.second}}};
  for (const std::string& norm : gaps.norms) {
    if (panel.series.size() == kMostSeries) break;
    Series series{.name = spoken_norm(norm), .look = norm_look(norm, gaps.norms), .kind = Series::Kind::kLine, .value = norm};
    for (const GapPoint& point : gaps.values.keys()) {
      if (std::get<0>(point) != key || std::get<1>(point) != norm) continue;
      const double x = std::get<2>(point);
      add_point(series, figure, x, gaps.values.summary(point), {key.first, key.second, norm, gaps.abscissa.text(x)});
    }
    sort_points(series);
    if (!series.points.empty()) panel.series.push_back(series);
  }
  return panel;
}

}  // namespace

Figure gap_figure(const ResultsFolder& results) {
  const Gaps gaps = collect_gaps(results);
  const Abscissa& abscissa = gaps.abscissa;
  Figure figure{.id = "gap",
                .title = "How far apart are the modes?",
                .caption = fmt::format("The rms difference of the network's outputs in two modes, as a share of their spread, by {}. "
                                       "Bands and bars are 95 % intervals over the seeds.",
                                       abscissa.label),
                .data = {.header = {"modes", "setting", "norm", abscissa.column, "relative_gap", "ci95_low", "ci95_high", "n"}}};
  LineChart chart{.id = "gap",
                  .x_label = abscissa.label,
                  .y_label = "relative gap",
                  .x_scale = abscissa.scale,
                  .y_scale = Scale::kLinear,
                  .x_column = abscissa.column,
                  .y_column = "relative_gap",
                  .series_column = "norm"};
  for (const PanelKey& key : chosen_panels(gaps.panels)) chart.panels.push_back(panel_of(key, gaps, figure));
  if (chart.panels.empty()) return figure;
  figure.caption += left_out(chart.panels.size(), gaps.panels.size(), "pairs and settings");
  figure.caption += left_out(std::min(gaps.norms.size(), kMostSeries), gaps.norms.size(), "norms");
  abscissa.take(chart);
  if (!abscissa.has_names()) chart.y_scale = fitting_scale(chart.panels);
  bool has_law = false;
  for (Panel& panel : chart.panels) {
    if (abscissa.kind != Abscissa::Kind::kBatchSize) break;
    const Series law = square_root_law(panel.series);
    if (law.points.empty()) continue;
    panel.series.push_back(law);
    has_law = true;
  }
  if (has_law)
    figure.caption += " The dashed line falls with 1/√B, as the noise of B independent rows does; it is laid through the largest gaps.";
  figure.pictures = draw(chart);
  figure.spec = line_spec(figure, {chart});
  return figure;
}

}  // namespace normrun::report
