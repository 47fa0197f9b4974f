#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "fmt/format.h"
#include "report/html/figures/figures.hpp"
#include "report/html/vega_lite.hpp"

namespace normrun {
namespace {

/// What of layers.csv is drawn, and how its axis is called.
struct Quantity {
  const char* column;
  const char* label;
  double right;      // its value where nothing is wrong
  double least_top;  // the axis reaches at least to here
};
constexpr Quantity kQuantities[] = {{"mean_gap", "moving mean: gap in population sds", 0.0, 0.0},
                                    {"var_ratio", "moving / population variance", 1.0, 1.0},
                                    {"init_share", "share of the initial 0 and 1", 0.0, 1.0}};

struct Line {
  Setting setting;  // along the steps: its batch size too
  std::string layer;
  auto operator<=>(const Line&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
};
using Key = std::tuple<std::string, Line, long>;  // column, step or batch size

enum class Along { kSteps, kBatchSizes };

struct Samples {
  SeedSamples<Key> values;
  std::vector<Line> lines;
  std::set<Line> known;
};

Samples collect(const ResultsFolder& results, Along along) {
  Samples samples;
  RunRows runs = results.runs_of(TableId::kLayers);
  while (runs.next()) {
    const std::vector<const RunRows::Row*> final_rows = runs.final_rows();
    const std::set<const RunRows::Row*> final_ones(final_rows.begin(), final_rows.end());
    for (const RunRows::Row& row : runs.rows()) {
      if (std::isnan(runs.number(row, "mean_gap"))) continue;  // has no moving statistics
      if (along == Along::kBatchSizes && !final_ones.contains(&row)) continue;
      Line line{setting_of(runs), runs.text(row, "layer")};
      const long x = along == Along::kSteps ? static_cast<long>(runs.number(row, "step")) : line.setting.batch_size;
      if (along == Along::kBatchSizes) line.setting.batch_size = 0;
      if (samples.known.insert(line).second) samples.lines.push_back(line);
      for (const Quantity& quantity : kQuantities)
        samples.values.add({quantity.column, line, x}, runs.run_id() + '/' + runs.text(row, "step"), runs.number(row, quantity.column));
    }
  }
  return samples;
}

Along direction(const ResultsFolder& results) {
  RunRows runs = results.runs_of(TableId::kLayers);
  while (runs.next()) {
    if (runs.final_rows().size() < runs.rows().size()) return Along::kSteps;
  }
  return Along::kBatchSizes;
}

/// The panels' titles: one for each setting, or one for all norms and layers where the batch size is the axis.
std::string title_of(const Line& line, Along along) {
  if (along == Along::kBatchSizes) return line.setting.others.empty() ? "after training" : line.setting.others;
  return panel_title(line.setting.norm, line.setting.others) + fmt::format(", batch {}", line.setting.batch_size);
}

/// A line's name: its layer, and its norm where several share a panel.
std::string name_of(const Line& line, const Samples& samples, Along along) {
  const auto has_its_norm = [&](const Line& other) { return other.setting.norm == line.setting.norm; };
  const bool one_norm = std::all_of(samples.lines.begin(), samples.lines.end(), has_its_norm);
  return one_norm || along == Along::kSteps ? line.layer : line.setting.norm + " " + line.layer;
}

/// What the three charts share.
struct Shared {
  Along along;
  std::vector<std::string> titles;
  std::vector<std::string> names;
};

Panel panel_of(const std::string& title, const Quantity& quantity, const Samples& samples, const Shared& shared, Figure& figure) {
  Panel panel{title, {}, {{"quantity", quantity.column}}};
  for (const Line& line : samples.lines) {
    if (title_of(line, shared.along) != title || panel.series.size() == kMostSeries) continue;
    const std::string name = name_of(line, samples, shared.along);
    const auto place = std::find(shared.names.begin(), shared.names.end(), name) - shared.names.begin();
    if (panel.series.empty()) {
      panel.rows.emplace_back("setting", line.setting.others);
      if (shared.along == Along::kSteps) panel.rows.emplace_back("norm", line.setting.norm);
      if (shared.along == Along::kSteps) panel.rows.emplace_back("batch_size", std::to_string(line.setting.batch_size));
    }
    Series series{name, static_cast<int>(place % 6), {}, Series::Kind::kLine, name};
    for (const Key& key : samples.values.keys()) {
      const auto& [column, of_line, x] = key;
      if (column != quantity.column || of_line != line) continue;
      std::vector<std::string> keys = {column, line.setting.norm, line.setting.others, name};
      if (shared.along == Along::kSteps) keys.push_back(std::to_string(line.setting.batch_size));
      keys.push_back(std::to_string(x));
      add_point(series, figure, static_cast<double>(x), samples.values.summary(key), keys);
    }
    if (!series.points.empty()) panel.series.push_back(series);
  }
  return panel;
}

}  // namespace

Figure statistics_figure(const ResultsFolder& results) {
  const Along along = direction(results);
  const Samples samples = collect(results, along);
  Shared shared{along, {}, {}};
  for (const Line& line : samples.lines) {
    append_new(shared.titles, title_of(line, along));
    append_new(shared.names, name_of(line, samples, along));
  }
  const std::size_t all = shared.titles.size();
  if (all > 2) shared.titles = {shared.titles.front(), shared.titles.back()};
  const std::string x_column = along == Along::kSteps ? "step" : "batch_size";
  Figure figure{"statistics",
                "Do the moving statistics follow the data's?",
                "Each normalization layer's moving statistics against the population's: the distance of the means in population standard "
                "deviations, the ratio of the variances (1: right), and how much of the statistics is still their initial 0 and 1.",
                {},
                {},
                {{"quantity", "norm", "setting", "layer", "batch_size"}, {}}};
  for (const char* column : {"step", "mean", "ci95_low", "ci95_high", "n"}) {
    if (along == Along::kSteps || std::string_view(column) != "step") figure.data.header.emplace_back(column);
  }
  figure.caption += left_out(shared.titles.size(), all, "settings");
  figure.caption += left_out(std::min(shared.names.size(), kMostSeries), shared.names.size(), "layers");
  std::vector<LineChart> charts;
  for (const Quantity& quantity : kQuantities) {
    LineChart chart{std::string("statistics-") + quantity.column,
                    along == Along::kSteps ? "step" : "training batch size",
                    quantity.label,
                    Scale::kLog,
                    Scale::kLinear,
                    {},
                    {},
                    {quantity.right, quantity.least_top},
                    x_column,
                    "mean",
                    "layer"};
    for (const std::string& title : shared.titles) chart.panels.push_back(panel_of(title, quantity, samples, shared, figure));
    if (x_values(chart.panels).empty()) continue;
    if (along == Along::kBatchSizes) chart.x_ticks = ticks_at(x_values(chart.panels));
    charts.push_back(chart);
  }
  figure.pictures = draw(charts);
  if (!charts.empty()) figure.spec = line_spec(figure, charts);
  return figure;
}

}  // namespace normrun
