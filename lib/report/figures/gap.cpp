#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "fmt/format.h"
#include "report/figures/abscissa.hpp"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

/// What a panel shows: the pair of modes, and the values of the other swept keys.
using PanelKey = std::pair<std::string, std::string>;
using GapPoint = std::tuple<PanelKey, std::string, double>;  // panel, norm, place along the x axis

struct Gaps {
  Abscissa abscissa;
  tables::SeedSamples<GapPoint> values;
  std::vector<PanelKey> panels;
  std::map<PanelKey, double> largest;  // the largest mean of each panel; there may be thousands of panels
  std::vector<std::string> norms;
};

std::string spoken_pair(const std::string& a, const std::string& b) { return spoken_mode(a) + " against " + spoken_mode(b); }
const std::string kMainPair = "train mode against eval mode";

Gaps collect_gaps(const ResultsFolder& results) {
  Gaps gaps;
  gaps.abscissa = abscissa_of(results);
  tables::RunRows runs = results.runs_of(tables::TableId::kCompare);
  while (runs.next()) {
    for (const tables::RunRows::Row* row : own_comparisons(runs, results.split())) {
      const double gap = runs.number(*row, "relative_gap");
      const PanelKey panel(spoken_pair(runs.text(*row, "mode_a"), runs.text(*row, "mode_b")), gaps.abscissa.others(runs));
      if (std::isnan(gap)) continue;
      gaps.values.add({panel, runs.norm(), gaps.abscissa.place(runs)}, runs.run_id(), gap);
      if (gaps.largest.try_emplace(panel, 0.0).second) gaps.panels.push_back(panel);
      append_new(gaps.norms, runs.norm());
    }
  }
  for (const GapPoint& point : gaps.values.keys()) {
    double& largest = gaps.largest.at(std::get<0>(point));
    largest = std::max(largest, gaps.values.mean(point));
  }
  return gaps;
}

/// Returns the pair of modes that the page is about.
std::string main_pair(const Gaps& gaps) {
  const auto is_main = [](const PanelKey& panel) { return panel.first == kMainPair; };
  if (gaps.panels.empty() || std::any_of(gaps.panels.begin(), gaps.panels.end(), is_main)) return kMainPair;
  return gaps.panels.front().first;
}

Panel panel_of(const PanelKey& key, const Gaps& gaps) {
  Panel panel{.title = key.second, .rows = {{"modes", key.first}, {"setting", key.second}}};
  for (const std::string& norm : gaps.norms) {
    if (panel.series.size() == kMostSeries) break;
    Series series{.name = spoken_norm(norm), .look = {norm_colour(norm, gaps.norms)}};
    for (const GapPoint& point : gaps.values.keys()) {
      if (std::get<0>(point) == key && std::get<1>(point) == norm)
        series.points.push_back(point_of(std::get<2>(point), gaps.values.summary(point)));
    }
    sort_points(series);
    if (!series.points.empty()) panel.series.push_back(series);
  }
  return panel;
}

/// Returns the line c/sqrt(B) through the middle point of batch norm's line; without batch norm, of the first line of positive gaps.
Series square_root_law(const std::vector<Series>& lines) {
  Series law{.name = "", .kind = Series::Kind::kReference};
  const Series* through = nullptr;
  for (const Series& line : lines) {
    const auto is_positive = [](const Point& point) { return point.y > 0.0; };
    if (line.points.size() < 3 || !std::all_of(line.points.begin(), line.points.end(), is_positive)) continue;
    if (through == nullptr || line.name == "batch norm") through = &line;
  }
  if (through == nullptr) return law;
  const Point& anchor = through->points[through->points.size() / 2];
  law.name = fmt::format("1/√B through B = {}", shown(anchor.x));
  for (const Point& point : through->points) law.points.push_back({.x = point.x, .y = anchor.y * std::sqrt(anchor.x / point.x)});
  return law;
}

/// Returns the panels of the main pair of modes.
std::vector<PanelKey> main_panels(const Gaps& gaps) {
  const std::string pair = main_pair(gaps);
  std::vector<PanelKey> keys;
  for (const PanelKey& panel : gaps.panels) {
    if (panel.first == pair) keys.push_back(panel);
  }
  return keys;
}

/// Adds the line of 1/sqrt(B) to the panels if the sweep is over batch sizes.  Only a single panel has room for the name of the line.
/// Returns whether a line was added.
bool add_laws(Chart& chart, const Gaps& gaps) {
  if (gaps.abscissa.kind != Abscissa::Kind::kBatchSize) return false;
  bool has_law = false;
  for (Panel& panel : chart.panels) {
    Series law = square_root_law(panel.series);
    if (law.points.empty()) continue;
    if (chart.panels.size() > 1) law.name = "";
    panel.series.push_back(std::move(law));
    has_law = true;
  }
  return has_law;
}

Chart chart_of(const std::string& id, const std::vector<PanelKey>& keys, const Gaps& gaps) {
  Chart chart{.id = id, .y = {.label = "gap, as a share of the outputs' spread", .column = "relative_gap", .unit = Unit::kShare}};
  chart.series_column = "norm";
  for (const PanelKey& key : keys) chart.panels.push_back(panel_of(key, gaps));
  gaps.abscissa.take(chart);
  if (gaps.abscissa.has_names())
    chart.y.includes = {0.0};
  else
    chart.y.scale = fitting_scale(chart.panels, 3.0);
  return chart;
}

