#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "fmt/format.h"
#include "report/draw/vega_lite.hpp"
#include "report/figures/figures.hpp"

namespace normrun::report {
namespace {

using LossPoint = std::tuple<tables::Setting, std::string, long>;  // "split, mode", epoch

int curve_look(const std::string& curve) {
  if (curve == "train split, train mode") return 6;
  return curve.ends_with("eval mode") ? 0 : 1;
}

std::string curve_name(const std::string& curve) {
  constexpr std::string_view kTest = "test split, ";
  if (curve == "train split, train mode") return "training steps";
  return curve.starts_with(kTest) ? curve.substr(kTest.size()) : curve;
}

/// Returns the smallest and the largest batch size of every norm.
std::vector<tables::Setting> chosen_settings(const std::vector<tables::Setting>& settings) {
  std::map<std::pair<std::string, std::string>, std::pair<long, long>> ends;
  for (const tables::Setting& setting : settings) {
    const long size = setting.batch_size;
    auto& [least, most] = ends.try_emplace({setting.norm, setting.others}, size, size).first->second;
    least = std::min(least, size);
    most = std::max(most, size);
  }
  std::vector<tables::Setting> chosen;
  for (const tables::Setting& setting : settings) {
    const auto& [least, most] = ends.at({setting.norm, setting.others});
    if (setting.batch_size == least || setting.batch_size == most) chosen.push_back(setting);
  }
  return spread(chosen, kMostPanels);
}

struct Curves {
  tables::SeedSamples<LossPoint> losses;
  std::vector<tables::Setting> settings;
  std::vector<std::string> names;
};

Curves collect_curves(const ResultsFolder& results) {
  Curves curves;
  std::set<tables::Setting> known;
  tables::RunRows runs = results.runs_of(tables::TableId::kHistory);
  while (runs.next()) {
    const tables::Setting setting = setting_of(runs);
    if (known.insert(setting).second) curves.settings.push_back(setting);
    for (const tables::RunRows::Row& row : runs.rows()) {
      const std::string name = runs.text(row, "split") + " split, " + runs.text(row, "mode") + " mode";
      const double epoch = runs.number(row, "epoch");
      if (std::isnan(epoch)) continue;
      append_new(curves.names, name);
      curves.losses.add({setting, name, static_cast<long>(epoch)}, runs.run_id(), runs.number(row, "loss"));
    }
  }
  return curves;
}

Panel panel_of(const tables::Setting& setting, const Curves& curves, Figure& figure) {
  Panel panel{.title = panel_title(setting.norm, setting.others) + fmt::format(", batch {}", setting.batch_size),
              .rows = {{"norm", setting.norm}, {"setting", setting.others}, {"batch_size", std::to_string(setting.batch_size)}}};
  for (const std::string& name : curves.names) {
    Series series{.name = curve_name(name), .look = curve_look(name), .kind = Series::Kind::kLine, .value = name};
    for (const LossPoint& point : curves.losses.keys()) {
      if (std::get<0>(point) != setting || std::get<1>(point) != name) continue;
      const long epoch = std::get<2>(point);
      add_point(series, figure, static_cast<double>(epoch), curves.losses.summary(point),
                {setting.norm, setting.others, std::to_string(setting.batch_size), name, std::to_string(epoch)});
    }
    if (!series.points.empty()) panel.series.push_back(series);
  }
  return panel;
}

}  // namespace

Figure learning_figure(const ResultsFolder& results) {
  const Curves curves = collect_curves(results);
  Figure figure{.id = "learning",
                .title = "Do the modes drift apart while the network learns?",
                .caption =
                    "Mean loss after each epoch, at the smallest and the largest batch size of each norm. Both modes are measured on the "
                    "test split. The curve of training steps is the running mean over the epoch's own batches.",
                .data = {.header = {"norm", "setting", "batch_size", "curve", "epoch", "loss", "ci95_low", "ci95_high", "n"}}};
  LineChart chart{.id = "learning",
                  .x_label = "epoch",
                  .y_label = "mean loss",
                  .x_scale = Scale::kLinear,
                  .y_scale = Scale::kLinear,
                  .x_column = "epoch",
                  .y_column = "loss",
                  .series_column = "curve"};
  for (const tables::Setting& setting : chosen_settings(curves.settings)) chart.panels.push_back(panel_of(setting, curves, figure));
  figure.caption += left_out(chart.panels.size(), curves.settings.size(), "settings");
  const std::vector<double> epochs = x_values(chart.panels);
  if (epochs.size() < 2) return figure;  // a single point is not a curve
  if (epochs.size() <= 8) chart.x_ticks = epochs;
  chart.y_scale = fitting_scale(chart.panels);
  figure.pictures = draw(chart);
  figure.spec = line_spec(figure, {chart});
  return figure;
}

}  // namespace normrun::report
