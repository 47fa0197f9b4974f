#include "report/advice/advice.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "diagnosis/remedies.hpp"
#include "fmt/format.h"
#include "report/advice/advice_words.hpp"
#include "report/advice/harmed_training.hpp"
#include "report/advice/sweep_remedies.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

using Diagnoses = std::vector<SettingDiagnosis>;

/// A finding, and the setting that it harms most.
struct Weighed {
  const SettingDiagnosis* setting = nullptr;
  const ToldFinding* finding = nullptr;
  std::size_t settings = 0;  // the number of settings that have the finding
};

/// Returns each finding of harm with its cause once, the most harmful first.
std::vector<Weighed> weigh(const Diagnoses& diagnoses) {
  std::vector<Weighed> list;
  for (const SettingDiagnosis& own : diagnoses) {
    for (const ToldFinding& finding : own.findings) {
      if (!is_alarm(finding)) continue;
      auto known = std::find_if(list.begin(), list.end(), [&](const Weighed& one) {
        return one.finding->cause == finding.cause && one.finding->finding == finding.finding;
      });
      if (known == list.end()) known = list.insert(list.end(), {&own, &finding, 0});
      ++known->settings;
      if (finding.size() > known->finding->size()) {
        known->setting = &own;
        known->finding = &finding;
      }
    }
  }
  std::stable_sort(list.begin(), list.end(), [](const Weighed& a, const Weighed& b) {
    if (a.setting == b.setting) return a.finding->place < b.finding->place;
    return a.finding->size() > b.finding->size();
  });
  return list;
}

/// Says which networks the finding was measured on.
std::string seeds_words(const ToldFinding& finding, const SettingDiagnosis& own) {
  if (own.runs <= 1) return " (in this one network)";
  if (!finding.is_of_all) {
    const std::string some = finding.effect.n == own.runs ? "all" : std::to_string(finding.effect.n);
    return fmt::format(" (in the worst of {} networks; the fault was found in {})", own.runs, some);
  }
  return fmt::format(" (mean of {} runs)", own.runs);
}

std::string place_words(const ToldFinding& finding, const AdviceContext& context) {
  if (finding.layer.empty()) return "";
  if (finding.layer == "input") return fmt::format(" Most of the harm is done in the columns {}.", finding.channels);
  const std::string channels = finding.channels.empty() ? "" : fmt::format(", channels {}", finding.channels);
  return fmt::format(" Most of the harm is done in {}{}.", context.layers.spoken(finding.layer), channels);
}

std::string finding_words(const Weighed& one, const AdviceContext& context) {
  const ToldFinding& finding = *one.finding;
  const std::string effect = effect_words(finding, context);
  const std::string cause = cause_words(finding.cause, *one.setting, context);
  const std::string more = one.settings > 1 ? fmt::format(" {} settings have this fault; this is the worst of them.", one.settings) : "";
  std::string words;
  if (finding.finding == "statistics-wrong") {
    words = fmt::format("eval mode's statistics are wrong, which costs {}{}. The cause is {}.", effect, seeds_words(finding, *one.setting),
                        cause);
  } else if (finding.finding == "norm-on-output" || finding.finding == "rows-shifted") {
    words = fmt::format("eval mode loses {}{}. The cause is {}.", effect, seeds_words(finding, *one.setting), cause);
  } else if (finding.finding == "training-harmed") {
    words = fmt::format(
        "the training itself was harmed: trained with shuffled batches, the same network is better by {}{}. Other statistics cannot "
        "repair that. The cause is {}.",
        effect, seeds_words(finding, *one.setting), cause);
  } else {
    words = fmt::format(
        "train mode predicts better than eval mode by {}{}, and recomputed statistics do not make eval mode as good: the weights need the "
        "statistics of their batches. The cause is {}.",
        effect, seeds_words(finding, *one.setting), cause);
  }
  return words + place_words(finding, context) + more;
}

/// Whether a remedy can repair this cause.
bool is_for(const ToldRemedy& remedy, Cause cause) {
  if (remedy.remedy == "shuffled-batches") return cause == Cause::kBatchContents;
  const std::vector<std::string> remedies = diagnosis::remedies_for(cause);
  const std::string name = remedy.remedy == "without-padding" ? "layer-by-layer" : remedy.remedy;
  return std::find(remedies.begin(), remedies.end(), name) != remedies.end();
}

