#pragma once

#include <string>
#include <utility>
#include <vector>

#include "diagnosis/cause.hpp"
#include "report/results/results_folder.hpp"

namespace normrun::report {

using diagnosis::Cause;

/// A finding of a setting: what its runs' diagnoses say, together.
struct ToldFinding {
  std::string finding = "";
  Cause cause = Cause::kNone;
  std::string layer = "";
  std::string channels = "";
  std::string metric = "";            // accuracy or loss
  tables::SampleSummary effect = {};  // over the seeds, or of the network that has most of it; n: the runs that have it
  double low = 0.0;                   // its 95 % interval
  double high = 0.0;
  double detectable = 0.0;  // an effect of this size is found in four of five cases
  bool is_of_all = false;   // of all networks that are trained so, and not of those alone that were judged
  double place = 0.0;       // mean place among its run's findings
  double samples = 0.0;     // rows that were judged, mean over the runs
  double size() const;      // of the effect in margins: comparable between the metrics
};

/// A remedy that needs no training, or an arm of the findings: means over the runs that tried it.
struct ToldRemedy {
  std::string remedy;
  std::size_t runs = 0;
  std::size_t confirmed = 0;
  std::size_t worse = 0;
  bool is_arm = false;
  double loss_before = 0.0;
  double loss_after = 0.0;
  double accuracy_before = 0.0;  // NaN without labels
  double accuracy_after = 0.0;
};

/// What was measured of the normalization layer whose moving mean is farthest off.
struct ToldLayer {
  std::string layer;
  double updates = 0.0;
  double momentum = 0.0;  // weighs the old value
  double init_share = 0.0;
  double mean_gap = 0.0;
  double var_ratio = 0.0;
};

/// A run's score in eval mode and by its better statistics.
struct SeedScore {
  long seed = 0;
  double eval = 0.0;  // accuracy, or minus the loss
  double best = 0.0;  // of eval mode, recomputed statistics and train mode
};

struct SettingDiagnosis {
  tables::Setting setting;
  std::size_t runs = 0;
  std::vector<ToldFinding> findings;  // of pooled_findings(), the weightiest first
  std::vector<ToldRemedy> remedies;
  std::vector<SeedScore> scores;
  ToldLayer layer;
  double gap = 0.0;            // relative, train mode from eval mode; NaN where it was not compared
  double lost_accuracy = 0.0;  // what initial statistics score, NaN where they were not compared
  double lost_loss = 0.0;
  double eval_accuracy = 0.0;
  double eval_loss = 0.0;
};

/// Of a split, in the plan's order.
std::vector<SettingDiagnosis> collect_diagnoses(const ResultsFolder& results, const std::string& split);
/// Of the split that the report describes.
std::vector<SettingDiagnosis> collect_diagnoses(const ResultsFolder& results);

}  // namespace normrun::report
