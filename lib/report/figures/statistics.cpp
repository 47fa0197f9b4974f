#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "fmt/format.h"
#include "report/figures/abscissa.hpp"
#include "report/figures/figures.hpp"
#include "report/results/layer_names.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kWorstLayers = 3;  // how many layers of each norm are drawn
constexpr std::size_t kMostStatisticPanels = 2;

/// A column of layers.csv that is drawn.
struct Quantity {
  const char* column;
  const char* title;
  const char* label;
  double right;      // the value if nothing is wrong
  double tolerance;  // values this close to the right one are not worth a picture
  Unit unit;
};
constexpr Quantity kQuantities[] = {{"mean_gap", "Error of the moving mean", "population standard deviations", 0.0, 0.01, Unit::kNumber},
                                    {"var_ratio", "Moving / population variance", "ratio; 1 is right", 1.0, 0.01, Unit::kNumber},
                                    {"init_share", "Share of the initial values", "share", 0.0, 0.005, Unit::kShare}};

struct Line {
  tables::Setting setting;  // along steps the whole setting, otherwise what the x axis does not show
  std::string layer;
  auto operator<=>(const Line&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
};
using StatisticPoint = std::tuple<std::string, Line, double>;  // column, place along the x axis

struct Samples {
  bool is_along_steps = false;
  Abscissa abscissa;
  tables::SeedSamples<StatisticPoint> values;
  std::vector<Line> lines;
  std::vector<std::string> norms;
  std::set<Line> known = {};
  std::map<Line, double> worst = {};  // largest error of the moving mean
};

bool has_steps(const ResultsFolder& results) {
  tables::RunRows runs = results.runs_of(tables::TableId::kLayers);
  while (runs.next()) {
    if (runs.final_rows().size() < runs.rows().size()) return true;
  }
  return false;
}

Samples collect_statistics(const ResultsFolder& results) {
  Samples samples{.is_along_steps = has_steps(results), .abscissa = abscissa_of(results), .values = {}, .lines = {}, .norms = {}};
  tables::RunRows runs = results.runs_of(tables::TableId::kLayers);
  while (runs.next()) {
    const std::vector<const tables::RunRows::Row*> final_rows = runs.final_rows();
    const std::set<const tables::RunRows::Row*> final_ones(final_rows.begin(), final_rows.end());
    for (const tables::RunRows::Row& row : runs.rows()) {
      const double gap = runs.number(row, "mean_gap");
      if (std::isnan(gap) || (!samples.is_along_steps && !final_ones.contains(&row))) continue;  // NaN: no moving statistics
      Line line{setting_of(runs), runs.text(row, "layer")};
      if (!samples.is_along_steps) line.setting = {runs.norm(), samples.abscissa.others(runs), 0};
      const double x = samples.is_along_steps ? runs.number(row, "step") : samples.abscissa.place(runs);
      if (samples.known.insert(line).second) samples.lines.push_back(line);
      append_new(samples.norms, runs.norm());
      if (final_ones.contains(&row)) samples.worst[line] = std::max(samples.worst[line], gap);
      for (const Quantity& quantity : kQuantities)
        samples.values.add({quantity.column, line, x}, runs.run_id() + '/' + runs.text(row, "step"), runs.number(row, quantity.column));
    }
  }
  return samples;
}

/// Returns the title of the panel that a line belongs to.
std::string panel_of_line(const Line& line, bool is_along_steps) {
  if (!is_along_steps) return line.setting.others;
  const std::string others = line.setting.others.empty() ? "" : ", " + line.setting.others;
  return fmt::format("{}{}, batch {}", spoken_norm(line.setting.norm), others, line.setting.batch_size);
}

/// Returns the lines of a panel: for each norm, the layers whose moving means are farthest off.
std::vector<Line> lines_of(const std::string& title, const Samples& samples) {
  std::vector<Line> chosen;
  for (const std::string& norm : samples.norms) {
    std::vector<Line> own;
    for (const Line& line : samples.lines) {
      if (line.setting.norm == norm && panel_of_line(line, samples.is_along_steps) == title) own.push_back(line);
    }
    for (const Line& line : weightiest(own, kWorstLayers, [&](const Line& one) { return samples.worst.at(one); })) {
      if (chosen.size() < kMostSeries) chosen.push_back(line);
    }
  }
  return chosen;
}

Panel panel_of(const std::string& title, const Quantity& quantity, const Samples& samples, const LayerNames& layers) {
  Panel panel{.title = quantity.title + (title.empty() ? "" : ", " + title), .rows = {{"quantity", quantity.column}, {"setting", title}}};
  std::size_t drawn = 0;
  for (const Line& line : lines_of(title, samples)) {
    const std::string norm = samples.norms.size() == 1 || samples.is_along_steps ? "" : spoken_norm(line.setting.norm) + ", ";
    // The lines of one norm have its colour; dashes tell its layers apart.
    const bool is_first = panel.series.empty() || panel.series.back().look.colour != norm_colour(line.setting.norm, samples.norms);
    drawn = is_first ? 0 : drawn + 1;
    Series series{.name = norm + layers.spoken(line.layer),
                  .look = {norm_colour(line.setting.norm, samples.norms), static_cast<Look::Stroke>(drawn % 3)}};
    for (const StatisticPoint& key : samples.values.keys()) {
      const auto& [column, of_line, x] = key;
      if (column == quantity.column && of_line == line) series.points.push_back(point_of(x, samples.values.summary(key)));
    }
    sort_points(series);
    if (!series.points.empty()) panel.series.push_back(std::move(series));
  }
  return panel;
}

double farthest_from_right(const Chart& chart, double right) {
  double most = 0.0;
  for (const Panel& panel : chart.panels) {
    for (const Series& series : panel.series) {
      for (const Point& point : series.points) most = std::max(most, std::abs(point.y - right));
    }
  }
  return most;
}

}  // namespace

