#pragma once

#include <string>
#include <vector>

#include "report/advice/diagnosis_facts.hpp"

namespace normrun::report {

/// A finding of one run, or what a run without it shows of the same.
struct RunFinding {
  std::string run = "";
  std::string metric = "";
  double effect = 0.0;
  double low = 0.0;  // its 95 % interval over the run's rows
  double high = 0.0;
  double place = 0.0;  // among the run's findings
  double samples = 0.0;
  bool is_told = true;  // by the run itself
};

/// What the runs of one setting say of one finding with one cause.
struct SeedFindings {
  ToldFinding told = {};  // its words
  std::vector<RunFinding> runs = {};
};

/// The findings of one setting, whose `runs` differ in their seeds.
struct SettingFindings {
  std::size_t runs = 0;
  std::vector<SeedFindings> findings = {};
  std::vector<RunFinding> recomputed = {};  // what recomputed statistics gain over eval mode, of every run that tried them
};

/// What may be said of each setting, in its order of weight.  A finding of one network is said of that network alone, by the interval over
/// its rows.  One of several networks is said of all such networks where the mean effect over the seeds (in a run without it the gain of
/// recomputed statistics, or 0) is beyond the margin at a level of .002: from five seeds on by their own variance, below by that of the
/// seeds of all settings with this finding and cause; the variance over the rows is added.  Where that is not sure, but half of the runs
/// have the finding, it is said of these networks alone.
std::vector<std::vector<ToldFinding>> pooled_findings(const std::vector<SettingFindings>& settings);

}  // namespace normrun::report
