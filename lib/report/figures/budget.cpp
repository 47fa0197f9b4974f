#include <algorithm>
#include <cmath>

#include "fmt/format.h"
#include "report/advice/budget_shares.hpp"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kMostRows = 24;
constexpr double kLeastShare = 0.005;

/// Returns "0.5, 0.003" for "momentum = 0.5, learning_rate = 0.003", because a row has no room for more.
std::string values_alone(std::string others) {
  for (std::size_t at = others.find(" = "); at != std::string::npos; at = others.find(" = ", at)) {
    const std::size_t before = others.find_last_of(" ,", at - 1);
    const std::size_t start = before == std::string::npos ? 0 : before + 1;
    others.erase(start, at + 3 - start);
    at = start;
  }
  return others;
}

std::string row_name(const tables::Setting& setting) {
  const std::string others = setting.others.empty() ? "" : ", " + values_alone(setting.others);
  return fmt::format("{}{}, batch {}", spoken_norm(setting.norm), others, setting.batch_size);
}

bool is_drawn(double share) { return std::isfinite(share) && std::abs(share) >= kLeastShare; }

/// Returns what the drawn shares are multiplied by, so that a bar is as long as its gap although its smallest parts are left out.
double stretch_of(const SettingBudget& row) {
  double drawn = 0.0;
  for (const auto& [cause, share] : row.shares) drawn += is_drawn(share) ? share : 0.0;
  return drawn > 0.5 ? 1.0 / drawn : 1.0;
}

/// Returns the stacked bars of one metric: each cause's part of the gap, so that a bar is as long as its gap.
Panel panel_of(const std::vector<SettingBudget>& rows, Chart& chart) {
  Panel panel{.title = ""};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    chart.x.names.push_back(row_name(rows[i].setting));
    const double length = rows[i].gap * stretch_of(rows[i]);
    for (const auto& [cause, share] : rows[i].shares) {
      if (!is_drawn(share)) continue;
      const std::string name = spoken_word(diagnosis::cause_text(cause));
      auto series = std::find_if(panel.series.begin(), panel.series.end(), [&](const Series& one) { return one.name == name; });
      if (series == panel.series.end())
        series = panel.series.insert(panel.series.end(), Series{.name = name, .look = {cause_colour(cause)}, .kind = Series::Kind::kBars});
      series->points.push_back({.x = static_cast<double>(i), .y = share * length});
    }
  }
  std::stable_sort(panel.series.begin(), panel.series.end(),
                   [](const Series& a, const Series& b) { return a.look.colour < b.look.colour; });
  return panel;
}

}  // namespace

Figure budget_figure(const ResultsFolder& results) {
  const BudgetShares budget = budget_shares(results);
  Figure figure{.id = "budget", .title = "What is the gap made of?"};
  std::string more;
  for (const std::string metric : {"outputs", "loss"}) {
    if (!figure.charts.empty()) break;  // the loss is drawn only if the outputs have no budget
    std::vector<SettingBudget> rows;
    for (const SettingBudget& of : budget) {
      if (of.metric == metric && !of.shares.empty() && of.gap != 0.0) rows.push_back(of);
    }
    if (rows.empty()) continue;
    const bool is_outputs = metric == "outputs";
    const std::size_t all = rows.size();
    rows = weightiest(rows, kMostRows, [](const SettingBudget& one) { return std::abs(one.gap); });
    Chart chart{.id = "budget-" + metric,
                .x = {.label = "setting", .column = "setting"},
                .y = {.label = is_outputs ? "gap of the outputs" : "loss, train minus eval mode",
                      .column = "part_of_gap",
                      .unit = is_outputs ? Unit::kShare : Unit::kNumber},
                .series_column = "cause"};
    chart.panels = {panel_of(rows, chart)};
    chart.panels.front().rows = {{"metric", metric}};
    figure.charts.push_back(chart);
    if (rows.size() < all) more = fmt::format(" {} of {} settings are drawn, those with the largest gaps.", rows.size(), all);
  }
  figure.caption =
      "Each bar is as long as its gap, a mean over the seeds, and is divided in proportion to what each repair takes away. Parts on the "
      "other side of 0 cancelled others. Batch noise is what remains when eval mode uses the right statistics: train mode's own batches. "
      "Parts below 0.5 % and settings without a gap are left out." +
      more;
  return figure;
}

}  // namespace normrun::report
