#include "report/advice/sweep_remedies.hpp"

#include <cmath>

#include "diagnosis/tests_of_means.hpp"
#include "fmt/format.h"
#include "report/advice/advice_words.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

/// How much better eval mode scores in one setting than in another: the mean over their common seeds, or NaN if they have none.  `is_sure`
/// holds if the 95 % interval excludes zero; with one or two seeds, if the mean is large.
struct SeedGain {
  double mean = 0.0;
  bool is_sure = false;
};

SeedGain seed_gain(const SettingDiagnosis& better, const SettingDiagnosis& worse) {
  std::vector<double> gains;
  for (const SeedScore& a : better.scores)
    for (const SeedScore& b : worse.scores)
      if (a.seed == b.seed) gains.push_back(a.eval - b.eval);
  if (gains.empty()) return {std::nan(""), false};
  const diagnosis::Estimate gain = diagnosis::estimate(gains);
  constexpr double kLargeAlone = 0.05;
  constexpr std::size_t kFewSeeds = 3;
  return {gain.mean, gains.size() < kFewSeeds ? gain.mean > kLargeAlone : gain.lower(0.025) > 0.0};
}

}  // namespace

std::string sweep_remedy(const SettingDiagnosis& own, const std::vector<SettingDiagnosis>& diagnoses, const AdviceContext& context) {
  const SettingDiagnosis* best = nullptr;
  SeedGain most;
  for (const SettingDiagnosis& other : diagnoses) {
    const int changes = (other.setting.norm != own.setting.norm ? 1 : 0) + (other.setting.batch_size != own.setting.batch_size ? 1 : 0) +
                        (other.setting.others != own.setting.others ? 1 : 0);
    if (changes != 1) continue;
    // An axis that changes the data or the comparison, not the training, is no remedy.
    if (other.setting.others != own.setting.others && !context.others_train) continue;
    const SeedGain gain = seed_gain(other, own);
    if (!gain.is_sure || !(gain.mean > most.mean)) continue;
    best = &other;
    most = gain;
  }
  if (best == nullptr) return "";
  const auto mean_score = [&](const SettingDiagnosis& one) {
    double sum = 0.0;
    for (const SeedScore& seed : one.scores) sum += seed.eval;
    return sum / static_cast<double>(one.scores.size());
  };
  return context.is_classifier ? fmt::format("{}: {} accuracy {} instead of {}", spoken_setting(best->setting), context.split,
                                             score(mean_score(*best)), score(mean_score(own)))
                               : fmt::format("{}: {} loss {} instead of {}", spoken_setting(best->setting), context.split,
                                             shown(-mean_score(*best)), shown(-mean_score(own)));
}

}  // namespace normrun::report
