#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace normrun::diagnosis {

/// Why train mode and eval mode differ, or why eval mode is worse than it could be.  docs/gap_budget.md explains the causes that take a
/// share of the gap; docs/diagnosis.md explains all causes.
enum class Cause {
  kNone,  // no cause
  // Causes that are shares of the gap budget, in the order of repair.
  kColdStart,
  kLag,
  kSamplingNoise,
  kDropout,
  kBatchContents,
  kBiasedVariance,
  kShiftedData,
  kBatchNoise,
  kUnexplained,  // the whole gap, if the network has nothing that a repair stage could repair (no moving statistics)
  // Causes that only a diagnosis names, from facts of the training or of the file, or after an intervention.
  kLost,
  kConvention,
  kFrozenStatistics,
  kOtherData,
  kOtherWeights,
  kDamagedLayer,
  kSmallParts,
  kLastBatch,
  kCorrelatedRows,
  kCountedPadding,
  kDeadChannels,
  kOutliers,
  kNormOnOutput,
  kHarmedTraining,
  // Things that are worth a look, though they do no harm yet.
  kBatchOfOne,
  kOneClass,
  // Words that stand in place of a cause.
  kUnknown,       // the cause cannot be told
  kNothingFound,  // nothing is wrong; only the advice says this
  kUnmeasured,    // nothing was measured; only the advice says this
};

/// The words that tables and JSON have for the causes.
inline constexpr std::array<std::pair<Cause, std::string_view>, 29> kCauseWords = {{
    {Cause::kNone, ""},
    {Cause::kColdStart, "cold-start"},
    {Cause::kLag, "lag"},
    {Cause::kSamplingNoise, "sampling-noise"},
    {Cause::kDropout, "dropout"},
    {Cause::kBatchContents, "batch-contents"},
    {Cause::kBiasedVariance, "biased-variance"},
    {Cause::kShiftedData, "shifted-data"},
    {Cause::kBatchNoise, "batch-noise"},
    {Cause::kUnexplained, "unexplained"},
    {Cause::kLost, "lost"},
    {Cause::kConvention, "convention"},
    {Cause::kFrozenStatistics, "frozen-statistics"},
    {Cause::kOtherData, "other-data"},
    {Cause::kOtherWeights, "other-weights"},
    {Cause::kDamagedLayer, "damaged-layer"},
    {Cause::kSmallParts, "small-parts"},
    {Cause::kLastBatch, "last-batch"},
    {Cause::kCorrelatedRows, "correlated-rows"},
    {Cause::kCountedPadding, "counted-padding"},
    {Cause::kDeadChannels, "dead-channels"},
    {Cause::kOutliers, "outliers"},
    {Cause::kNormOnOutput, "norm-on-output"},
    {Cause::kHarmedTraining, "harmed-training"},
    {Cause::kBatchOfOne, "batch-of-one"},
    {Cause::kOneClass, "one-class"},
    {Cause::kUnknown, "unknown"},
    {Cause::kNothingFound, "none"},
    {Cause::kUnmeasured, "unmeasured"},
}};

/// Returns the word that tables and JSON have for a cause.
std::string_view cause_text(Cause cause);
/// Returns the cause that a word names; kUnknown if no cause has this word, which happens with tables of another version.
Cause cause_of(std::string_view word);

}  // namespace normrun::diagnosis
