#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "fmt/format.h"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr long kLeastLayers = 3;  // with fewer layers, the figure of the worst layers shows them all
constexpr std::size_t kMostTicked = 24;
constexpr std::size_t kMostDepthPanels = 2;

using DepthPanel = std::pair<std::string, long>;                            // other swept keys, batch size
using DepthPoint = std::tuple<std::string, DepthPanel, std::string, long>;  // column, norm, place of the layer

struct Depths {
  tables::SeedSamples<DepthPoint> values;
  std::vector<std::string> norms;
  std::map<DepthPanel, double> worst;  // largest error of a moving mean
  std::vector<DepthPanel> panels;
  long deepest = 0;
};

Depths collect_depths(const ResultsFolder& results) {
  Depths depths;
  tables::RunRows runs = results.runs_of(tables::TableId::kLayers);
  while (runs.next()) {
    const DepthPanel panel(runs.others(), static_cast<long>(runs.batch_size()));
    long place = 0;
    for (const tables::RunRows::Row* row : runs.final_rows()) {
      ++place;
      const double gap = runs.number(*row, "mean_gap");
      if (std::isnan(gap)) continue;  // this layer has no moving statistics
      depths.deepest = std::max(depths.deepest, place);
      const auto [worst, is_new] = depths.worst.try_emplace(panel, gap);
      if (is_new) depths.panels.push_back(panel);
      worst->second = std::max(worst->second, gap);
      append_new(depths.norms, runs.norm());
      for (const char* column : {"mean_gap", "var_ratio"})
        depths.values.add({column, panel, runs.norm(), place}, runs.run_id(), runs.number(*row, column));
    }
  }
  return depths;
}

Panel panel_of(const DepthPanel& key, const std::string& column, const std::string& title, const Depths& depths) {
  const auto& [others, size] = key;
  Panel panel{.title = fmt::format("{}, batch {}{}", title, size, others.empty() ? "" : ", " + others),
              .rows = {{"quantity", column}, {"setting", others}, {"batch_size", std::to_string(size)}}};
  for (const std::string& norm : depths.norms) {
    Series series{.name = spoken_norm(norm), .look = {norm_colour(norm, depths.norms)}};
    for (const DepthPoint& point : depths.values.keys()) {
      const auto& [own_column, own_panel, own_norm, place] = point;
      if (own_column == column && own_panel == key && own_norm == norm)
        series.points.push_back(point_of(static_cast<double>(place), depths.values.summary(point)));
    }
    sort_points(series);
    if (!series.points.empty() && panel.series.size() < kMostSeries) panel.series.push_back(std::move(series));
  }
  return panel;
}

}  // namespace

Figure depth_figure(const ResultsFolder& results) {
  const Depths depths = collect_depths(results);
  Figure figure{.id = "depth", .title = "How wrong are the statistics along the depth?"};
  if (depths.deepest < kLeastLayers) return figure;
  const std::vector<DepthPanel> drawn =
      weightiest(depths.panels, kMostDepthPanels, [&](const DepthPanel& panel) { return depths.worst.at(panel); });
  for (const std::string column : {"mean_gap", "var_ratio"}) {
    const bool is_mean = column == "mean_gap";
    Chart chart{.id = "depth-" + column,
                .x = {.label = "normalization layer, from the input", .column = "layer"},
                .y = {.label = is_mean ? "population standard deviations" : "ratio; 1 is right",
                      .column = "mean",
                      .includes = {is_mean ? 0.0 : 1.0}},
                .series_column = "norm"};
    for (const DepthPanel& key : drawn)
      chart.panels.push_back(panel_of(key, column, is_mean ? "Error of the moving mean" : "Moving / population variance", depths));
    const std::vector<double> places = x_values(chart.panels);
    if (places.size() <= kMostTicked) chart.x.ticks = places;
    figure.charts.push_back(std::move(chart));
  }
  figure.caption = "Each layer's moving statistics against the population's, with the layers below it computed by the population's." +
                   seeds_note(figure.charts);
  if (drawn.size() < depths.panels.size())
    figure.caption += fmt::format(" {} of {} settings are drawn, the worst.", drawn.size(), depths.panels.size());
  return figure;
}

}  // namespace normrun::report
