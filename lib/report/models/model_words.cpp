#include "report/models/model_words.hpp"

#include <cmath>

#include "fmt/format.h"
#include "report/results/words.hpp"

namespace normrun::report {

using diagnosis::Cause;

namespace {

/// A fit of the stored statistics names the initial values if it explains this share of them.
constexpr double kExplained = 0.95;

bool is_fit(const diagnosis::BlendFit& initial) { return initial.explained > kExplained; }

}  // namespace

Certainty certainty_of(const diagnosis::Finding& finding, const study::ModelDiagnosis& diagnosis) {
  switch (finding.cause) {
    case Cause::kLost:
    case Cause::kDamagedLayer:
    case Cause::kShiftedData:
    case Cause::kDeadChannels:
    case Cause::kOutliers:
    case Cause::kNormOnOutput:
      return Certainty::kSure;
    case Cause::kColdStart:
      return is_fit(diagnosis.initial) ? Certainty::kSure : Certainty::kLikely;
    case Cause::kOtherWeights:
      return Certainty::kByExclusion;
    case Cause::kUnknown:
    case Cause::kNone:
      return Certainty::kNone;
    default:
      return Certainty::kLikely;
  }
}

std::string certainty_text(Certainty certainty) {
  switch (certainty) {
    case Certainty::kSure:
      return "sure";
    case Certainty::kLikely:
      return "likely";
    case Certainty::kByExclusion:
      return "by exclusion";
    case Certainty::kNone:
      return "cannot tell";
  }
  return "";
}

std::string group_of(Cause cause) {
  switch (cause) {
    case Cause::kColdStart:
    case Cause::kLost:
      return "initial-values";
    case Cause::kLag:
    case Cause::kFrozenStatistics:
    case Cause::kOtherWeights:
    case Cause::kOtherData:
      return "stale";
    case Cause::kSamplingNoise:
    case Cause::kConvention:
    case Cause::kLastBatch:
      return "short-memory";
    case Cause::kBiasedVariance:
    case Cause::kSmallParts:
    case Cause::kCorrelatedRows:
    case Cause::kBatchNoise:
      return "small-batches";
    case Cause::kShiftedData:
    case Cause::kDeadChannels:
      return "rows";
    default:
      return std::string(cause_text(cause));
  }
}

std::string model_cause_words(const diagnosis::Finding& finding, const study::ModelDiagnosis& diagnosis) {
  switch (finding.cause) {
    case Cause::kColdStart:
      return is_fit(diagnosis.initial) ? fmt::format("cold start: {} of the stored statistics are still the initial values 0 and 1",
                                                     percent(diagnosis.initial.share))
                                       : "cold start: part of the stored statistics are still the initial values 0 and 1";
    case Cause::kLost:
      return "lost statistics: they hold the initial values 0 and 1, which do not fit the weights";
    case Cause::kLag:
    case Cause::kFrozenStatistics:
    case Cause::kOtherWeights:
      return "stale statistics: they belong to other weights. The statistics lag behind the weights, were frozen while the weights were "
             "trained, or the weights were averaged or loaded without them; a file cannot tell which";
    case Cause::kOtherData:
      return "statistics that were gathered on other rows than --data";
    case Cause::kSamplingNoise:
      return "sampling noise: the statistics remember only a few batches";
    case Cause::kConvention:
      return "short memory: the statistics are little more than those of the last batch (is the momentum meant in another framework's "
             "convention?)";
    case Cause::kLastBatch:
      return "the last batch of an epoch, which has few rows but counts as much as a full batch";
    case Cause::kDropout:
      return "dropout before the normalization: it was on while the statistics were gathered";
    case Cause::kBatchContents:
      return "batch contents: the training batches were no random draws of the rows";
    case Cause::kBiasedVariance:
      return "small batches: the variances are those of batches of few rows, which differ from those of all rows";
    case Cause::kSmallParts:
      return "small parts: each micro-batch or replica was normalized by its own rows";
    case Cause::kCorrelatedRows:
      return "batches of one example: its positions are many numbers, but no random draw of the data";
    case Cause::kShiftedData:
      return "shifted rows: they are distributed otherwise than the training rows";
    case Cause::kBatchNoise:
      return "batch noise: training fitted the weights to the noise of its batches";
    case Cause::kDamagedLayer:
      return "one damaged layer: its statistics do not belong to its weights";
    case Cause::kCountedPadding:
      return "padding: the statistics count the padded steps like all other steps";
    case Cause::kDeadChannels:
      return "channels that hardly vary among the training rows, but vary among the judged rows";
    case Cause::kOutliers:
      return "a few training rows that are far from all others and dominate the variances";
    case Cause::kNormOnOutput:
      return "a normalization as the last layer of a regression, which fixes the scale of the outputs";
    default:
      return "unknown: the file and these rows do not tell it";
  }
}

std::string next_training_words(Cause cause) {
  switch (cause) {
    case Cause::kColdStart:
      return "train for more steps, or let the statistics follow faster (momentum)";
    case Cause::kLost:
      return "store and load the statistics with the weights (in PyTorch the buffers, in Keras all weights, in flax batch_stats)";
    case Cause::kLag:
    case Cause::kFrozenStatistics:
    case Cause::kOtherWeights:
      return "recompute the statistics after averaging or loading weights, and let them move while the weights are trained";
    case Cause::kOtherData:
      return "gather the statistics on the rows that the weights are trained on";
    case Cause::kSamplingNoise:
    case Cause::kConvention:
    case Cause::kLastBatch:
      return "give the statistics a longer memory (PyTorch: a smaller momentum; Keras and flax: a larger one)";
    case Cause::kDropout:
      return "move dropout behind the last normalization";
    case Cause::kBatchContents:
      return "shuffle the training rows";
    case Cause::kBiasedVariance:
    case Cause::kSmallParts:
    case Cause::kCorrelatedRows:
    case Cause::kBatchNoise:
      return "train with larger batches, synchronize the statistics of replicas, or use a norm without batch statistics";
    case Cause::kShiftedData:
      return "prepare the training rows and the judged rows in the same way";
    case Cause::kCountedPadding:
      return "leave the padded steps out of the statistics";
    default:
      return "";
  }
}

std::string role_words(data::SplitName split) {
  return split == data::SplitName::kTrain ? "training rows" : split == data::SplitName::kValidation ? "held-out rows" : "test rows";
}

std::string cost_words(const diagnosis::Finding& finding, const study::JudgedRole& role) {
  if (!role.has_labels)
    return fmt::format("the outputs for the {} differ from those by recomputed statistics by {} of their standard deviation",
                       role_words(role.split), percent(role.gap));
  if (finding.metric == "accuracy") {
    return fmt::format("{:.1f} [{:.1f}, {:.1f}] percentage points of accuracy on the {}", 100.0 * finding.effect, 100.0 * finding.low,
                       100.0 * finding.high, role_words(role.split));
  }
  return fmt::format("{} [{}, {}] in loss on the {}", shown(finding.effect), shown(finding.low), shown(finding.high),
                     role_words(role.split));
}

}  // namespace normrun::report
