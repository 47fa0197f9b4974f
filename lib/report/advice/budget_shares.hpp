#pragma once

#include <string>
#include <utility>
#include <vector>

#include "diagnosis/cause.hpp"
#include "report/results/results_folder.hpp"

namespace normrun::report {

/// The parts of one setting's gap, as means over the seeds.
struct SettingBudget {
  tables::Setting setting;
  std::string metric;  // "loss" or "outputs"
  double gap = 0.0;    // between train mode and eval mode, before any repair
  // Each cause, in the order of repair, with its share of the gap.  The share is the mean over the seeds of what the cause takes, divided
  // by the mean gap. (A mean of the seeds' own shares could be huge, because a seed may have hardly any gap.) The outputs' gaps are squared
  // first.  Empty if there is no gap.
  std::vector<std::pair<diagnosis::Cause, double>> shares;
};
using BudgetShares = std::vector<SettingBudget>;

/// Reads the shares from budget.csv: from its lines that repair all layers, on the split of the report.  Settings are in the plan's order.
BudgetShares budget_shares(const ResultsFolder& results);

}  // namespace normrun::report
