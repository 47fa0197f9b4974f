#pragma once

#include <string>
#include <vector>

#include "report/advice/diagnosis_facts.hpp"

namespace normrun::report {

/// A finding of one run.  A run without the finding has what recomputed statistics gain there.
struct RunFinding {
  std::string run = "";
  std::string metric = "";
  double effect = 0.0;
  double low = 0.0;  // 95 % interval of the effect, over the run's rows
  double high = 0.0;
  double place = 0.0;  // the place in the run's list of findings
  double samples = 0.0;
  double margin = 1.0;  // the smallest effect that counts, in the same metric
  bool is_told = true;  // false if the run's own diagnosis lacks the finding
};

/// What the runs of one setting say about one finding with one cause.
struct SeedFindings {
  ToldFinding told = {};  // the finding, its cause and its place in the network
  std::vector<RunFinding> runs = {};
};

/// The findings of one setting.  Its runs differ only in their seeds.
struct SettingFindings {
  std::size_t runs = 0;
  std::vector<SeedFindings> findings = {};
  std::vector<RunFinding> recomputed = {};  // for every run that tried it: the gain of recomputed statistics over eval mode
};

/// Returns the findings that may be told of each setting, the most harmful first.
/// - One run: its findings hold of this network alone, with the interval over its rows.
/// - Several runs: a finding holds of all networks trained in this way if its mean effect over the seeds exceeds the margin at a level of
///   .002.  A run without the finding counts with the gain of recomputed statistics, or with 0.  From five seeds on the test uses their own
///   variance; below, it uses the variance of the seeds of all settings with this finding and cause.  The variance over the rows is added.
/// - If that test fails but half of the runs have the finding, it holds of these networks alone.
std::vector<std::vector<ToldFinding>> pooled_findings(const std::vector<SettingFindings>& settings);

}  // namespace normrun::report