/// Returns the remedy for the cause that most runs confirmed and no run found worse.  Returns null unless at least half of the runs
/// confirmed such a remedy.
const ToldRemedy* confirmed_remedy(const SettingDiagnosis& own, Cause cause) {
  const ToldRemedy* best = nullptr;
  std::size_t confirmed = 0;
  for (const ToldRemedy& one : own.remedies) confirmed += is_for(one, cause) ? one.confirmed : 0;
  if (2 * confirmed < own.runs) return nullptr;
  for (const ToldRemedy& one : own.remedies) {
    if (!is_for(one, cause) || one.is_arm || one.worse > 0 || one.confirmed == 0) continue;
    if (best == nullptr || one.confirmed > best->confirmed) best = &one;
  }
  return best;
}

/// Returns a remedy as people read it: "layer-by-layer statistics", "shuffled batches".
std::string spoken_remedy(const std::string& remedy) {
  if (remedy == "shuffled-batches") return "shuffled batches";
  if (remedy == "mixed") return "mixed statistics at prediction";
  if (remedy == "example-weighing") return "example weighing at prediction";
  if (remedy == "momentum") return "statistics that remember more batches";
  if (remedy == "moving-variance") return "the other variance rule";
  if (remedy == "recomputed-on-judged") return "statistics of rows like the judged ones";
  if (remedy == "usual-variance") return "a usual variance";
  if (remedy == "without-padding") return "statistics without the padding";
  return remedy + " statistics";
}

std::vector<std::string> tried_words(const SettingDiagnosis& own, Cause cause, const ToldRemedy* recommended,
                                     const AdviceContext& context) {
  std::vector<std::string> tried;
  for (const ToldRemedy& one : own.remedies) {
    if (one.is_arm || &one == recommended || !is_for(one, cause)) continue;
    tried.push_back(fmt::format("{}: {}{}", one.remedy, score_words(one, context), one.worse > 0 ? ", worse" : ", not confirmed"));
  }
  return tried;
}

Advice advice_for(const Weighed& weighed, const Diagnoses& diagnoses, const AdviceContext& context) {
  const SettingDiagnosis& own = *weighed.setting;
  const ToldFinding& finding = *weighed.finding;
  Advice advice;
  advice.cause = finding.cause;
  advice.setting = spoken_setting(own.setting);
  advice.finding = finding_words(weighed, context);
  advice.layer = finding.layer;
  advice.channels = finding.channels;
  if (!std::isnan(finding.low) && !std::isnan(finding.high)) advice.interval = {finding.low, finding.high};
  const ToldRemedy* confirmed = confirmed_remedy(own, finding.cause);
  advice.tried = tried_words(own, finding.cause, confirmed, context);
  // The words of a remedy against shifted data already say what to change before the next training.
  const bool says_all = confirmed != nullptr && finding.cause == Cause::kShiftedData;
  const std::string training = says_all ? "" : training_words(finding.cause, own, context);
  const std::string swept = sweep_remedy(own, diagnoses, context);
  if (confirmed != nullptr) {
    advice.remedy = remedy_words(confirmed->remedy, own, context);
    advice.measured = spoken_remedy(confirmed->remedy) + ": " + score_words(*confirmed, context);
  }
  if (confirmed != nullptr && confirmed->remedy == "shuffled-batches") {
    // shuffled batches are themselves a change of the training
  } else if (!swept.empty()) {
    advice.measured += (advice.measured.empty() ? "" : "; ") + swept;
    if (!training.empty()) advice.remedy += (advice.remedy.empty() ? "" : "; or ") + training;
  } else if (!training.empty()) {
    advice.remedy += (advice.remedy.empty() ? "untried: " : "; or, untried: ") + training;
  }
  return advice;
}

/// Says what it costs to lose a checkpoint's moving statistics, if the mode initial-statistics was compared.
void add_lost(std::vector<Advice>& advice, const Diagnoses& diagnoses, const AdviceContext& context) {
  const SettingDiagnosis* worst = nullptr;
  const auto cost = [](const SettingDiagnosis& own) { return own.lost_loss - own.eval_loss; };
  for (const SettingDiagnosis& own : diagnoses) {
    if (cost(own) > 0.0 && (worst == nullptr || cost(own) > cost(*worst))) worst = &own;
  }
  if (worst == nullptr) return;
  const ToldRemedy lost{"", 0, 0, 0, false, worst->eval_loss, worst->lost_loss, worst->eval_accuracy, worst->lost_accuracy};
  Advice one;
  one.cause = Cause::kLost;
  one.setting = spoken_setting(worst->setting);
  one.finding = "a checkpoint that loses the moving statistics has " + score_words(lost, context) + ".";
  one.remedy = training_words(Cause::kLost, *worst, context);
  advice.push_back(one);
}

