#pragma once

#include <string>
#include <utility>
#include <vector>

#include "diagnosis/cause.hpp"
#include "report/results/results_folder.hpp"

namespace normrun::report {

/// What one setting's gap is made of, means over the seeds.
struct SettingBudget {
  tables::Setting setting;
  std::string metric;  // loss or outputs
  double gap = 0.0;    // train mode from eval mode, before any repair
  // By cause in the order of repair: the mean of its part over the mean of the whole, so that a seed without a gap does not
  // blow up the others; of the squares for the outputs.  Empty where there is no gap.
  std::vector<std::pair<diagnosis::Cause, double>> shares;
};
using BudgetShares = std::vector<SettingBudget>;

/// budget.csv's lines with every layer repaired, on the report's split, in the plan's order.
BudgetShares budget_shares(const ResultsFolder& results);

}  // namespace normrun::report
