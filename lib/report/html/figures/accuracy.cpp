#include <algorithm>
#include <cmath>
#include <tuple>

#include "fmt/format.h"
#include "report/html/figures/figures.hpp"
#include "report/html/vega_lite.hpp"

namespace normrun {
namespace {

using PanelKey = std::pair<std::string, std::string>;  // norm, other swept keys
using Key = std::tuple<PanelKey, std::string, long>;   // mode, batch size

struct Scores {
  SeedSamples<Key> accuracy;
  SeedSamples<Key> loss;
  std::vector<PanelKey> panels;
  std::vector<std::string> modes = {"train", "eval", "population"};
};

Scores collect(const ResultsFolder& results) {
  Scores scores;
  RunRows runs = results.runs_of(TableId::kCompare);
  while (runs.next()) {
    const PanelKey panel(runs.norm(), runs.others());
    for (const RunRows::Row* row : own_comparisons(runs, results.split())) {
      append_new(scores.panels, panel);
      for (const char* side : {"a", "b"}) {
        const std::string mode = runs.text(*row, std::string("mode_") + side);
        append_new(scores.modes, mode);
        const Key key(panel, mode, static_cast<long>(runs.batch_size()));
        scores.accuracy.add(key, runs.run_id(), runs.number(*row, std::string("accuracy_") + side));
        scores.loss.add(key, runs.run_id(), runs.number(*row, std::string("loss_") + side));
      }
    }
  }
  return scores;
}

}  // namespace

Figure accuracy_figure(const ResultsFolder& results) {
  const Scores scores = collect(results);
  const bool has_accuracy = !scores.accuracy.keys().empty();
  const SeedSamples<Key>& values = has_accuracy ? scores.accuracy : scores.loss;
  const std::string what = has_accuracy ? "accuracy" : "loss";
  Figure figure{
      "accuracy",
      has_accuracy ? "How well does the network predict in each mode?" : "How large is the loss in each mode?",
      fmt::format("The {} split's {} in each mode that was compared, against the batch size of training. Bands are 95 % intervals "
                  "over the seeds. Modes that fall together are drawn over one another.",
                  results.split(), what),
      {},
      {},
      {}};
  figure.data.header = {"norm", "setting", "mode", "batch_size", what, "ci95_low", "ci95_high", "n"};
  LineChart chart{"accuracy",
                  "training batch size",
                  fmt::format("{} {}", results.split(), what),
                  Scale::kLog,
                  Scale::kLinear,
                  {},
                  {},
                  {},
                  "batch_size",
                  what,
                  "mode"};
  for (const PanelKey& key : scores.panels) {
    if (chart.panels.size() == kMostPanels) break;
    Panel panel{panel_title(key.first, key.second), {}, {{"norm", key.first}, {"setting", key.second}}};
    for (const std::string& mode : scores.modes) {
      Series series{mode, mode_look(mode, scores.modes), {}, Series::Kind::kLine, mode};
      for (const Key& point : values.keys()) {
        if (std::get<0>(point) != key || std::get<1>(point) != mode) continue;
        const long size = std::get<2>(point);
        add_point(series, figure, static_cast<double>(size), values.summary(point), {key.first, key.second, mode, std::to_string(size)});
      }
      if (!series.points.empty() && panel.series.size() < kMostSeries) panel.series.push_back(series);
    }
    if (!panel.series.empty()) chart.panels.push_back(panel);
  }
  figure.caption += left_out(chart.panels.size(), scores.panels.size(), "settings");
  if (chart.panels.empty()) return figure;
  chart.x_ticks = ticks_at(x_values(chart.panels));
  if (!has_accuracy) chart.y_scale = fitting_scale(chart.panels);
  figure.pictures = draw(chart);
  figure.spec = line_spec(figure, {chart});
  return figure;
}

}  // namespace normrun
