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

/// Returns the value of a swept count in a setting, or `otherwise` if the sweep does not vary the count.
long swept_count(const std::string& others, const std::string& name, long otherwise) {
  const std::size_t at = others.find(name + " = ");
  if (at == std::string::npos) return otherwise;
  const long count = std::atol(others.c_str() + at + name.size() + 3);
  return count > 0 ? count : otherwise;
}
/// Returns the size of this setting's ghost batches; 0 means that it has none.
long ghost_batch_size(const SettingDiagnosis& diagnosis, const AdviceContext& context) {
  const std::string& others = diagnosis.setting.others;
  const bool has_none = others.find("ghost_batch_size = all") != std::string::npos;
  return has_none ? 0 : swept_count(others, "ghost_batch_size", static_cast<long>(context.ghost_batch_size));
}
/// Returns how many rows of a batch share their statistics.
long rows_of_part(const SettingDiagnosis& diagnosis, const AdviceContext& context) {
  const std::string& others = diagnosis.setting.others;
  const bool is_synchronised = others.find("sync = batch-statistics") != std::string::npos;
  const long replicas = is_synchronised ? 1 : swept_count(others, "replicas", static_cast<long>(context.replicas));
  const long rows = diagnosis.setting.batch_size / (swept_count(others, "accumulate", static_cast<long>(context.accumulate)) * replicas);
  const long ghost = ghost_batch_size(diagnosis, context);
  return std::max(1L, ghost > 0 ? std::min(rows, ghost) : rows);
}

std::string memory_words(const SettingDiagnosis& diagnosis, const AdviceContext& context) {
  const double momentum = diagnosis.layer.momentum;
  if (std::isnan(momentum) || momentum >= 1.0) return "";
  const double batches = 1.0 / (1.0 - momentum);
  return fmt::format(": with momentum {} they average over only about {:.0f} {} of {} rows", shown(own_momentum(momentum, context)),
                     batches, batches < 1.5 ? "batch" : "batches", rows_of_part(diagnosis, context));
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
  if (finding.metric == "accuracy") return fmt::format("{:.1f} percentage points", 100.0 * finding.effect.mean + 0.0);
  return shown(finding.effect.mean) + (context.is_softmax ? " nats" : " times the targets' variance");
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
      context.is_softmax ? "nats of " + context.split + " loss per row" : "times the targets' variance in " + context.split + " loss");
}

