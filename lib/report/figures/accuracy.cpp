#include <algorithm>
#include <cmath>
#include <tuple>

#include "fmt/format.h"
#include "report/draw/vega_lite.hpp"
#include "report/figures/abscissa.hpp"
#include "report/figures/figures.hpp"

namespace normrun::report {
namespace {

using PanelKey = std::pair<std::string, std::string>;   // norm, values of the other swept keys
using Key = std::tuple<PanelKey, std::string, double>;  // mode, place along the x axis

struct Scores {
  tables::SeedSamples<Key> accuracy;
  tables::SeedSamples<Key> loss;
  std::vector<PanelKey> panels;
  std::vector<std::string> modes = {"train", "eval", "population"};
};

Scores collect(const ResultsFolder& results, const Abscissa& abscissa) {
  Scores scores;
  tables::RunRows runs = results.runs_of(tables::TableId::kCompare);
  while (runs.next()) {
    const PanelKey panel(abscissa.kind == Abscissa::Kind::kNorms ? "" : runs.norm(), abscissa.others(runs));
    for (const tables::RunRows::Row* row : own_comparisons(runs, results.split())) {
      append_new(scores.panels, panel);
      for (const char* side : {"a", "b"}) {
        const std::string mode = runs.text(*row, std::string("mode_") + side);
        append_new(scores.modes, mode);
        const Key key(panel, mode, abscissa.place(runs));
        scores.accuracy.add(key, runs.run_id(), runs.number(*row, std::string("accuracy_") + side));
        scores.loss.add(key, runs.run_id(), runs.number(*row, std::string("loss_") + side));
      }
    }
  }
  return scores;
}

bool is_drawn(const LineChart& chart, const std::string& mode) {
  return std::any_of(chart.panels.begin(), chart.panels.end(), [&](const Panel& panel) {
    return std::any_of(panel.series.begin(), panel.series.end(), [&](const Series& series) { return series.name == mode; });
  });
}

}  // namespace

Figure accuracy_figure(const ResultsFolder& results) {
  const Abscissa abscissa = abscissa_of(results);
  const Scores scores = collect(results, abscissa);
  const bool has_accuracy = !scores.accuracy.keys().empty();
  const tables::SeedSamples<Key>& values = has_accuracy ? scores.accuracy : scores.loss;
  const std::string what = has_accuracy ? "accuracy" : "loss";
  Figure figure{
      .id = "accuracy",
      .title = has_accuracy ? "How well does the network predict in each mode?" : "How large is the loss in each mode?",
      .caption = fmt::format("The {} split's {} in each mode that was compared, by {}. Bands and bars are 95 % intervals over the seeds. "
                             "Modes that fall together are drawn over one another.",
                             results.split(), what, abscissa.label)};
  figure.data.header = {"norm", "setting", "mode", abscissa.column, what, "ci95_low", "ci95_high", "n"};
  LineChart chart{.id = "accuracy",
                  .x_label = abscissa.label,
                  .y_label = fmt::format("{} {}", results.split(), what),
                  .x_scale = abscissa.scale,
                  .y_scale = Scale::kLinear,
                  .x_column = abscissa.column,
                  .y_column = what,
                  .series_column = "mode"};
  for (const PanelKey& key : spread(scores.panels, kMostPanels)) {
    Panel panel{.title = panel_title(key.first, key.second), .rows = {{"norm", key.first}, {"setting", key.second}}};
    for (const std::string& mode : scores.modes) {
      Series series{.name = mode, .look = mode_look(mode, scores.modes), .kind = Series::Kind::kLine, .value = mode};
      for (const Key& point : values.keys()) {
        if (std::get<0>(point) != key || std::get<1>(point) != mode) continue;
        const double x = std::get<2>(point);
        add_point(series, figure, x, values.summary(point), {key.first, key.second, mode, abscissa.text(x)});
      }
      sort_points(series);
      if (!series.points.empty() && panel.series.size() < kMostSeries) panel.series.push_back(series);
    }
    if (!panel.series.empty()) chart.panels.push_back(panel);
  }
  figure.caption += left_out(chart.panels.size(), scores.panels.size(), "settings");
  for (const std::string& mode : scores.modes) {
    if (abscissa.has_names() && is_drawn(chart, mode)) figure.legend.push_back({mode_look(mode, scores.modes), mode});
  }
  if (chart.panels.empty()) return figure;
  abscissa.take(chart);
  if (!has_accuracy && !abscissa.has_names()) chart.y_scale = fitting_scale(chart.panels);
  figure.pictures = draw(chart);
  figure.spec = line_spec(figure, {chart});
  return figure;
}

}  // namespace normrun::report
