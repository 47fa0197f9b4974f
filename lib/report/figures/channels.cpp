#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "fmt/format.h"
#include "report/figures/figures.hpp"
#include "report/results/layer_names.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kMostDots = 256;

/// The channels of one run.
struct Channels {
  tables::Setting setting;
  std::string seed;
  std::vector<tables::RunRows::Row> rows;
  double worst = -1.0;  // largest distance of the means, in population standard deviations
};

double distance_of(const tables::RunRows& runs, const tables::RunRows::Row& row) {
  const double distance = std::abs(runs.number(row, "moving_mean") - runs.number(row, "population_mean"));
  const double variance = runs.number(row, "population_variance");
  return variance > 0.0 ? distance / std::sqrt(variance) : 0.0;
}

/// Returns the run with the channel whose mean is farthest off, and the layers of that run that are farthest off, as many as fit.
Channels worst_run(tables::RunRows& runs) {
  Channels worst;
  while (runs.next()) {
    Channels channels{setting_of(runs), runs.seed(), {}};
    for (const tables::RunRows::Row* row : runs.final_rows()) {
      if (std::isnan(runs.number(*row, "moving_mean")) || std::isnan(runs.number(*row, "population_mean"))) continue;
      channels.worst = std::max(channels.worst, distance_of(runs, *row));
      channels.rows.push_back(*row);
    }
    if (channels.worst > worst.worst) worst = std::move(channels);
  }
  std::vector<std::string> layers;
  std::map<std::string, double> farthest;
  for (const tables::RunRows::Row& row : worst.rows) {
    append_new(layers, runs.text(row, "layer"));
    double& most = farthest[layers.back()];
    most = std::max(most, distance_of(runs, row));
  }
  while (layers.size() > 1 && worst.rows.size() > kMostDots) {
    const auto least = std::min_element(layers.begin(), layers.end(),
                                        [&](const std::string& a, const std::string& b) { return farthest[a] < farthest[b]; });
    std::erase_if(worst.rows, [&](const tables::RunRows::Row& row) { return runs.text(row, "layer") == *least; });
    layers.erase(least);
  }
  if (worst.rows.size() > kMostDots) worst.rows.resize(kMostDots);
  return worst;
}

/// Adds the line on which the two values are equal, below the dots, and makes both axes show the same range.
void add_diagonal(Chart& chart) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  Panel& panel = chart.panels.front();
  for (const Series& series : panel.series) {
    for (const Point& point : series.points) {
      if (chart.x.scale == Scale::kLog && !(std::min(point.x, point.y) > 0.0)) continue;
      low = std::min({low, point.x, point.y});
      high = std::max({high, point.x, point.y});
    }
  }
  if (!(low <= high)) return;
  chart.x.includes = chart.y.includes = {low, high};
  Series line{.name = "", .kind = Series::Kind::kReference};
  for (const double end : {low, high}) line.points.push_back({.x = end, .y = end});
  panel.series.insert(panel.series.begin(), std::move(line));
}

}  // namespace

Figure channels_figure(const ResultsFolder& results) {
  tables::RunRows runs = results.runs_of(tables::TableId::kChannels);
  const Channels worst = worst_run(runs);
  Figure figure{.id = "channels", .title = "Which channels are off?"};
  if (worst.rows.empty()) return figure;
  const LayerNames layers(results);
  const tables::Setting& setting = worst.setting;
  const std::string others = setting.others.empty() ? "" : ", " + setting.others;
  const std::string name = fmt::format("{}, batch {}, seed {}{}", spoken_norm(setting.norm), setting.batch_size, worst.seed, others);
  for (const std::string statistic : {"mean", "variance"}) {
    const Scale scale = statistic == "mean" ? Scale::kLinear : Scale::kLog;
    Chart chart{.id = fmt::format("channels-{}", statistic),
                .x = {.label = "population " + statistic, .column = "population", .scale = scale},
                .y = {.label = "moving " + statistic, .column = "moving", .scale = scale},
                .series_column = "layer"};
    Panel panel{.title = name, .rows = {{"statistic", statistic}}};
    for (const tables::RunRows::Row& row : worst.rows) {
      const std::string layer = layers.spoken(runs.text(row, "layer"));
      if (panel.series.empty() || panel.series.back().name != layer)
        panel.series.push_back({.name = layer, .look = {norm_colour(setting.norm, {setting.norm})}, .kind = Series::Kind::kDots});
      panel.series.back().points.push_back({.x = runs.number(row, "population_" + statistic),
                                            .y = runs.number(row, "moving_" + statistic),
                                            .name = "channel " + runs.text(row, "channel")});
    }
    chart.panels.push_back(std::move(panel));
    add_diagonal(chart);
    figure.charts.push_back(std::move(chart));
  }
  figure.caption =
      "Every dot is a channel of the network whose channels are farthest off: the moving statistics that eval mode uses against the "
      "population's. On the dashed line the two agree.";
  return figure;
}

}  // namespace normrun::report
