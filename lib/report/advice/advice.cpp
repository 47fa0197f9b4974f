#include "report/advice/advice.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "fmt/format.h"
#include "report/advice/advice_words.hpp"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

/// Gaps below this share of the outputs' spread are left alone, the whole one and a cause's part.
constexpr double kSmallGap = 0.05;
/// A cause with less of the squared gap is not worth a change of its own.
constexpr double kLeastShare = 0.1;
/// Momentum weighs the old value: below this the newest batch has the larger part.
constexpr double kLeastMomentum = 0.5;

using Facts = std::vector<SettingFacts>;

/// The part of a gap that a cause has, were it alone.
double part_of(double gap, double share) { return gap * std::sqrt(std::max(share, 0.0)); }

std::string advised_cause(const std::string& cause, const SettingFacts& facts, const AdviceContext& context) {
  // Population statistics over other rows than training's repair a shift too, before its own turn.
  if (cause == "biased-variance" && context.population_split != "train") return "shifted-data";
  return cause == "sampling-noise" && facts.momentum < kLeastMomentum ? "convention" : cause;
}

/// Where a cause weighs.
struct Weight {
  std::string cause;
  const SettingFacts* worst = nullptr;
  double share = 0.0;
  std::size_t settings = 0;

  double part() const { return part_of(worst->gap, share); }
};

std::vector<Weight> weights_of(const Facts& facts, const AdviceContext& context) {
  std::vector<Weight> weights;
  for (const SettingFacts& own : facts) {
    for (const auto& [name, share] : own.shares) {
      if (name == "unexplained" || share < kLeastShare || part_of(own.gap, share) < kSmallGap) continue;
      const std::string cause = advised_cause(name, own, context);
      auto weight = std::find_if(weights.begin(), weights.end(), [&](const Weight& one) { return one.cause == cause; });
      if (weight == weights.end()) weight = weights.insert(weights.end(), {cause, &own, share, 0});
      ++weight->settings;
      if (part_of(own.gap, share) <= weight->part()) continue;
      weight->worst = &own;
      weight->share = share;
    }
  }
  std::stable_sort(weights.begin(), weights.end(), [](const Weight& a, const Weight& b) {
    const bool is_noise_a = a.cause == "batch-noise";  // needs no repair: last
    const bool is_noise_b = b.cause == "batch-noise";
    return is_noise_a != is_noise_b ? is_noise_b : a.part() > b.part();
  });
  return weights;
}

/// The sweep's own answer: what differs in one respect and has a clearly smaller gap, the smallest first.
std::string sweep_words(const std::string& cause, const SettingFacts& own, const Facts& facts) {
  constexpr double kClearlySmaller = 0.7;
  const bool along_batch_size = cause == "batch-noise" || cause == "biased-variance";
  const SettingFacts* best_size = nullptr;
  const SettingFacts* best_other = nullptr;
  for (const SettingFacts& other : facts) {
    if (!(other.gap < kClearlySmaller * own.gap)) continue;
    const bool same_network = other.setting.norm == own.setting.norm && other.setting.others == own.setting.others;
    const bool one_change = other.setting.norm == own.setting.norm || other.setting.others == own.setting.others;
    const bool same_size = other.setting.batch_size == own.setting.batch_size && one_change;
    if (same_network && along_batch_size && (best_size == nullptr || other.gap < best_size->gap)) best_size = &other;
    if (same_size && other.setting.norm != "none" && (best_other == nullptr || other.gap < best_other->gap)) best_other = &other;
  }
  std::string words;
  for (const SettingFacts* best : {best_size, best_other}) {
    if (best != nullptr)
      words += fmt::format("{}{}: a gap of {}", words.empty() ? "" : "; ", spoken_setting(best->setting), percent(best->gap));
  }
  return words;
}

std::string measured_words(const std::string& cause, const SettingFacts& own, const Facts& facts, const AdviceContext& context) {
  std::string words;
  const auto eval = own.modes.find("eval");
  for (const std::string& mode : remedy_modes(cause, context)) {
    const auto score = own.modes.find(mode);
    if (score == own.modes.end() || eval == own.modes.end()) continue;
    words += fmt::format("{}{} statistics: {}", words.empty() ? "" : "; ", mode, score_words(score->second, eval->second, context.split));
  }
  const std::string sweep = sweep_words(cause, own, facts);
  return words + (words.empty() || sweep.empty() ? "" : "; ") + sweep;
}