/// Names the setting in which train mode is most clearly worse than eval mode, so that eval mode needs no repair.
void add_noise(std::vector<Advice>& advice, const Diagnoses& diagnoses, const AdviceContext& context) {
  const SettingDiagnosis* worst = nullptr;
  const ToldFinding* most = nullptr;
  std::size_t settings = 0;
  for (const SettingDiagnosis& own : diagnoses) {
    for (const ToldFinding& finding : own.findings) {
      if (finding.finding != "train-mode-noisy") continue;
      ++settings;
      if (most != nullptr && finding.size() <= most->size()) continue;
      worst = &own;
      most = &finding;
    }
  }
  if (worst == nullptr) return;
  Advice one;
  one.cause = Cause::kBatchNoise;
  one.setting = spoken_setting(worst->setting);
  one.finding = fmt::format(
      "train mode predicts worse than eval mode by {}, because its predictions depend on the other rows of the batch. Eval mode is "
      "right.{}",
      effect_words(*most, context),
      settings > 1 ? fmt::format(" This holds in {} settings; this is the one with the largest loss.", settings) : "");
  if (!std::isnan(most->low) && !std::isnan(most->high)) one.interval = {most->low, most->high};
  advice.push_back(one);
}

std::string lint_words(const ToldFinding& lint, const AdviceContext& context) {
  const std::string place = lint.layer.empty() ? "" : " in " + context.layers.spoken(lint.layer);
  if (lint.cause == Cause::kLastBatch) return "the last batch of each epoch has one row, but moves the statistics as much as a full batch.";
  const bool is_one = lint.effect.mean == 1.0;
  if (lint.cause == Cause::kDeadChannels && lint.layer == "input")
    return fmt::format("{:.0f} column{} constant over the training rows: {}.", lint.effect.mean,
                       is_one ? " of the input is" : "s of the input are", lint.channels);
  if (lint.cause == Cause::kDeadChannels)
    return fmt::format("{:.0f} channel{}{} {} constant over the training rows: {}.", lint.effect.mean, is_one ? "" : "s", place,
                       is_one ? "is" : "are", lint.channels);
  if (lint.cause == Cause::kOutliers)
    return fmt::format("{:.0f} training row{} far from all others: {} (the first row is 0).", lint.effect.mean, is_one ? " is" : "s are",
                       lint.channels);
  if (lint.cause == Cause::kCountedPadding)
    return fmt::format("{} of all steps are padding, and the statistics{} include these steps.", percent(lint.effect.mean), place);
  if (lint.cause == Cause::kBatchOfOne)
    return fmt::format(
        "each batch gives only one value for each channel{}: train mode returns beta whatever the input, so no gradient passes through.",
        place);
  return fmt::format("eval mode predicts class {} for {} of the rows.", lint.channels, percent(lint.effect.mean));
}

/// Adds lints, which do no harm yet but may do it later.  Each lint of a layer appears once, and the advice names no cause.
void add_lints(std::vector<Advice>& advice, const Diagnoses& diagnoses, const AdviceContext& context) {
  std::vector<std::pair<Cause, std::string>> done;  // the lints told so far: cause and layer
  for (const SettingDiagnosis& own : diagnoses) {
    for (const ToldFinding& finding : own.findings) {
      const std::pair<Cause, std::string> key(finding.cause, finding.layer);
      if (finding.finding != "lint" || std::find(done.begin(), done.end(), key) != done.end()) continue;
      done.push_back(key);
      Advice one;
      one.setting = spoken_setting(own.setting);
      one.finding = "worth a look: " + lint_words(finding, context);
      one.layer = finding.layer;
      one.channels = finding.channels;
      advice.push_back(one);
    }
  }
}