/// Says in numbers what the lines of a panel show.
std::string finding_of(const Panel& panel, const Gaps& gaps) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(panel.series.size(), 3); ++i) {
    const Series& series = panel.series[i];
    const auto is_zero = [](const Point& point) { return point.y == 0.0; };
    const Point& first = series.points.front();
    const Point& last = series.points.back();
    const std::string separator = text.empty() ? "" : "; ";
    const bool is_row = gaps.abscissa.kind == Abscissa::Kind::kNorms;
    const auto at = [&](const Point& point) {
      return fmt::format("{}{}", percent(point.y), is_row ? "" : " " + gaps.abscissa.spoken(point.x));
    };
    if (std::all_of(series.points.begin(), series.points.end(), is_zero))
      text += fmt::format("{}{}: exactly 0", separator, series.name);
    else if (series.points.size() == 1)
      text += fmt::format("{}{}: {}", separator, series.name, at(first));
    else
      text += fmt::format("{}{}: {}, {}", separator, series.name, at(first), at(last));
  }
  return text.empty() ? "" : (panel.title.empty() ? "" : panel.title + ": ") + text + ".";
}

}  // namespace

Figure gap_figure(const ResultsFolder& results) {
  const Gaps gaps = collect_gaps(results);
  Figure figure{.id = "gap", .title = "Outputs in " + main_pair(gaps)};
  const std::vector<PanelKey> keys = main_panels(gaps);
  if (keys.empty()) return figure;
  figure.charts = {chart_of("gap", weightiest(keys, 1, [&](const PanelKey& key) { return gaps.largest.at(key); }), gaps)};
  Chart& chart = figure.charts.front();
  if (keys.size() > 1)
    figure.finding = finding_of(chart.panels.front(), gaps);  // if there is one setting, the first sentences of the page say the same
  figure.caption = fmt::format("The rms difference of the outputs, as a share of their spread, on the {} split.", results.split()) +
                   seeds_note(figure.charts);
  if (axes_of(chart).zero_rows > 0) figure.caption += " The axis is broken: below the break a gap is exactly 0.";
  if (add_laws(chart, gaps)) figure.caption += " The dashed grey line falls as the noise of B independent rows does.";
  if (keys.size() > 1) figure.caption += fmt::format(" Of {} settings the one with the largest gap is drawn here.", keys.size());
  figure.caption += left_out(std::min(gaps.norms.size(), kMostSeries), gaps.norms.size(), "norms");
  return figure;
}

Figure more_gaps_figure(const ResultsFolder& results) {
  const Gaps gaps = collect_gaps(results);
  const std::vector<PanelKey> keys = main_panels(gaps);
  Figure figure{.id = "more-gaps", .title = "How does the gap depend on the other settings?"};
  if (keys.size() < 2) return figure;
  const std::vector<PanelKey> drawn = weightiest(keys, kMostPanels, [&](const PanelKey& key) { return gaps.largest.at(key); });
  figure.charts = {chart_of("more-gaps", drawn, gaps)};
  figure.caption = "The same quantity as in the first picture." + seeds_note(figure.charts);
  if (add_laws(figure.charts.front(), gaps)) figure.caption += " The dashed grey lines fall as 1/√B.";
  if (drawn.size() < keys.size())
    figure.caption += fmt::format(" {} of {} settings are drawn, those with the largest gaps.", drawn.size(), keys.size());
  return figure;
}

Figure other_gaps_figure(const ResultsFolder& results) {
  const Gaps gaps = collect_gaps(results);
  const std::string pair = main_pair(gaps);
  Figure figure{.id = "other-gaps", .title = "How far apart are the other pairs of modes?"};
  std::map<PanelKey, double> differences;  // between a pair's gaps and the main pair's, as a share of the larger gap
  for (const GapPoint& point : gaps.values.keys()) {
    const auto& [panel, norm, x] = point;
    const double own = gaps.values.mean(point);
    const double other = gaps.values.mean({{pair, panel.second}, norm, x});
    double& most = differences.try_emplace(panel, 0.0).first->second;
    most = std::max(most, std::isnan(other) ? 1.0 : std::abs(own - other) / std::max({own, other, 1e-300}));
  }
  std::vector<PanelKey> keys;
  std::size_t repeated = 0;
  for (const PanelKey& panel : gaps.panels) {
    if (panel.first == pair || gaps.largest.at(panel) == 0.0) continue;
    constexpr double kAlike = 0.1;  // a pair that differs by less would be the same picture again
    if (differences.at(panel) < kAlike)
      ++repeated;
    else
      keys.push_back(panel);
  }
  if (keys.empty()) return figure;
  const std::vector<PanelKey> drawn = weightiest(keys, kMostPanels, [&](const PanelKey& key) { return gaps.largest.at(key); });
  figure.charts = {chart_of("other-gaps", drawn, gaps)};
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    const auto& [modes, others] = drawn[i];
    figure.charts.front().panels[i].title = others.empty() ? modes : fmt::format("{}, {}", modes, others);
  }
  figure.caption = "The same quantity for the other pairs that were compared." + seeds_note(figure.charts) +
                   left_out(drawn.size(), keys.size(), "pairs and settings");
  if (repeated > 0) figure.caption += " Pairs whose gaps are those of the first picture are left out.";
  return figure;
}

}  // namespace normrun::report
