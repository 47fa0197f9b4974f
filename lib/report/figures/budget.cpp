#include <algorithm>
#include <cmath>
#include <tuple>

#include "fmt/format.h"
#include "report/advice/budget_shares.hpp"
#include "report/draw/bar_chart.hpp"
#include "report/draw/vega_lite.hpp"
#include "report/figures/figures.hpp"
#include "report/results/words.hpp"
#include "tables/record.hpp"

namespace normrun::report {
namespace {

constexpr std::size_t kMostRows = 24;
constexpr double kLeastShare = 0.005;

/// The causes in the order of repair, each with its place in the palette.
const std::vector<std::pair<diagnosis::Cause, int>> kLooks = {
    {diagnosis::Cause::kColdStart, 0},   {diagnosis::Cause::kLag, 4},           {diagnosis::Cause::kSamplingNoise, 2},
    {diagnosis::Cause::kDropout, 3},     {diagnosis::Cause::kBatchContents, 5}, {diagnosis::Cause::kBiasedVariance, 1},
    {diagnosis::Cause::kShiftedData, 7}, {diagnosis::Cause::kBatchNoise, 6},    {diagnosis::Cause::kUnexplained, 6}};

const BarChart kOutputsChart = {"budget-outputs", "Outputs: shares of the squared gap", "relative gap", BarUnit::kShares};
const BarChart kLossChart = {"budget-loss", "Loss: train mode's minus eval mode's", "loss gap", BarUnit::kAmounts};

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

/// An expression over the data's columns that gives a row's name.
const std::string kRowName =
    "datum.norm + (datum.setting ? ', ' + replace(datum.setting, regexp('[^ ,]+ = ', 'g'), '') : '') + ', ' + datum.batch_size";
const BarView kOutputsView = {kOutputsChart.title, {{"metric", "outputs"}}, "datum.share", "share of the squared gap", "~%", kRowName};
const BarView kLossView = {kLossChart.title, {{"metric", "loss"}}, "datum.share * datum.gap", "loss", "~g", kRowName};

int look_of(diagnosis::Cause cause) {
  const auto found = std::find_if(kLooks.begin(), kLooks.end(), [&](const auto& look) { return look.first == cause; });
  return found == kLooks.end() ? 6 : found->second;
}

}  // namespace

Figure budget_figure(const ResultsFolder& results) {
  const BudgetShares budget = budget_shares(results);
  Figure figure{
      .id = "budget",
      .title = "What is the gap made of?",
      .caption =
          "The gap between train mode and eval mode, cause by cause in the order of repair, means over the seeds. Segments on the other "
          "side of 0 are causes that cancelled others. Batch noise is what remains when eval mode uses the right statistics: train "
          "mode's own batches."};
  figure.data.header = {"metric", "norm", "setting", "batch_size", "gap", "cause", "share"};
  std::vector<diagnosis::Cause> causes;
  std::vector<BarView> views;
  for (const std::string metric : {"outputs", "loss"}) {
    std::vector<BarRow> rows;
    std::size_t all = 0;
    for (const SettingBudget& of : budget) {
      if (of.metric != metric || of.shares.empty() || of.gap == 0.0) continue;
      if (++all > kMostRows) continue;
      const std::string name = panel_title(of.setting.norm, values_alone(of.setting.others)) + fmt::format(", {}", of.setting.batch_size);
      BarRow row{.name = name, .value = metric == "outputs" ? percent(of.gap) : shown(of.gap)};
      for (const auto& [cause, share] : of.shares) {
        figure.data.rows.push_back({metric, of.setting.norm, of.setting.others, std::to_string(of.setting.batch_size),
                                    tables::shortest(of.gap), std::string(cause_text(cause)), tables::shortest(share)});
        if (!std::isfinite(share) || std::abs(share) < kLeastShare) continue;
        row.segments.push_back(
            {.name = std::string(cause_text(cause)), .look = look_of(cause), .value = metric == "outputs" ? share : share * of.gap});
        append_new(causes, cause);
      }
      rows.push_back(row);
    }
    if (rows.empty()) continue;
    figure.pictures.push_back(draw_bars(metric == "outputs" ? kOutputsChart : kLossChart, rows));
    views.push_back(metric == "outputs" ? kOutputsView : kLossView);
    if (metric == "outputs") figure.caption += left_out(rows.size(), all, "settings");
  }
  for (const auto& [cause, look] : kLooks) {
    if (std::find(causes.begin(), causes.end(), cause) != causes.end()) figure.legend.push_back({look, std::string(cause_text(cause))});
  }
  if (!views.empty()) figure.spec = bar_spec(figure, "cause", views);
  return figure;
}

}  // namespace normrun::report