std::string cause_words(Cause cause, const SettingDiagnosis& diagnosis, const AdviceContext& context) {
  const ToldLayer& layer = diagnosis.layer;
  const long rows = rows_of_part(diagnosis, context);
  if (cause == Cause::kColdStart && (layer.updates == 0.0 || layer.init_share == 1.0))
    return "cold start: the moving statistics never moved, so eval mode normalizes by their initial values 0 and 1";
  if (cause == Cause::kColdStart && !std::isnan(layer.init_share)) {
    return fmt::format(
        "cold start: after {:.0f} updates with momentum {}, {} of the moving statistics still comes from their initial values 0 and 1",
        layer.updates, shown(own_momentum(layer.momentum, context)), percent(layer.init_share));
  }
  if (cause == Cause::kColdStart) return "cold start: much of the moving statistics still comes from their initial values 0 and 1";
  if (cause == Cause::kLost)
    return "lost statistics: the moving statistics hold their initial values 0 and 1, which do not fit the weights";
  if (cause == Cause::kLag) return "lag: the moving statistics come from earlier steps, and the weights have changed since";
  if (cause == Cause::kFrozenStatistics)
    return "frozen statistics: training changed the weights, but not the statistics that were loaded with them";
  if (cause == Cause::kOtherWeights)
    return "statistics of other weights: the moving statistics do not belong to these weights, which may be averaged, older or loaded ones";
  if (cause == Cause::kOtherData) return "statistics that were gathered on other rows than the training rows";
  if (cause == Cause::kConvention) {
    return fmt::format(
        "short memory: momentum {} is the weight of the {} value, so the moving statistics are little more than those of the last batch",
        shown(own_momentum(layer.momentum, context)), context.weighs_new ? "new" : "old");
  }
  if (cause == Cause::kSamplingNoise) return "sampling noise of the moving statistics" + memory_words(diagnosis, context);
  if (cause == Cause::kLastBatch) return "the last batch of an epoch, which has few rows but counts as much as a full batch";
  if (cause == Cause::kDropout) return "dropout: the moving statistics were gathered while dropout was on, but eval mode drops nothing";
  if (cause == Cause::kBatchContents)
    return "batch contents: the training batches are no random draws of the data, and the weights rely on what each batch holds";
  if (cause == Cause::kCountedPadding) return "padding: the statistics count the padded steps like all other steps";
  if (cause == Cause::kDamagedLayer) return "one damaged layer: its statistics do not belong to its weights";
  if (cause == Cause::kSmallParts && context.clients > 1)
    return fmt::format("small parts: each of {} clients gathers statistics of its own rows, which are not those of all rows",
                       context.clients);
  if (cause == Cause::kSmallParts)
    return fmt::format("small parts: each {} normalizes by its own {} rows instead of all {} rows of a step",
                       ghost_batch_size(diagnosis, context) > 0 ? "ghost batch" : "micro-batch or replica", rows,
                       diagnosis.setting.batch_size);
  if (cause == Cause::kCorrelatedRows)
    return "batches of one row: the positions of one row are many numbers, but no random draw of the data";
  if (cause == Cause::kBiasedVariance)
    return fmt::format(
        "small batches: the weights were trained with statistics of {} rows, and these differ from the statistics of all rows", rows);
  if (cause == Cause::kShiftedData)
    return fmt::format("shifted data: the {} rows have another distribution than the training rows", context.split);
  if (cause == Cause::kDeadChannels) return "channels that hardly vary among the training rows, but vary among the judged rows";
  if (cause == Cause::kOutliers) return "a few training rows that are far from all others and dominate the variances";
  if (cause == Cause::kNormOnOutput)
    return "a normalization as the last layer of a regression: it fixes the scale of the outputs, and a line fitted to them predicts "
           "better";
  if (cause == Cause::kBatchNoise) return fmt::format("batch noise: training fitted the weights to the noise of batches of {} rows", rows);
  return "unknown: these runs do not show it";
}

std::string remedy_words(const std::string& remedy, const SettingDiagnosis& diagnosis, const AdviceContext& context) {
  if (remedy == "layer-by-layer") return "recompute the statistics on the training rows, layer by layer (mode \"population\")";
  if (remedy == "without-padding")
    return "recompute the statistics on the training rows without the padded steps (norm.padded_steps \"left-out\")";
  if (remedy == "batch-average") return "recompute the statistics as the mean over random batches (mode \"batch-average\")";
  if (remedy == "pooled") return "recompute the statistics pooled over all training rows (mode \"pooled\")";
  if (remedy == "bias-corrected") return "take the rest of the initial values out of the average (norm.average \"bias-corrected\")";
  if (remedy == "momentum") return slower(diagnosis, context) + ", so that the statistics remember more batches";
  if (remedy == "moving-variance") return "use the other norm.moving_variance: \"unbiased\" instead of \"biased\", or the other way round";
  if (remedy == "example-weighing")
    return fmt::format("at prediction, count each row as one of the {} rows of the statistics that normalize it",
                       rows_of_part(diagnosis, context));
  if (remedy == "recomputed-on-judged")
    return "recompute the statistics on rows like the judged ones (population.split; they need no labels), or prepare the training "
           "rows and these rows in the same way";
  if (remedy == "usual-variance")
    return "give the columns that hardly vary among the training rows the median variance of all columns (or raise norm.epsilon)";
  if (remedy == "shuffled-batches") return "shuffle the training rows (data.batching.order \"shuffled\")";
  if (remedy == "mixed")
    return "at prediction, mix the stored statistics with those of each batch of n rows, 16 parts to n (mode \"mixed-16-rows\")";
  return remedy;
}

