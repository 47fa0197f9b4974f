#include "report/advice/harmed_training.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "diagnosis/tests_of_means.hpp"
#include "fmt/format.h"
#include "report/advice/advice_words.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

/// Says by how much a score falls: "3.1 [1.2, 5.0] percentage points of test accuracy".
std::string loss_words(double mean, const std::pair<double, double>& interval, const AdviceContext& context) {
  ToldFinding lost;
  lost.metric = context.is_classifier ? "accuracy" : "loss";
  lost.effect.mean = mean;
  std::tie(lost.low, lost.high) = interval;
  return effect_words(lost, context);
}

constexpr std::size_t kFewestSeeds = 3;
constexpr double kLevel = 0.01;

bool has_batch_statistics(const SettingDiagnosis& one) { return !one.layer.layer.empty(); }

/// Returns the score of each seed in its best mode.
std::map<long, double> best_scores(const SettingDiagnosis& one) {
  std::map<long, double> scores;
  for (const SeedScore& score : one.scores) scores[score.seed] = score.best;
  return scores;
}

/// Returns, for each seed in all four lists, how much more `a` loses from large to small batches than `b` does.
std::vector<double> differences(const SettingDiagnosis& small_a, const SettingDiagnosis& large_a, const SettingDiagnosis& small_b,
                                const SettingDiagnosis& large_b) {
  const auto a = best_scores(small_a);
  const auto b = best_scores(large_a);
  const auto c = best_scores(small_b);
  const auto d = best_scores(large_b);
  std::vector<double> result;
  for (const auto& [seed, score] : a) {
    if (b.contains(seed) && c.contains(seed) && d.contains(seed)) result.push_back((b.at(seed) - score) - (d.at(seed) - c.at(seed)));
  }
  return result;
}

struct Harm {
  const SettingDiagnosis* small = nullptr;
  const SettingDiagnosis* control = nullptr;
  diagnosis::Estimate estimate;

  /// Takes another pair of settings if its harm is surely beyond the margin and larger than the one so far.
  void take_if_worse(const SettingDiagnosis& other, const SettingDiagnosis& other_control, const std::vector<double>& harms,
                     double margin) {
    const diagnosis::Estimate harm = diagnosis::estimate(harms);
    if (!(harm.lower(kLevel) > margin) || (small != nullptr && harm.mean <= estimate.mean)) return;
    *this = {&other, &other_control, harm};
  }
  std::pair<double, double> interval() const { return {estimate.lower(0.025), estimate.upper(0.025)}; }
  Advice advice(Cause cause, std::string finding, std::string remedy) const {
    Advice told;
    told.cause = cause;
    told.setting = spoken_setting(small->setting);
    told.interval = interval();
    told.finding = std::move(finding);
    told.remedy = std::move(remedy);
    return told;
  }
};

const SettingDiagnosis* find(const std::vector<SettingDiagnosis>& list, const std::string& norm, const std::string& others,
                             long batch_size) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const SettingDiagnosis& one) {
    return one.setting.norm == norm && one.setting.others == others && one.setting.batch_size == batch_size;
  });
  return found == list.end() ? nullptr : &*found;
}

/// Returns the other swept keys without those that only divide a batch into parts.  These change neither the updates nor the learning rate.
std::string without_parts(const std::string& others) {
  std::string kept;
  for (std::size_t start = 0; start < others.size();) {
    const std::size_t end = std::min(others.find(", ", start), others.size());
    const std::string one = others.substr(start, end - start);
    const bool divides = one.starts_with("accumulate = ") || one.starts_with("replicas = ") || one.starts_with("sync = ");
    if (!divides) kept += one + ", ";
    start = end + 2;
  }
  return kept;
}

/// Compares settings that divide a batch into parts with settings that divide it otherwise or not at all.  Both make the same number of
/// updates, so the plain difference of their scores shows the harm.
std::optional<Advice> harmed_by_parts(const std::vector<SettingDiagnosis>& diagnoses, const AdviceContext& context) {
  Harm worst;
  for (const SettingDiagnosis& parted : diagnoses) {
    for (const SettingDiagnosis& whole : diagnoses) {
      const bool is_control = has_batch_statistics(parted) && whole.setting.norm == parted.setting.norm &&
                              whole.setting.batch_size == parted.setting.batch_size && whole.setting.others != parted.setting.others &&
                              without_parts(whole.setting.others) == without_parts(parted.setting.others);
      if (!is_control) continue;
      std::vector<double> harms;
      const auto own = best_scores(parted);
      for (const auto& [seed, score] : best_scores(whole))
        if (own.contains(seed)) harms.push_back(score - own.at(seed));
      if (harms.size() < 2) continue;
      worst.take_if_worse(parted, whole, harms, context.margin);
    }
  }
  if (worst.small == nullptr) return std::nullopt;
  std::string finding = fmt::format(
      "dividing the batches into parts harmed the training itself: even in the better of train mode and eval mode, these networks are "
      "worse by {} than those of the setting {} ({} seeds). The cause is {}.",
      loss_words(worst.estimate.mean, worst.interval(), context), spoken_setting(worst.control->setting), worst.estimate.n,
      cause_words(Cause::kSmallParts, *worst.small, context));
  return worst.advice(Cause::kSmallParts, std::move(finding), "train with this setting instead: " + spoken_setting(worst.control->setting));
}

}  // namespace

std::optional<Advice> harmed_training(const std::vector<SettingDiagnosis>& diagnoses, const AdviceContext& context) {
  if (std::optional<Advice> parts = harmed_by_parts(diagnoses, context)) return parts;
  Harm worst;
  for (const SettingDiagnosis& small : diagnoses) {
    if (!has_batch_statistics(small)) continue;
    const SettingDiagnosis* large = &small;
    for (const SettingDiagnosis& other : diagnoses) {
      const bool is_same = other.setting.norm == small.setting.norm && other.setting.others == small.setting.others;
      if (is_same && other.setting.batch_size > large->setting.batch_size) large = &other;
    }
    if (large == &small) continue;
    for (const SettingDiagnosis& control : diagnoses) {
      const bool is_control = !has_batch_statistics(control) && control.setting.norm != "none" &&
                              control.setting.others == small.setting.others && control.setting.batch_size == small.setting.batch_size;
      const SettingDiagnosis* large_control =
          is_control ? find(diagnoses, control.setting.norm, control.setting.others, large->setting.batch_size) : nullptr;
      if (large_control == nullptr) continue;
      const std::vector<double> harms = differences(small, *large, control, *large_control);
      if (harms.size() < kFewestSeeds) continue;
      worst.take_if_worse(small, control, harms, context.margin);
    }
  }
  if (worst.small == nullptr) return std::nullopt;
  std::string finding = fmt::format(
      "small batches harmed the training itself. Going from large to small batches costs this network {} more than it "
      "costs {} ({} seeds), each judged in its better mode. Other statistics cannot repair that.",
      loss_words(worst.estimate.mean, worst.interval(), context), spoken_norm(worst.control->setting.norm), worst.estimate.n);
  return worst.advice(Cause::kHarmedTraining, std::move(finding), training_words(Cause::kHarmedTraining, *worst.small, context));
}

}  // namespace normrun::report
