#include "report/advice/advice_words.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/text.hpp"
#include "fmt/format.h"
#include "report/results/words.hpp"

namespace normrun::report {
namespace {

std::string statistics_names(const AdviceContext& context) {
  return context.torch_names ? "running_mean and running_var" : "moving_mean and moving_variance";
}

/// A swept count, where it is among the setting's other keys.
long swept_count(const std::string& others, const std::string& name, long otherwise) {
  const std::size_t at = others.find(name + " = ");
  if (at == std::string::npos) return otherwise;
  const long count = std::atol(others.c_str() + at + name.size() + 3);
  return count > 0 ? count : otherwise;
}
/// Rows that share batch statistics.
long rows_of_part(const SettingDiagnosis& diagnosis, const AdviceContext& context) {
  const std::string& others = diagnosis.setting.others;
  const bool is_synchronised = others.find("sync = batch-statistics") != std::string::npos;
  const long replicas = is_synchronised ? 1 : swept_count(others, "replicas", static_cast<long>(context.replicas));
  return std::max(1L, diagnosis.setting.batch_size / (swept_count(others, "accumulate", static_cast<long>(context.accumulate)) * replicas));
}

std::string memory_words(const SettingDiagnosis& diagnosis, const AdviceContext& context) {
  const double momentum = diagnosis.layer.momentum;
  if (std::isnan(momentum) || momentum >= 1.0) return "";
  const double batches = 1.0 / (1.0 - momentum);
  return fmt::format(": with momentum {} they remember about {:.0f} {} of {} rows", shown(own_momentum(momentum, context)), batches,
                     batches < 1.5 ? "batch" : "batches", rows_of_part(diagnosis, context));
}

std::string slower(const SettingDiagnosis& diagnosis, const AdviceContext& context) {
  const double momentum = diagnosis.layer.momentum < 0.9 ? 0.9 : 0.99;
  return fmt::format("{} norm.momentum to {}", context.weighs_new ? "lower" : "raise", shown(own_momentum(momentum, context)));
}
std::string faster(const AdviceContext& context) { return context.weighs_new ? "raise norm.momentum" : "lower norm.momentum"; }

}  // namespace

double own_momentum(double old_weight, const AdviceContext& context) { return context.weighs_new ? 1.0 - old_weight : old_weight; }

std::string spoken_setting(const tables::Setting& setting) {
  const std::string others = setting.others.empty() ? "" : ", " + shortened(setting.others, 60);
  return fmt::format("{}{}, batch {}", spoken_norm(setting.norm), others, setting.batch_size);
}

std::string amount_words(const ToldFinding& finding, const AdviceContext& context) {
  if (finding.metric == "accuracy") return shown(finding.effect.mean);
  return shown(finding.effect.mean) + (context.is_softmax ? " nats" : " variances");
}

std::string effect_words(const ToldFinding& finding, const AdviceContext& context) {
  const bool has_interval = !std::isnan(finding.low) && !std::isnan(finding.high);
  const std::string interval = has_interval ? fmt::format(" [{}, {}]", shown(finding.low), shown(finding.high)) : "";
  if (finding.metric == "accuracy") {
    const auto points = [](double value) { return fmt::format("{:.1f}", 100.0 * value + 0.0); };
    const std::string range = has_interval ? fmt::format(" [{}, {}]", points(finding.low), points(finding.high)) : "";
    return fmt::format("{}{} percentage points of {} accuracy", points(finding.effect.mean), range, context.split);
  }
  return fmt::format(
      "{}{} {}", shown(finding.effect.mean), interval,
      context.is_softmax ? "nats of " + context.split + " loss a row" : "of the targets' variance in " + context.split + " loss");
}

std::string cause_words(Cause cause, const SettingDiagnosis& diagnosis, const AdviceContext& context) {
  const ToldLayer& layer = diagnosis.layer;
  const long rows = rows_of_part(diagnosis, context);
  if (cause == Cause::kColdStart && (layer.updates == 0.0 || layer.init_share == 1.0))
    return "cold start: the moving statistics never moved, eval mode normalizes by their initial 0 and 1";
  if (cause == Cause::kColdStart && !std::isnan(layer.init_share)) {
    return fmt::format("cold start: after {:.0f} updates with momentum {}, {} of the moving statistics is still their initial 0 and 1",
                       layer.updates, shown(own_momentum(layer.momentum, context)), percent(layer.init_share));
  }
  if (cause == Cause::kColdStart) return "cold start: the moving statistics still hold much of their initial 0 and 1";
  if (cause == Cause::kLost) return "lost statistics: they hold their initial 0 and 1, and the weights do not belong to these";
  if (cause == Cause::kLag) return "lag: the moving statistics average over weights that have changed since";
  if (cause == Cause::kFrozenStatistics)
    return "frozen statistics: the weights moved, and the statistics that were loaded with them did not";
  if (cause == Cause::kOtherWeights)
    return "statistics of other weights: they were not gathered with these (averaged, older or loaded ones)";
  if (cause == Cause::kOtherData) return "statistics of other rows than the training's";
  if (cause == Cause::kConvention) {
    return fmt::format("short memory: momentum {} weighs the {} value, so that the moving statistics are little more than the last batch's",
                       shown(own_momentum(layer.momentum, context)), context.weighs_new ? "new" : "old");
  }
  if (cause == Cause::kSamplingNoise) return "sampling noise of the moving statistics" + memory_words(diagnosis, context);
  if (cause == Cause::kLastBatch) return "the last batch of an epoch, which has few rows and counts as much as a full one";
  if (cause == Cause::kDropout) return "dropout: the moving statistics are those of dropped-out batches, eval mode drops nothing";
  if (cause == Cause::kBatchContents)
    return "batch contents: training's batches are no random draws of the data, and the weights rely on what they hold";
  if (cause == Cause::kCountedPadding) return "padding: the padded steps count in the statistics like any other";
  if (cause == Cause::kDamagedLayer) return "one layer, whose statistics do not belong to its weights";
  if (cause == Cause::kSmallParts)
    return fmt::format("small parts: each micro-batch or replica normalizes by its own {} rows of the {} of a step", rows,
                       diagnosis.setting.batch_size);
  if (cause == Cause::kCorrelatedRows) return "batches of one row: its positions are many numbers, but no random draw of the data";
  if (cause == Cause::kBiasedVariance)
    return fmt::format("small batches: the statistics of {} rows, which the weights grew up with, are not those of the data", rows);
  if (cause == Cause::kShiftedData)
    return fmt::format("shifted data: the {} rows are distributed otherwise than the training rows", context.split);
  if (cause == Cause::kDeadChannels) return "channels that hardly vary among the training rows, and do among these";
  if (cause == Cause::kOutliers) return "few training rows that are far from all others and make the variances theirs";
  if (cause == Cause::kNormOnOutput)
    return "a normalization as the last layer of a regression: it fixes the outputs' scale, which a line would repair";
  if (cause == Cause::kBatchNoise) return fmt::format("the noise of batches of {} rows, which the weights were fitted to", rows);
  return "a cause that cannot be told from these runs";
}

std::string remedy_words(const std::string& remedy, const SettingDiagnosis& diagnosis, const AdviceContext& context) {
  if (remedy == "layer-by-layer") return "recompute the statistics on the training rows, layer by layer (mode \"population\")";
  if (remedy == "without-padding")
    return "recompute the statistics on the training rows without the padded steps (norm.padded_steps \"left-out\")";
  if (remedy == "batch-average") return "recompute the statistics as the mean over random batches (mode \"batch-average\")";
  if (remedy == "pooled") return "recompute the statistics pooled over all training rows (mode \"pooled\")";
  if (remedy == "bias-corrected") return "take what is left of the initial values out: norm.average \"bias-corrected\"";
  if (remedy == "momentum") return slower(diagnosis, context) + ", so that the statistics remember more batches";
  if (remedy == "moving-variance") return "take the other norm.moving_variance: \"unbiased\" for \"biased\", or the other way round";
  if (remedy == "example-weighing")
    return fmt::format("at prediction weigh each row into the statistics that normalize it, as one of {}",
                       rows_of_part(diagnosis, context));
  if (remedy == "recomputed-on-judged")
    return "gather the statistics on such rows, without labels (population.split), or prepare both alike";
  if (remedy == "usual-variance")
    return "give the columns that hardly vary among the training rows a usual variance, the median of all (or raise norm.epsilon)";
  if (remedy == "shuffled-batches") return "shuffle: data.batching.order \"shuffled\"";
  if (remedy == "mixed") return "at prediction mix the statistics of each batch in, N / (N + n) with N = 16";
  return remedy;
}

std::string training_words(Cause cause, const SettingDiagnosis& diagnosis, const AdviceContext& context) {
  const ToldLayer& layer = diagnosis.layer;
  if (cause == Cause::kColdStart && layer.updates == 0.0) return "let the statistics move: train.forward_mode \"train\"";
  if (cause == Cause::kColdStart && layer.init_share == 1.0) return faster(context) + ": as it is the statistics never move";
  if (cause == Cause::kColdStart) return "train for more steps, or " + faster(context);
  if (cause == Cause::kLost) return "store and load " + statistics_names(context) + " with the weights";
  if (cause == Cause::kLag) return faster(context);
  if (cause == Cause::kFrozenStatistics) return "let the statistics move while the weights do";
  if (cause == Cause::kOtherWeights || cause == Cause::kOtherData || cause == Cause::kDamagedLayer)
    return "store " + statistics_names(context) + " that belong to the weights";
  if (cause == Cause::kConvention) {
    const double given = own_momentum(layer.momentum, context);
    const bool was_other = given > 0.0 && given < 1.0 && 1.0 - layer.momentum >= 0.5 && layer.momentum > 0.0;
    if (!was_other) return slower(diagnosis, context);
    return fmt::format("set norm.momentum to {}, if {} was meant in {} convention", shown(1.0 - given), shown(given),
                       context.weighs_new ? "Keras's" : "PyTorch's");
  }
  if (cause == Cause::kSamplingNoise) return slower(diagnosis, context) + " (with enough steps)";
  if (cause == Cause::kLastBatch) return "drop the last batch: data.batching.last \"drop\"";
  if (cause == Cause::kDropout) return "move dropout behind the last normalization";
  if (cause == Cause::kBatchContents) return "shuffle: data.batching.order \"shuffled\"";
  if (cause == Cause::kCountedPadding) return "leave padded steps out: norm.padded_steps \"left-out\"";
  if (cause == Cause::kSmallParts) {
    return context.replicas > 1 ? "synchronise the replicas: train.sync \"batch-statistics\""
                                : "train with fewer micro-batches, or a norm without batch statistics";
  }
  if (cause == Cause::kBiasedVariance || cause == Cause::kCorrelatedRows || cause == Cause::kBatchNoise || cause == Cause::kHarmedTraining)
    return "raise train.batch_size, or take a norm without batch statistics";
  if (cause == Cause::kShiftedData) return "prepare both splits alike";
  if (cause == Cause::kOutliers) return "bring these rows to the others' scale, or leave them out";
  if (cause == Cause::kNormOnOutput) return "leave the last normalization out, or put a dense layer behind it";
  if (cause == Cause::kDeadChannels) return "leave these columns out, or train on rows in which they vary";
  return "";
}

std::string score_words(const ToldRemedy& remedy, const AdviceContext& context) {
  if (!std::isnan(remedy.accuracy_after))
    return fmt::format("{} accuracy {} instead of eval mode's {}", context.split, score(remedy.accuracy_after),
                       score(remedy.accuracy_before));
  return fmt::format("{} loss {} instead of eval mode's {}{}", context.split, shown(remedy.loss_after), shown(remedy.loss_before),
                     context.is_softmax ? "" : " (in variances of the target)");
}

}  // namespace normrun::report
