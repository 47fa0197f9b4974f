#include "data/generated.hpp"

namespace normrun::data {
namespace {

// The indices of the random streams of Purpose::kTarget.  A change of these indices changes the results.
constexpr std::uint64_t kRuleIndex = 0;
constexpr std::uint64_t kFirstPartIndex = 1;
constexpr std::uint64_t kFirstStepIndex = 16;

constexpr Index kMaxSamples = Index{1} << 31;

}  // namespace

void GeneratorOptions::describe(config::OptionVisitor& visitor) {
  visitor.integer({"samples", "the number of rows to draw"}, samples, {.low = 1, .high = kMaxSamples});
  visitor.integer({"test_samples", "rows of the test split, drawn separately; absent: test_fraction of the samples are held out"},
                  test_samples, {.low = 1, .high = kMaxSamples});
  visitor.flag({"resample", "every training step draws fresh rows; `samples` rows still make up the splits for comparisons"}, resample);
}

RowStreams row_streams(std::uint64_t seed, RowPart part) {
  const auto index = static_cast<std::uint64_t>(part);
  return {RandomStream(seed, Purpose::kData, index), RandomStream(seed, Purpose::kTarget, kFirstPartIndex + index)};
}

RowStreams step_streams(std::uint64_t seed, std::uint64_t step) {
  return {RandomStream(seed, Purpose::kResample, step), RandomStream(seed, Purpose::kTarget, kFirstStepIndex + step)};
}

RandomStream rule_stream(std::uint64_t seed) { return RandomStream(seed, Purpose::kTarget, kRuleIndex); }

}  // namespace normrun::data
