#pragma once

#include <string>
#include <utility>
#include <vector>

#include "diagnosis/cause.hpp"
#include "diagnosis/margins.hpp"
#include "report/advice/advice_facts.hpp"
#include "report/results/results_folder.hpp"

namespace normrun::report {

using diagnosis::Cause;

/// A finding of a setting, put together from the diagnoses of its runs.
struct ToldFinding {
  std::string finding = "";
  Cause cause = Cause::kNone;
  std::string layer = "";
  std::string channels = "";
  std::string metric = "";            // "accuracy" or "loss"
  tables::SampleSummary effect = {};  // over the seeds, or of the network with the largest effect; its n counts the runs with this finding
  double low = 0.0;                   // 95 % interval of the effect
  double high = 0.0;
  double detectable = 0.0;  // an effect of this size would be found in four of five cases
  bool is_of_all = false;   // whether it holds for all networks trained with this setting, and not only for the judged ones
  double place = 0.0;       // its mean place in the runs' lists of findings
  double samples = 0.0;     // judged rows, as a mean over the runs
  double margin = 1.0;      // the smallest effect that counts, in the same metric
  double size() const { return effect.mean / margin; }  // metrics are comparable in units of their margins
};

/// A remedy that needs no training, or an arm, which is a way to predict that only the tests of the findings use.  The numbers are means
/// over the runs that tried it.
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

/// What was measured of the normalization layer whose moving mean is farthest from the population's.
struct ToldLayer {
  std::string layer;
  double updates = 0.0;
  double momentum = 0.0;  // the weight of the old value
  double init_share = 0.0;
  double mean_gap = 0.0;
  double var_ratio = 0.0;
};

/// A run's score in eval mode and in its best mode.
struct SeedScore {
  long seed = 0;
  double eval = 0.0;  // the accuracy, or minus the loss
  double best = 0.0;  // the best of eval mode, recomputed statistics and train mode
};

struct SettingDiagnosis {
  tables::Setting setting;
  std::size_t runs = 0;
  std::vector<ToldFinding> findings;  // from pooled_findings(), the most harmful first
  std::vector<ToldRemedy> remedies;
  std::vector<SeedScore> scores;
  ToldLayer layer;
  double gap = 0.0;            // as in SettingFacts; NaN if the modes were not compared
  double lost_accuracy = 0.0;  // with the initial statistics; NaN if these were not compared
  double lost_loss = 0.0;
  double eval_accuracy = 0.0;
  double eval_loss = 0.0;
};

/// Returns the margins that the diagnoses of these results used.  `loss` is the margin of the loss that these results have: in nats, or as
/// a share of the targets' variance.
diagnosis::Margins margins_of(const ResultsFolder& results, const std::vector<SettingFacts>& facts);

/// Returns the diagnoses on a split, in the order of `facts`, which come from collect_facts(results).
std::vector<SettingDiagnosis> collect_diagnoses(const ResultsFolder& results, const std::vector<SettingFacts>& facts,
                                                const std::string& split);

}  // namespace normrun::report