Advice advice_for(const Weight& weight, const Facts& facts, const AdviceContext& context) {
  const SettingFacts& own = *weight.worst;
  const std::string more = weight.settings > 1 ? fmt::format(" It weighs in {} settings, here most.", weight.settings) : "";
  return {weight.cause, spoken_setting(own.setting),
          fmt::format("train and eval outputs differ by {} of their spread; {} of that (squared) is {}{}", percent(own.gap),
                      percent(weight.share), cause_words(weight.cause, own, context), more),
          remedy_words(weight.cause, own), measured_words(weight.cause, own, facts, context)};
}

/// What a checkpoint without its moving statistics costs, where initial-statistics was compared.
void add_lost(std::vector<Advice>& advice, const Facts& facts, const AdviceContext& context) {
  const SettingFacts* worst = nullptr;
  const auto cost = [](const SettingFacts& own) { return own.modes.at("initial-statistics").loss - own.modes.at("eval").loss; };
  for (const SettingFacts& own : facts) {
    if (!own.modes.contains("initial-statistics") || !own.modes.contains("eval") || !(cost(own) > 0.0)) continue;
    if (worst == nullptr || cost(own) > cost(*worst)) worst = &own;
  }
  if (worst == nullptr) return;
  advice.push_back({"lost", spoken_setting(worst->setting),
                    "a checkpoint that loses the moving statistics has " +
                        score_words(worst->modes.at("initial-statistics"), worst->modes.at("eval"), context.split) + ".",
                    "store and load moving_mean and moving_variance with the weights", ""});
}

/// Settings whose modes agree, by norm; then those that no cause explains and those without a budget.
void add_rest(std::vector<Advice>& advice, const Facts& facts) {
  std::vector<std::string> done;
  for (const SettingFacts& own : facts) {
    const bool is_small = own.gap < kSmallGap;
    const bool is_explained = std::any_of(own.shares.begin(), own.shares.end(), [&](const auto& share) {
      return share.first != "unexplained" && share.second >= kLeastShare && part_of(own.gap, share.second) >= kSmallGap;
    });
    if (std::isnan(own.gap) || (!is_small && is_explained)) continue;
    const std::string cause = is_small ? "none" : own.shares.empty() ? "unmeasured" : "unexplained";
    const std::string place = cause + ' ' + own.setting.norm;
    if (std::find(done.begin(), done.end(), place) != done.end()) continue;
    done.push_back(place);
    double most = 0.0;
    std::size_t count = 0;
    for (const SettingFacts& other : facts) {
      if (other.setting.norm != own.setting.norm || std::isnan(other.gap) || (other.gap < kSmallGap) != is_small) continue;
      most = std::max(most, other.gap);
      ++count;
    }
    const std::string difference = most == 0.0 ? "do not differ" : "differ by at most " + percent(most) + " of their spread";
    const std::string where =
        count == 1 ? spoken_setting(own.setting) : fmt::format("{}, {} settings", spoken_norm(own.setting.norm), count);
    const std::string verdict = cause == "none"         ? "nothing to repair"
                                : cause == "unmeasured" ? "the gap budget was not asked for, so its causes are not known"
                                                        : "no cause alone has a tenth of it";
    advice.push_back({cause, where, fmt::format("train and eval outputs {}: {}.", difference, verdict),
                      cause == "unmeasured" ? "set compare.budget to [\"loss\", \"outputs\"]" : "", ""});
  }
}

}  // namespace

std::vector<Advice> advise(const Facts& facts, const AdviceContext& context) {
  std::vector<Advice> advice;
  for (const Weight& weight : weights_of(facts, context)) advice.push_back(advice_for(weight, facts, context));
  add_lost(advice, facts, context);
  add_rest(advice, facts);
  return advice;
}

std::vector<Advice> advise(const ResultsFolder& results) {
  const study::RunConfig& base = results.experiment.base;
  return advise(collect_facts(results), {results.split(), base.compare.batching, base.population.split});
}

std::string advice_json(const std::vector<Advice>& advice) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Advice& one : advice) {
    list.push_back(
        {{"cause", one.cause}, {"setting", one.setting}, {"finding", one.finding}, {"remedy", one.remedy}, {"measured", one.measured}});
  }
  return list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace normrun::report
