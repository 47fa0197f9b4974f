#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "fmt/format.h"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kMostCurvePanels = 3;
const std::string kTrainingSteps = "training steps";

using CurvePanel = std::pair<std::string, long>;                            // other swept keys, batch size
using CurvePoint = std::tuple<CurvePanel, std::string, std::string, long>;  // norm, curve, epoch

struct Curves {
  tables::SeedSamples<CurvePoint> accuracy;
  tables::SeedSamples<CurvePoint> loss;
  std::vector<CurvePanel> panels;
  std::vector<std::string> norms;
  std::vector<std::string> names = {"eval", "train"};
  std::set<CurvePanel> known = {};
};

Curves collect_curves(const ResultsFolder& results) {
  Curves curves;
  tables::RunRows runs = results.runs_of(tables::TableId::kHistory);
  while (runs.next()) {
    const CurvePanel panel(runs.others(), static_cast<long>(runs.batch_size()));
    if (curves.known.insert(panel).second) curves.panels.push_back(panel);
    append_new(curves.norms, runs.norm());
    for (const tables::RunRows::Row& row : runs.rows()) {
      const std::string& split = runs.text(row, "split");
      const std::string& mode = runs.text(row, "mode");
      const double epoch = runs.number(row, "epoch");
      const bool is_steps = split == "train" && mode == "train";
      if (std::isnan(epoch) || (!is_steps && split != results.split())) continue;
      const std::string name = is_steps ? kTrainingSteps : mode;
      append_new(curves.names, name);
      const CurvePoint point(panel, runs.norm(), name, static_cast<long>(epoch));
      curves.accuracy.add(point, runs.run_id(), runs.number(row, "accuracy"));
      curves.loss.add(point, runs.run_id(), runs.number(row, "loss"));
    }
  }
  return curves;
}

/// Returns the smallest and the largest batch size of each setting of the other keys.
std::vector<CurvePanel> chosen_panels(const std::vector<CurvePanel>& panels) {
  std::map<std::string, std::pair<long, long>> ends;
  for (const auto& [others, size] : panels) {
    auto& [least, most] = ends.try_emplace(others, size, size).first->second;
    least = std::min(least, size);
    most = std::max(most, size);
  }
  std::vector<CurvePanel> chosen;
  for (const CurvePanel& panel : panels) {
    const auto& [least, most] = ends.at(panel.first);
    if (panel.second == least || panel.second == most) chosen.push_back(panel);
  }
  return spread(chosen, kMostCurvePanels);
}

Panel panel_of(const CurvePanel& key, const std::string& metric, const tables::SeedSamples<CurvePoint>& values, const Curves& curves) {
  const std::string others = key.first.empty() ? "" : ", " + key.first;
  Panel panel{.title = fmt::format("{}, batch {}{}", metric == "loss" ? "Loss" : "Accuracy", key.second, others),
              .rows = {{"metric", metric}, {"setting", key.first}, {"batch_size", std::to_string(key.second)}}};
  for (const std::string& norm : curves.norms) {
    std::vector<std::pair<std::string, Series>> lines;
    for (const std::string& name : curves.names) {
      Series series;
      for (const CurvePoint& point : values.keys()) {
        if (std::get<0>(point) == key && std::get<1>(point) == norm && std::get<2>(point) == name)
          series.points.push_back(point_of(static_cast<double>(std::get<3>(point)), values.summary(point)));
      }
      lines.emplace_back(name, std::move(series));
    }
    add_modes(panel, norm, norm_colour(norm, curves.norms), lines);
  }
  return panel;
}

}  // namespace

Figure learning_figure(const ResultsFolder& results) {
  const Curves curves = collect_curves(results);
  const std::vector<CurvePanel> panels = chosen_panels(curves.panels);
  Figure figure{.id = "learning", .title = "Do the modes drift apart while the network learns?"};
  for (const std::string metric : {"accuracy", "loss"}) {
    const bool is_loss = metric == "loss";
    const tables::SeedSamples<CurvePoint>& values = is_loss ? curves.loss : curves.accuracy;
    if (values.keys().empty()) continue;
    Chart chart{.id = "learning-" + metric,
                .x = {.label = "epoch", .column = "epoch"},
                .y = {.label = metric, .column = "value", .unit = is_loss ? Unit::kNumber : Unit::kScore},
                .series_column = "curve"};
    for (const CurvePanel& key : panels) chart.panels.push_back(panel_of(key, metric, values, curves));
    const std::vector<double> epochs = x_values(chart.panels);
    if (epochs.size() < 2) continue;  // a single point is not a curve
    if (epochs.size() <= 8) chart.x.ticks = epochs;
    if (is_loss) chart.y.scale = fitting_scale(chart.panels);
    figure.charts.push_back(chart);
  }
  figure.caption =
      fmt::format("After each epoch, on the {} split; the training steps' curve is the running mean over the epoch's own batches.",
                  results.split()) +
      seeds_note(figure.charts) + left_out(panels.size(), curves.panels.size(), "settings");
  return figure;
}

}  // namespace normrun::report
