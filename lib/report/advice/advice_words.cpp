#include "report/advice/advice_words.hpp"

#include <cmath>

#include "core/text.hpp"
#include "fmt/format.h"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

bool accuracy_is_known(const ModeScore& score) { return !std::isnan(score.accuracy); }

std::string leak_words(const SettingFacts& facts, const AdviceContext& context) {
  constexpr double kClearly = 0.05;
  const auto train = facts.modes.find("train");
  const auto eval = facts.modes.find("eval");
  if (context.batching != compare::CompareBatching::kTraining || train == facts.modes.end() || eval == facts.modes.end()) return "";
  if (!(train->second.accuracy > eval->second.accuracy + kClearly)) return "";
  return fmt::format(
      " Train mode's accuracy of {:.3f} leaks: the rows of a batch tell the classes of the others, which eval mode ({:.3f}) cannot use.",
      train->second.accuracy, eval->second.accuracy);
}

std::string shift_words(const SettingFacts& facts, const AdviceContext& context) {
  std::string words = fmt::format("shifted data: the {} split is distributed otherwise than the training rows", context.split);
  if (context.population_split != "train" && !std::isnan(facts.var_ratio)) {
    words += fmt::format(" (the moving variance is {} times theirs in {}; batches of {} rows alone would make it {} times)",
                         shown(facts.var_ratio), facts.layer, facts.setting.batch_size,
                         shown(1.0 - 1.0 / static_cast<double>(facts.setting.batch_size)));
  }
  return words + ".";
}

}  // namespace

std::string spoken_setting(const tables::Setting& setting) {
  const std::string others = setting.others.empty() ? "" : ", " + shortened(setting.others, 60);
  return fmt::format("{}{}, batch {}", spoken_norm(setting.norm), others, setting.batch_size);
}

std::string cause_words(const std::string& cause, const SettingFacts& facts, const AdviceContext& context) {
  if (cause == "cold-start" && facts.updates == 0.0) {
    return "cold start: the moving statistics never moved, eval mode normalizes by their initial 0 and 1.";
  }
  if (cause == "cold-start" && !std::isnan(facts.init_share)) {
    return fmt::format("cold start: after {:.0f} updates with momentum {}, {} of the moving statistics is still their initial 0 and 1.",
                       facts.updates, shown(facts.momentum), percent(facts.init_share));
  }
  if (cause == "cold-start") return "cold start: the moving statistics still hold much of their initial 0 and 1.";
  if (cause == "lag") {
    const std::string where = std::isnan(facts.mean_gap) ? ""
                                                         : fmt::format("; in {} the moving mean is {} population standard deviations off",
                                                                       facts.layer, shown(facts.mean_gap));
    return "lag: the moving statistics average over parameters that have changed since" + where + ".";
  }
  if (cause == "convention") {
    return fmt::format("sampling noise, for momentum {} weighs the old value: the moving statistics are little more than the last batch's.",
                       shown(facts.momentum));
  }
  if (cause == "sampling-noise") {
    const std::string memory = std::isnan(facts.momentum) || facts.momentum >= 1.0
                                   ? ""
                                   : fmt::format(": with momentum {} they remember about {:.0f} batches of {} rows", shown(facts.momentum),
                                                 1.0 / (1.0 - facts.momentum), facts.setting.batch_size);
    return "sampling noise of the moving statistics" + memory + ".";
  }
  if (cause == "dropout") return "dropout: the moving statistics are those of dropped-out batches, eval mode drops nothing.";
  if (cause == "batch-contents") {
    return "batch contents: training's batches are no random draws of the data, and the moving statistics are averages of them." +
           leak_words(facts, context);
  }
  if (cause == "biased-variance") {
    const std::string ratio =
        std::isnan(facts.var_ratio) ? "" : fmt::format(" ({} times the population's in {})", shown(facts.var_ratio), facts.layer);
    return fmt::format("biased variance: the average variance of batches of {} rows is not that of the data{}.", facts.setting.batch_size,
                       ratio);
  }
  if (cause == "shifted-data") return shift_words(facts, context);
  return fmt::format("batch noise: train mode's own batches of {} rows; eval mode's statistics are not to blame.",
                     facts.setting.batch_size);
}

std::string remedy_words(const std::string& cause, const SettingFacts& facts) {
  if (cause == "cold-start" && facts.updates == 0.0) return "let the statistics move: train.forward_mode \"train\"";
  if (cause == "cold-start") return "train for more steps, lower norm.momentum, or set norm.average to \"bias-corrected\"";
  if (cause == "lag") return "lower norm.momentum, or lower the learning rate at the end; or recompute the statistics after training";
  if (cause == "convention")
    return fmt::format("set norm.momentum to {}, if {} was meant as PyTorch's", shown(1.0 - facts.momentum), shown(facts.momentum));
  if (cause == "sampling-noise") return "raise norm.momentum (with enough steps), or recompute the statistics after training";
  if (cause == "dropout") return "move dropout behind the last normalization, or recompute the statistics without it";
  if (cause == "batch-contents") return "shuffle: data.batching.order \"shuffled\"";
  if (cause == "biased-variance") return "set norm.moving_variance to \"unbiased\", or raise train.batch_size";
  if (cause == "shifted-data") return "prepare both splits alike; else recompute the statistics on such rows (population.split)";
  return "nothing in eval mode; for the modes to agree raise train.batch_size, or take a norm without batch statistics";
}

std::vector<std::string> remedy_modes(const std::string& cause, const AdviceContext& context) {
  if (cause == "batch-noise") return {};
  if (cause == "shifted-data" && context.population_split == "train") return {};
  if (cause == "cold-start") return {"bias-corrected", "population", "layer-by-layer", "pooled", "batch-average"};
  if (cause == "biased-variance") return {"population", "layer-by-layer", "pooled"};
  return {"population", "layer-by-layer", "pooled", "batch-average"};
}

std::string score_words(const ModeScore& score, const ModeScore& eval, const std::string& split) {
  if (accuracy_is_known(score) && accuracy_is_known(eval))
    return fmt::format("{} accuracy {:.3f} instead of eval mode's {:.3f}", split, score.accuracy, eval.accuracy);
  return fmt::format("{} loss {} instead of eval mode's {}", split, shown(score.loss), shown(eval.loss));
}

}  // namespace normrun::report
