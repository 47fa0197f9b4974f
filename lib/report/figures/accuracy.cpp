#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "fmt/format.h"
#include "report/figures/abscissa.hpp"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

using ScoreKey = std::tuple<std::string, std::string, std::string, double>;  // other swept keys, norm, mode, place along the x axis

struct Scores {
  Abscissa abscissa;
  tables::SeedSamples<ScoreKey> accuracy;
  tables::SeedSamples<ScoreKey> loss;
  std::vector<std::string> panels;
  std::map<std::string, double> differences;  // for each panel, of which there may be thousands, the largest distance between its modes
  std::vector<std::string> norms;
  std::vector<std::string> modes = {"eval", "train", "population"};

  const tables::SeedSamples<ScoreKey>& values() const { return accuracy.keys().empty() ? loss : accuracy; }
};

Scores collect_scores(const ResultsFolder& results) {
  Scores scores;
  scores.abscissa = abscissa_of(results);
  tables::RunRows runs = results.runs_of(tables::TableId::kCompare);
  while (runs.next()) {
    const std::string others = scores.abscissa.others(runs);
    for (const tables::RunRows::Row* row : own_comparisons(runs, results.split())) {
      if (scores.differences.try_emplace(others, 0.0).second) scores.panels.push_back(others);
      append_new(scores.norms, runs.norm());
      for (const char* side : {"a", "b"}) {
        const std::string mode = runs.text(*row, std::string("mode_") + side);
        append_new(scores.modes, mode);
        const ScoreKey key(others, runs.norm(), mode, scores.abscissa.place(runs));
        scores.accuracy.add(key, runs.run_id(), runs.number(*row, std::string("accuracy_") + side));
        scores.loss.add(key, runs.run_id(), runs.number(*row, std::string("loss_") + side));
      }
    }
  }
  for (const ScoreKey& key : scores.values().keys()) {
    const auto& [others, norm, mode, x] = key;
    if (mode != "train") continue;
    double& most = scores.differences.at(others);
    most = std::max(most, std::abs(scores.values().mean(key) - scores.values().mean({others, norm, "eval", x})));
  }
  return scores;
}

Panel panel_of(const std::string& others, const Scores& scores) {
  Panel panel{.title = others, .rows = {{"setting", others}}};
  for (const std::string& norm : scores.norms) {
    std::vector<std::pair<std::string, Series>> modes;
    for (const std::string& mode : scores.modes) {
      Series series;
      for (const ScoreKey& key : scores.values().keys()) {
        if (std::get<0>(key) == others && std::get<1>(key) == norm && std::get<2>(key) == mode)
          series.points.push_back(point_of(std::get<3>(key), scores.values().summary(key)));
      }
      modes.emplace_back(mode, std::move(series));
    }
    add_modes(panel, norm, norm_colour(norm, scores.norms), modes);
  }
  return panel;
}

/// Says where the modes are farthest apart, and by how much.
std::string finding_of(const Scores& scores, Unit unit) {
  const ScoreKey* farthest = nullptr;
  double most = 0.0;
  bool is_compared = false;
  for (const ScoreKey& key : scores.values().keys()) {
    const auto& [others, norm, mode, x] = key;
    if (mode != "train") continue;
    const double difference = std::abs(scores.values().mean(key) - scores.values().mean({others, norm, "eval", x}));
    is_compared = is_compared || !std::isnan(difference);
    if (!(difference > most)) continue;
    most = difference;
    farthest = &key;
  }
  if (farthest == nullptr) return is_compared ? "Train mode and eval mode predict alike." : "";
  const auto& [others, norm, mode, x] = *farthest;
  const std::string place = scores.abscissa.kind == Abscissa::Kind::kNorms ? "" : " " + scores.abscissa.spoken(x);
  return fmt::format("Farthest apart is {}{}{}: {} in eval mode, {} in train mode.", spoken_norm(norm), others.empty() ? "" : ", " + others,
                     place, in_unit(scores.values().mean({others, norm, "eval", x}), unit), in_unit(scores.values().mean(*farthest), unit));
}

}  // namespace

Figure accuracy_figure(const ResultsFolder& results) {
  const Scores scores = collect_scores(results);
  const bool has_accuracy = !scores.accuracy.keys().empty();
  const std::string what = has_accuracy ? "accuracy" : "loss";
  const Unit unit = has_accuracy ? Unit::kScore : Unit::kNumber;
  Figure figure{.id = "accuracy",
                .title = has_accuracy ? "How well does the network predict in each mode?" : "How large is the loss in each mode?",
                .finding = finding_of(scores, unit)};
  Chart chart{.id = "accuracy", .y = {.label = results.split() + " " + what, .column = what, .unit = unit}};
  const auto difference = [&](const std::string& panel) { return scores.differences.at(panel); };
  for (const std::string& others : weightiest(scores.panels, kMostPanels, difference)) {
    Panel panel = panel_of(others, scores);
    if (!panel.series.empty()) chart.panels.push_back(std::move(panel));
  }
  if (chart.panels.empty()) return figure;
  scores.abscissa.take(chart);
  if (!has_accuracy && !scores.abscissa.has_names()) chart.y.scale = fitting_scale(chart.panels);
  figure.charts = {chart};
  figure.caption = fmt::format("The {} split's {} in each mode that was compared; modes that agree in every point are one line.",
                               results.split(), what) +
                   seeds_note(figure.charts);
  if (chart.panels.size() < scores.panels.size())
    figure.caption +=
        fmt::format(" {} of {} settings are drawn, those whose modes are farthest apart.", chart.panels.size(), scores.panels.size());
  return figure;
}

}  // namespace normrun::report
