#pragma once

#include <cmath>
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

/// What was measured of one setting: means over its seeds, NaN for what was not measured.
struct SettingFacts {
  tables::Setting setting = {};
  double gap = std::nan("");  // distance of the outputs of train mode and eval mode, relative to the outputs' spread
  std::vector<std::pair<diagnosis::Cause, double>> shares = {};  // each cause's share of the outputs' squared gap; empty without a budget
  std::map<std::string, ModeScore> modes = {};                   // by name: the modes that were compared

  // The normalization layer whose moving mean is farthest from the population's, and its numbers; "" if no layer has moving statistics.
  std::string layer = {};
  double updates = std::nan("");
  double momentum = std::nan("");
  double init_share = std::nan("");
  double mean_gap = std::nan("");
  double var_ratio = std::nan("");
};

/// Returns the facts of each setting that has a run in the tables, in the plan's order.
std::vector<SettingFacts> collect_facts(const ResultsFolder& results);

}  // namespace normrun::report
