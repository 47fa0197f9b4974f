#include <algorithm>

#include "fmt/format.h"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kLeastSettings = 24;  // the other figures have room for fewer settings

/// The gap of one setting between train mode and eval mode, a mean over its seeds.
struct SettingGap {
  double gap = 0.0;
  std::string norm;
  std::string name;  // the setting without its norm
};

/// Returns the gaps of all settings, the largest first.
std::vector<SettingGap> gaps_of(const ResultsFolder& results) {
  tables::SeedSamples<tables::Setting> gaps;
  tables::RunRows runs = results.runs_of(tables::TableId::kCompare);
  while (runs.next()) {
    for (const tables::RunRows::Row* row : own_comparisons(runs, results.split())) {
      if (runs.text(*row, "mode_a") == "train" && runs.text(*row, "mode_b") == "eval")
        gaps.add(setting_of(runs), runs.run_id(), runs.number(*row, "relative_gap"));
    }
  }
  std::vector<SettingGap> all;
  all.reserve(gaps.keys().size());
  for (const tables::Setting& setting : gaps.keys()) {
    const std::string others = setting.others.empty() ? "" : setting.others + ", ";
    all.push_back({gaps.mean(setting), setting.norm, fmt::format("{}batch {}", others, setting.batch_size)});
  }
  std::stable_sort(all.begin(), all.end(), [](const SettingGap& a, const SettingGap& b) { return a.gap > b.gap; });
  return all;
}

/// Returns the dots of one norm, each at the rank of its setting.
Series ranks_of(const std::string& norm, int colour, const std::vector<SettingGap>& all) {
  Series series{.name = spoken_norm(norm), .look = {colour}, .kind = Series::Kind::kDots};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].norm == norm) series.points.push_back({.x = static_cast<double>(i + 1), .y = all[i].gap, .name = all[i].name});
  }
  return series;
}

}  // namespace

Figure overview_figure(const ResultsFolder& results) {
  const std::vector<SettingGap> all = gaps_of(results);
  Figure figure{.id = "overview", .title = "Every setting, the largest gap first"};
  if (all.size() <= kLeastSettings) return figure;
  std::vector<std::string> norms;
  for (const SettingGap& one : all) append_new(norms, one.norm);
  Chart chart{.id = "overview",
              .x = {.label = "settings, the largest gap first", .column = "rank", .includes = {1.0}},
              .y = {.label = "gap, as a share of the outputs' spread", .column = "relative_gap", .unit = Unit::kShare},
              .series_column = "norm"};
  Panel panel{.title = ""};
  for (const std::string& norm : norms) {
    if (panel.series.size() < kMostSeries) panel.series.push_back(ranks_of(norm, norm_colour(norm, norms), all));
  }
  chart.panels = {std::move(panel)};
  chart.y.scale = fitting_scale(chart.panels);
  figure.charts = {std::move(chart)};
  figure.finding = fmt::format("The largest of {} gaps is {}: {}, {}.", all.size(), percent(all.front().gap), spoken_norm(all.front().norm),
                               all.front().name);
  figure.caption = "Each dot is the mean of one setting over its seeds.";
  return figure;
}

}  // namespace normrun::report