std::string training_words(Cause cause, const SettingDiagnosis& diagnosis, const AdviceContext& context) {
  const ToldLayer& layer = diagnosis.layer;
  if (cause == Cause::kColdStart && layer.updates == 0.0) return "let the statistics move (train.forward_mode \"train\")";
  if (cause == Cause::kColdStart && layer.init_share == 1.0) return faster(context) + ": with the present value the statistics never move";
  if (cause == Cause::kColdStart) return "train for more steps, or " + faster(context);
  if (cause == Cause::kLost) return "store and load " + statistics_names(context) + " with the weights";
  if (cause == Cause::kLag) return faster(context);
  if (cause == Cause::kFrozenStatistics) return "let the statistics move while the weights are trained";
  if (cause == Cause::kOtherWeights || cause == Cause::kOtherData || cause == Cause::kDamagedLayer)
    return "store the " + statistics_names(context) + " that belong to the weights";
  if (cause == Cause::kConvention) {
    const double given = own_momentum(layer.momentum, context);
    const bool was_other = given > 0.0 && given < 1.0 && 1.0 - layer.momentum >= 0.5 && layer.momentum > 0.0;
    if (!was_other) return slower(diagnosis, context);
    return fmt::format("set norm.momentum to {}, if {} was meant in {} convention", shown(1.0 - given), shown(given),
                       context.weighs_new ? "Keras's" : "PyTorch's");
  }
  if (cause == Cause::kSamplingNoise) return slower(diagnosis, context) + " (and train for enough steps)";
  if (cause == Cause::kLastBatch) return "drop the last batch (data.batching.last \"drop\")";
  if (cause == Cause::kDropout) return "move dropout behind the last normalization";
  if (cause == Cause::kBatchContents) return "shuffle the training rows (data.batching.order \"shuffled\")";
  if (cause == Cause::kCountedPadding) return "leave the padded steps out of the statistics (norm.padded_steps \"left-out\")";
  if (cause == Cause::kSmallParts && context.clients > 1)
    return "recompute the statistics over the rows of all clients, or use a norm without batch statistics";
  if (cause == Cause::kSmallParts) {
    if (ghost_batch_size(diagnosis, context) > 0) return "raise norm.ghost_batch_size, or use a norm without batch statistics";
    return context.replicas > 1 ? "synchronise the replicas (train.sync \"batch-statistics\")"
                                : "train with fewer micro-batches, or with a norm without batch statistics";
  }
  if (cause == Cause::kBiasedVariance || cause == Cause::kCorrelatedRows || cause == Cause::kBatchNoise || cause == Cause::kHarmedTraining)
    return "raise train.batch_size, or use a norm without batch statistics";
  if (cause == Cause::kShiftedData) return "prepare the training rows and the judged rows in the same way";
  if (cause == Cause::kOutliers) return "bring the outlying training rows to the scale of the others, or leave them out";
  if (cause == Cause::kNormOnOutput) return "leave the last normalization out, or put a dense layer after it";
  if (cause == Cause::kDeadChannels) return "leave out what hardly varies among the training rows, or train on rows in which it varies";
  return "";
}

std::string score_words(const ToldRemedy& remedy, const AdviceContext& context) {
  if (!std::isnan(remedy.accuracy_after))
    return fmt::format("{} accuracy {} instead of eval mode's {}", context.split, score(remedy.accuracy_after),
                       score(remedy.accuracy_before));
  return fmt::format("{} loss {} instead of eval mode's {}{}", context.split, shown(remedy.loss_after), shown(remedy.loss_before),
                     context.is_softmax ? "" : " (in units of the targets' variance)");
}

}  // namespace normrun::report
