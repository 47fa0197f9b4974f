#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace normrun::diagnosis {

/// Why train mode and eval mode differ, or why eval mode is worse than it could be.  docs/gap_budget.md has those that are a share of
/// the gap, docs/diagnosis.md all of them.
enum class Cause {
  kNone,  // there is none to name
  // In the order of repair, as parts of the gap budget.
  kColdStart,
  kLag,
  kSamplingNoise,
  kDropout,
  kBatchContents,
  kBiasedVariance,
  kShiftedData,
  kBatchNoise,
  kUnexplained,  // the gap of a network without moving statistics
  // The same statistics by what is known of the training or of the file.
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
  // Worth a look, and no harm yet.
  kBatchOfOne,
  kOneClass,
  // In place of a cause.
  kUnknown,       // it cannot be told
  kNothingFound,  // only in advice: nothing is wrong
  kUnmeasured,    // only in advice: nobody looked
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

/// Returns the word of a cause.
std::string_view cause_text(Cause cause);
/// Returns the cause of a word; kUnknown for a word that is none, as a table of another version may hold.
Cause cause_of(std::string_view word);

}  // namespace normrun::diagnosis
