#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "report/results/results_folder.hpp"

namespace normrun::report {

struct ModeScore {
  double accuracy = 0.0;  // NaN for regression
  double loss = 0.0;
};

/// What was measured of one setting, means over its seeds.  NaN for what was not.
struct SettingFacts {
  tables::Setting setting = {};
  double gap = std::nan("");                    // relative, train mode from eval mode
  std::map<std::string, ModeScore> modes = {};  // those that were compared

  // Of the normalization layer whose moving mean is farthest off; "" where no layer has moving statistics.
  std::string layer = {};
  double updates = std::nan("");
  double momentum = std::nan("");
  double init_share = std::nan("");
  double mean_gap = std::nan("");
  double var_ratio = std::nan("");
};

/// The settings of every run that is in the tables, in the plan's order.
std::vector<SettingFacts> collect_facts(const ResultsFolder& results);

}  // namespace normrun::report
