#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "fmt/format.h"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kMostTicked = 24;
constexpr std::size_t kMostLabelled = 12;  // more would touch one another, and the axis would skip some unevenly
constexpr std::size_t kMostDepthPanels = 2;

/// A column of layers.csv that is drawn along the depth.
struct DepthQuantity {
  const char* column;
  long least_layers;  // a network with fewer layers has no picture of this column
  const char* title;
  const char* label;
  double normal;  // the value of a layer without fault, which the axis always shows
  Unit unit = Unit::kNumber;
};
constexpr long kNotDrawnElsewhere = 3;  // with fewer layers, the figure of the worst layers shows the statistics of all
constexpr DepthQuantity kDepthQuantities[] = {
    {"relative_gap", 2, "Gap between the modes", "gap of the layer's outputs, as a share of their spread", 0.0, Unit::kShare},
    {"mean_gap", kNotDrawnElsewhere, "Error of the moving mean", "population standard deviations", 0.0},
    {"var_ratio", kNotDrawnElsewhere, "Moving / population variance", "ratio; 1 is right", 1.0},
};

using DepthPanel = std::pair<std::string, long>;               // other swept keys, batch size
using DepthPoint = std::tuple<DepthPanel, std::string, long>;  // norm, place of the layer

/// The values of one quantity.
struct Depths {
  tables::SeedSamples<DepthPoint> values;
  std::map<DepthPanel, double> worst;  // the value that is farthest from the normal one
  std::vector<DepthPanel> panels;
  std::vector<std::string> norms;  // the norms with a value that is not the normal one
  long deepest = 0;
};

std::vector<Depths> collect_depths(const ResultsFolder& results, std::vector<std::string>& norms) {
  std::vector<Depths> all(std::size(kDepthQuantities));
  tables::RunRows runs = results.runs_of(tables::TableId::kLayers);
  while (runs.next()) {
    const DepthPanel panel(runs.others(), static_cast<long>(runs.batch_size()));
    append_new(norms, runs.norm());
    long place = 0;
    for (const tables::RunRows::Row* row : runs.final_rows()) {
      ++place;
      for (std::size_t i = 0; i < all.size(); ++i) {
        const double value = runs.number(*row, kDepthQuantities[i].column);
        if (std::isnan(value)) continue;  // the layer has no such value, or an older version of the program did not write it
        Depths& depths = all[i];
        const double distance = std::abs(value - kDepthQuantities[i].normal);
        if (distance > 0.0) append_new(depths.norms, runs.norm());
        const auto [worst, is_new] = depths.worst.try_emplace(panel, distance);
        if (is_new) depths.panels.push_back(panel);
        worst->second = std::max(worst->second, distance);
        depths.deepest = std::max(depths.deepest, place);
        depths.values.add({panel, runs.norm(), place}, runs.run_id(), value);
      }
    }
  }
  return all;
}

Panel panel_of(const DepthPanel& key, const DepthQuantity& quantity, const Depths& depths, const std::vector<std::string>& norms) {
  const auto& [others, size] = key;
  Panel panel{.title = fmt::format("{}, batch {}{}", quantity.title, size, others.empty() ? "" : ", " + others),
              .rows = {{"quantity", quantity.column}, {"setting", others}, {"batch_size", std::to_string(size)}}};
  for (const std::string& norm : depths.norms) {
    Series series{.name = spoken_norm(norm), .look = {norm_colour(norm, norms)}};
    for (const DepthPoint& point : depths.values.keys()) {
      const auto& [own_panel, own_norm, place] = point;
      if (own_panel == key && own_norm == norm) series.points.push_back(point_of(static_cast<double>(place), depths.values.summary(point)));
    }
    sort_points(series);
    if (!series.points.empty() && panel.series.size() < kMostSeries) panel.series.push_back(std::move(series));
  }
  return panel;
}

/// Returns a picture of the worst settings, or a chart without panels if the networks are not deep enough or all is as it should be.
Chart chart_of(const DepthQuantity& quantity, const Depths& depths, const std::vector<std::string>& norms) {
  Chart chart{.id = std::string("depth-") + quantity.column,
              .x = {.label = "normalization layer, from the input", .column = "layer"},
              .y = {.label = quantity.label, .column = "mean", .unit = quantity.unit, .includes = {quantity.normal}},
              .series_column = "norm"};
  if (depths.deepest < quantity.least_layers || depths.norms.empty()) return chart;
  for (const DepthPanel& key : weightiest(depths.panels, kMostDepthPanels, [&](const DepthPanel& panel) { return depths.worst.at(panel); }))
    chart.panels.push_back(panel_of(key, quantity, depths, norms));
  const std::vector<double> places = x_values(chart.panels);
  if (places.size() > kMostTicked) return chart;
  const std::size_t stride = places.size() > kMostLabelled ? 2 : 1;
  for (std::size_t i = 0; i < places.size(); i += stride) chart.x.ticks.push_back(places[i]);
  return chart;
}

}  // namespace

Figure depth_figure(const ResultsFolder& results) {
  std::vector<std::string> norms;
  const std::vector<Depths> all = collect_depths(results, norms);
  Figure figure{.id = "depth", .title = "Where along the depth do the modes part?"};
  std::size_t settings = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Chart chart = chart_of(kDepthQuantities[i], all[i], norms);
    if (chart.panels.empty()) continue;
    settings = std::max(settings, all[i].panels.size());
    figure.charts.push_back(std::move(chart));
  }
  if (figure.charts.empty()) return figure;
  figure.caption = "The gap: the rms difference between a layer's outputs in train mode and in eval mode, as a share of their spread.";
  if (figure.charts.size() > 1)
    figure.caption += " The statistics: moving against the population's, with the layers below computed by the population's.";
  figure.caption += seeds_note(figure.charts);
  if (settings > kMostDepthPanels) figure.caption += fmt::format(" {} of {} settings are drawn, the worst.", kMostDepthPanels, settings);
  return figure;
}

}  // namespace normrun::report
