#pragma once

#include <string>
#include <vector>

#include "report/advice/advice_facts.hpp"
#include "report/advice/diagnosis_facts.hpp"
#include "report/page/page_parts.hpp"
#include "report/results/layer_names.hpp"

namespace normrun::report {

/// What the tables say about one setting, as means over its seeds.
struct PageSetting {
  std::string name;  // "batch norm, momentum = 0.9, batch 4"
  std::string id;    // the id of the element with its details; "" if the page has no details of it
  SettingFacts facts;
  SettingDiagnosis diagnosis;
};

struct PageSettings {
  std::vector<PageSetting> all;           // in the plan's order
  std::vector<std::string> not_compared;  // settings that have finished runs but no gap
  std::vector<std::string> failures;      // the first runs that failed: "batch norm, batch 8, seed 0 diverged: …"
  std::size_t finished = 0;
  std::size_t runs = 0;
  std::size_t seeds = 0;

  const PageSetting* find(const std::string& name) const;
};
PageSettings page_settings(const ResultsFolder& results);

/// Returns the table of all settings and, for each one with a finding, its diagnosis in full: findings with place and interval, and every
/// remedy that was tried.
std::string settings_section(const ResultsFolder& results, const PageSettings& settings);

}  // namespace normrun::report
