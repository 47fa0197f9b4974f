#include <algorithm>
#include <cmath>
#include <limits>

#include "fmt/format.h"
#include "report/draw/vega_lite.hpp"
#include "report/figures/figures.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kMostDots = 256;  // in one layer

/// The channels of one run.
struct Channels {
  tables::Setting setting;
  std::string run;
  std::vector<tables::RunRows::Row> rows;
};

/// Returns the first run of the smallest batch size and the first run of the largest.
std::vector<Channels> chosen_runs(tables::RunRows& runs) {
  std::vector<Channels> chosen;
  while (runs.next()) {
    const tables::Setting setting = setting_of(runs);
    const bool is_smaller = chosen.empty() || setting.batch_size < chosen.front().setting.batch_size;
    const bool is_larger = !chosen.empty() && setting.batch_size > chosen.back().setting.batch_size;
    if (!is_smaller && !is_larger) continue;
    Channels channels{setting, runs.run_id(), {}};
    for (const tables::RunRows::Row* row : runs.final_rows()) {
      if (!std::isnan(runs.number(*row, "moving_mean")) && !std::isnan(runs.number(*row, "population_mean"))) channels.rows.push_back(*row);
    }
    if (channels.rows.empty()) continue;
    if (chosen.empty() || (chosen.size() == 1 && is_larger)) {
      chosen.push_back(channels);
    } else if (chosen.size() == 1) {
      chosen.insert(chosen.begin(), channels);
    } else {
      (is_smaller ? chosen.front() : chosen.back()) = channels;
    }
  }
  return chosen;
}

/// Returns the dots of a layer in a panel.  Each layer has its own place in the palette.
Series& series_of(Panel& panel, int look) {
  for (Series& series : panel.series) {
    if (series.look == look) return series;
  }
  return panel.series.emplace_back(Series{"", look, {}, Series::Kind::kDots});
}

int look_of(const std::vector<std::string>& layers, const std::string& layer) {
  return static_cast<int>((std::find(layers.begin(), layers.end(), layer) - layers.begin()) % 8);
}

Series diagonal(const Panel& panel) {
  Series line{"equal", 0, {}, Series::Kind::kReference};
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const Series& series : panel.series) {
    for (const LinePoint& point : series.points) {
      low = std::min(low, point.x);
      high = std::max(high, point.x);
    }
  }
  for (const double end : {low, high}) line.points.push_back({end, end, std::nan(""), std::nan("")});
  return line;
}

}  // namespace

Figure channels_figure(const ResultsFolder& results) {
  tables::RunRows runs = results.runs_of(tables::TableId::kChannels);
  const std::vector<Channels> chosen = chosen_runs(runs);
  Figure figure{
      .id = "channels",
      .title = "Which channels are off?",
      .caption =
          "Every dot is a channel of one network: the moving statistics that eval mode uses against the population's. On the dashed "
          "line the two agree."};
  figure.data.header = {"run_id", "layer", "channel", "moving_mean", "population_mean", "moving_variance", "population_variance"};
  std::vector<std::string> layers;
  std::vector<LineChart> charts;
  for (const std::string statistic : {"mean", "variance"}) {
    LineChart chart{.id = "channels-" + statistic,
                    .x_label = "population " + statistic,
                    .y_label = "moving " + statistic,
                    .x_scale = Scale::kLinear,
                    .y_scale = Scale::kLinear,
                    .x_column = "population_" + statistic,
                    .y_column = "moving_" + statistic,
                    .series_column = "layer"};
    for (const Channels& channels : chosen) {
      Panel panel{.title = channels.run, .rows = {{"run_id", channels.run}}};
      for (const tables::RunRows::Row& row : channels.rows) {
        const std::string& layer = runs.text(row, "layer");
        append_new(layers, layer);
        Series& series = series_of(panel, look_of(layers, layer));
        if (series.points.size() >= kMostDots) continue;
        series.points.push_back(
            {runs.number(row, "population_" + statistic), runs.number(row, "moving_" + statistic), std::nan(""), std::nan("")});
        if (statistic == "mean") {
          std::vector<std::string> fields = {channels.run};
          for (const char* column : {"layer", "channel", "moving_mean", "population_mean", "moving_variance", "population_variance"})
            fields.push_back(runs.text(row, column));
          figure.data.rows.push_back(fields);
        }
      }
      panel.series.push_back(diagonal(panel));
      chart.panels.push_back(panel);
    }
    if (chart.panels.empty()) return figure;
    charts.push_back(chart);
  }
  figure.pictures = draw(charts);
  for (const std::string& layer : layers) figure.legend.push_back({look_of(layers, layer), layer});
  figure.spec = line_spec(figure, charts);
  return figure;
}

}  // namespace normrun::report
