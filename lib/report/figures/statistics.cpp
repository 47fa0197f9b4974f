#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "fmt/format.h"
#include "report/draw/vega_lite.hpp"
#include "report/figures/abscissa.hpp"
#include "report/figures/figures.hpp"

namespace normrun::report {
namespace {

/// A column of layers.csv that is drawn, and the label of its axis.
struct Quantity {
  const char* column;
  const char* label;
  double right;      // the value where nothing is wrong
  double least_top;  // the axis reaches at least this high
};
constexpr Quantity kQuantities[] = {{"mean_gap", "moving mean: gap in population sds", 0.0, 0.0},
                                    {"var_ratio", "moving / population variance", 1.0, 1.0},
                                    {"init_share", "share of the initial 0 and 1", 0.0, 1.0}};

struct Line {
  tables::Setting setting;  // when steps are along the x axis, it includes the batch size
  std::string layer;
  auto operator<=>(const Line&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
};
using StatisticPoint = std::tuple<std::string, Line, double>;  // column, place along the x axis

enum class Along { kSteps, kSettings };

struct Samples {
  tables::SeedSamples<StatisticPoint> values;
  std::vector<Line> lines;
  std::set<Line> known;
};

Samples collect(const ResultsFolder& results, Along along, const Abscissa& abscissa) {
  Samples samples;
  tables::RunRows runs = results.runs_of(tables::TableId::kLayers);
  while (runs.next()) {
    const std::vector<const tables::RunRows::Row*> final_rows = runs.final_rows();
    const std::set<const tables::RunRows::Row*> final_ones(final_rows.begin(), final_rows.end());
    for (const tables::RunRows::Row& row : runs.rows()) {
      if (std::isnan(runs.number(row, "mean_gap"))) continue;  // this layer has no moving statistics
      if (along == Along::kSettings && !final_ones.contains(&row)) continue;
      Line line{setting_of(runs), runs.text(row, "layer")};
      const double x = along == Along::kSteps ? runs.number(row, "step") : abscissa.place(runs);
      if (along == Along::kSettings) line.setting = {abscissa.kind == Abscissa::Kind::kNorms ? "" : runs.norm(), abscissa.others(runs), 0};
      if (samples.known.insert(line).second) samples.lines.push_back(line);
      for (const Quantity& quantity : kQuantities)
        samples.values.add({quantity.column, line, x}, runs.run_id() + '/' + runs.text(row, "step"), runs.number(row, quantity.column));
    }
  }
  return samples;
}

Along direction(const ResultsFolder& results) {
  tables::RunRows runs = results.runs_of(tables::TableId::kLayers);
  while (runs.next()) {
    if (runs.final_rows().size() < runs.rows().size()) return Along::kSteps;
  }
  return Along::kSettings;
}

/// Returns a panel's title.  Each setting has a panel, or all norms and layers share one where settings are along the axis.
std::string title_of(const Line& line, Along along) {
  if (along == Along::kSettings) return line.setting.others.empty() ? "after training" : line.setting.others;
  return panel_title(line.setting.norm, line.setting.others) + fmt::format(", batch {}", line.setting.batch_size);
}

/// Returns a line's name: its layer, with its norm where several norms share a panel.
std::string name_of(const Line& line, const Samples& samples, Along along) {
  const auto has_its_norm = [&](const Line& other) { return other.setting.norm == line.setting.norm; };
  const bool one_norm = std::all_of(samples.lines.begin(), samples.lines.end(), has_its_norm);
  return one_norm || along == Along::kSteps ? line.layer : line.setting.norm + " " + line.layer;
}

/// What the three charts have in common.
struct Shared {
  Along along;
  Abscissa abscissa;
  std::vector<std::string> titles = {};
  std::vector<std::string> names = {};
};

Panel panel_of(const std::string& title, const Quantity& quantity, const Samples& samples, const Shared& shared, Figure& figure) {
  Panel panel{.title = title, .rows = {{"quantity", quantity.column}}};
  for (const Line& line : samples.lines) {
    if (title_of(line, shared.along) != title || panel.series.size() == kMostSeries) continue;
    const std::string name = name_of(line, samples, shared.along);
    const auto place = std::find(shared.names.begin(), shared.names.end(), name) - shared.names.begin();
    if (panel.series.empty()) {
      panel.rows.emplace_back("setting", line.setting.others);
      if (shared.along == Along::kSteps) panel.rows.emplace_back("norm", line.setting.norm);
      if (shared.along == Along::kSteps) panel.rows.emplace_back("batch_size", std::to_string(line.setting.batch_size));
    }
    Series series{.name = name, .look = static_cast<int>(place % 6), .kind = Series::Kind::kLine, .value = name};
    for (const StatisticPoint& key : samples.values.keys()) {
      const auto& [column, of_line, x] = key;
      if (column != quantity.column || of_line != line) continue;
      std::vector<std::string> keys = {column, line.setting.norm, line.setting.others, name};
      if (shared.along == Along::kSteps) keys.push_back(std::to_string(line.setting.batch_size));
      keys.push_back(shared.along == Along::kSteps ? std::to_string(static_cast<long>(x)) : shared.abscissa.text(x));
      add_point(series, figure, x, samples.values.summary(key), keys);
    }
    sort_points(series);
    if (!series.points.empty()) panel.series.push_back(series);
  }
  return panel;
}

}  // namespace

Figure statistics_figure(const ResultsFolder& results) {
  const Along along = direction(results);
  const Abscissa abscissa = abscissa_of(results);
  const Samples samples = collect(results, along, abscissa);
  Shared shared{.along = along, .abscissa = abscissa};
  for (const Line& line : samples.lines) {
    append_new(shared.titles, title_of(line, along));
    append_new(shared.names, name_of(line, samples, along));
  }
  const std::size_t all = shared.titles.size();
  if (all > 2) shared.titles = {shared.titles.front(), shared.titles.back()};
  const std::string x_column = along == Along::kSteps ? "step" : abscissa.column;
  Figure figure{
      .id = "statistics",
      .title = "Do the moving statistics follow the data's?",
      .caption =
          "Each normalization layer's moving statistics against the population's: the distance of the means in population standard "
          "deviations, the ratio of the variances (1: right), and how much of the statistics is still their initial 0 and 1.",
      .data = {.header = {"quantity", "norm", "setting", "layer"}}};
  if (along == Along::kSteps) figure.data.header.emplace_back("batch_size");
  for (const std::string& column : {x_column, std::string("mean"), std::string("ci95_low"), std::string("ci95_high"), std::string("n")})
    figure.data.header.push_back(column);
  figure.caption += left_out(shared.titles.size(), all, "settings");
  figure.caption += left_out(std::min(shared.names.size(), kMostSeries), shared.names.size(), "layers");
  std::vector<LineChart> charts;
  for (const Quantity& quantity : kQuantities) {
    LineChart chart{.id = std::string("statistics-") + quantity.column,
                    .x_label = along == Along::kSteps ? "step" : abscissa.label,
                    .y_label = quantity.label,
                    .x_scale = along == Along::kSteps ? Scale::kLog : abscissa.scale,
                    .y_scale = Scale::kLinear,
                    .y_values = {quantity.right, quantity.least_top},
                    .x_column = x_column,
                    .y_column = "mean",
                    .series_column = "layer"};
    for (const std::string& title : shared.titles) chart.panels.push_back(panel_of(title, quantity, samples, shared, figure));
    if (x_values(chart.panels).empty()) continue;
    if (along == Along::kSettings) abscissa.take(chart);
    charts.push_back(chart);
  }
  figure.pictures = draw(charts);
  if (!charts.empty()) figure.spec = line_spec(figure, charts);
  return figure;
}

}  // namespace normrun::report