/// Adds advice on the settings in which nothing was found, one for each norm.  It says how large a harm is excluded.
void add_rest(std::vector<Advice>& advice, const Diagnoses& diagnoses, const AdviceContext& context) {
  std::vector<std::pair<Cause, std::string>> done;  // what was told so far: kind and norm
  for (const SettingDiagnosis& own : diagnoses) {
    const bool is_healthy = own.runs > 0 && std::none_of(own.findings.begin(), own.findings.end(), is_alarm);
    if (own.runs > 0 && !is_healthy) continue;
    const Cause kind = own.runs > 0 ? Cause::kNothingFound : std::isnan(own.gap) ? Cause::kNone : Cause::kUnmeasured;
    const std::pair<Cause, std::string> key(kind, own.setting.norm);
    if (kind == Cause::kNone || std::find(done.begin(), done.end(), key) != done.end()) continue;
    done.push_back(key);
    std::size_t count = 0;
    const ToldFinding* most = nullptr;
    for (const SettingDiagnosis& other : diagnoses) {
      const bool is_alike = other.setting.norm == own.setting.norm && (other.runs > 0) == (own.runs > 0) &&
                            std::none_of(other.findings.begin(), other.findings.end(), is_alarm);
      if (!is_alike) continue;
      ++count;
      for (const ToldFinding& finding : other.findings) {
        if (finding.finding == "nothing-found" && (most == nullptr || finding.high > most->high)) most = &finding;
      }
    }
    Advice one;
    one.cause = kind;
    one.setting = count <= 1 ? spoken_setting(own.setting) : fmt::format("{}, {} settings", spoken_norm(own.setting.norm), count);
    if (kind == Cause::kUnmeasured) {
      one.finding = "these results hold no diagnosis of eval mode.";
      one.remedy = "train again with compare.diagnosis set to true";
    } else if (most == nullptr || (most->high == 0.0 && most->low == 0.0)) {
      one.finding = "the modes do not differ, so there is nothing to repair.";
    } else {
      // A difference of accuracies is a number of rows, so that no harm below one row can be told from none.
      const double least = most->metric == "accuracy" && most->samples > 0.0 ? 1.0 / most->samples : 0.0;
      const double harm = std::max(most->high, least);
      ToldFinding excluded = *most;
      excluded.effect.mean = harm;
      excluded.low = excluded.high = std::nan("");
      ToldFinding detectable = excluded;
      detectable.effect.mean = most->detectable;
      one.finding = fmt::format(
          "no fault was found: neither recomputed statistics nor train mode predicts better than eval mode, and a harm above {} is "
          "excluded. With {:.0f} rows, a harm of {} would be found in four of five cases.",
          effect_words(excluded, context), most->samples, amount_words(detectable, context));
      one.interval = {most->low, most->high};
    }
    advice.push_back(one);
  }
}

}  // namespace

bool is_alarm(const ToldFinding& finding) {
  return finding.finding == "statistics-wrong" || finding.finding == "weights-need-batch-statistics" || finding.finding == "rows-shifted" ||
         finding.finding == "norm-on-output" || finding.finding == "training-harmed";
}

std::vector<Advice> advise_of_harm(const Diagnoses& diagnoses, const AdviceContext& context) {
  std::vector<Advice> advice;
  for (const Weighed& one : weigh(diagnoses)) advice.push_back(advice_for(one, diagnoses, context));
  return advice;
}

std::vector<Advice> advise(const Diagnoses& diagnoses, const AdviceContext& context) {
  std::vector<Advice> advice;
  // Harm to the training comes first, because other statistics cannot repair it.
  if (std::optional<Advice> harmed = harmed_training(diagnoses, context)) advice.push_back(std::move(*harmed));
  for (Advice& one : advise_of_harm(diagnoses, context)) advice.push_back(std::move(one));
  add_lost(advice, diagnoses, context);
  add_noise(advice, diagnoses, context);
  add_lints(advice, diagnoses, context);
  add_rest(advice, diagnoses, context);
  return advice;
}

std::string advice_json(const std::vector<Advice>& advice) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Advice& one : advice) {
    nlohmann::ordered_json item = {{"cause", cause_text(one.cause)}, {"setting", one.setting},   {"finding", one.finding},
                                   {"remedy", one.remedy},           {"measured", one.measured}, {"layer", one.layer},
                                   {"channels", one.channels}};
    item["interval"] = nullptr;
    if (one.interval) item["interval"] = {one.interval->first, one.interval->second};
    item["tried"] = one.tried;
    list.push_back(std::move(item));
  }
  return list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace normrun::report
