#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "diagnosis/cause.hpp"
#include "report/results/results_folder.hpp"

namespace normrun::report {

struct ModeScore {
  double accuracy = 0.0;  // NaN for regression
  double loss = 0.0;
};

/// What was measured of one setting, means over its seeds.  NaN for what was not.
struct SettingFacts {
  tables::Setting setting;
  double gap = 0.0;                                         // relative, train mode from eval mode
  std::vector<std::pair<diagnosis::Cause, double>> shares;  // of its square, by cause; empty without a budget
  std::map<std::string, ModeScore> modes;                   // those that were compared

  // Of the normalization layer whose moving mean is farthest off; "" where no layer has moving statistics.
  std::string layer;
  double updates = 0.0;
  double momentum = 0.0;
  double init_share = 0.0;
  double mean_gap = 0.0;
  double var_ratio = 0.0;
};

/// The settings of every run that is in the tables, in the plan's order.
std::vector<SettingFacts> collect_facts(const ResultsFolder& results);

}  // namespace normrun::report