Figure statistics_figure(const ResultsFolder& results) {
  const Samples samples = collect_statistics(results);
  const LayerNames layers(results);
  Figure figure{.id = "statistics", .title = "Do the moving statistics follow the data's?"};
  std::vector<std::string> titles;
  for (const Line& line : samples.lines) append_new(titles, panel_of_line(line, samples.is_along_steps));
  const auto worst_of = [&](const std::string& title) {
    double most = 0.0;
    for (const auto& [line, gap] : samples.worst) {
      if (panel_of_line(line, samples.is_along_steps) == title) most = std::max(most, gap);
    }
    return most;
  };
  const std::vector<std::string> drawn = weightiest(titles, kMostStatisticPanels, worst_of);
  std::string fine;
  for (const Quantity& quantity : kQuantities) {
    Chart chart{.id = std::string("statistics-") + quantity.column,
                .y = {.label = quantity.label, .column = "mean", .unit = quantity.unit, .includes = {quantity.right}},
                .series_column = "layer"};
    for (const std::string& title : drawn) chart.panels.push_back(panel_of(title, quantity, samples, layers));
    if (x_values(chart.panels).empty()) continue;
    if (farthest_from_right(chart, quantity.right) <= quantity.tolerance) {
      fine += fmt::format(" Not drawn, as it is right: \"{}\".", quantity.title);
      continue;
    }
    if (samples.is_along_steps)
      chart.x = {.label = "step", .column = "step", .scale = Scale::kLog};
    else
      samples.abscissa.take(chart);
    figure.charts.push_back(chart);
  }
  figure.caption =
      "The layers whose moving means are farthest from the population's, after training or along its steps. Distances of means are in "
      "standard deviations of the population." +
      fine + seeds_note(figure.charts);
  if (drawn.size() < titles.size()) figure.caption += fmt::format(" {} of {} settings are drawn, the worst.", drawn.size(), titles.size());
  return figure;
}

}  // namespace normrun::report
