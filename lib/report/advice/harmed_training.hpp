#pragma once

#include <optional>
#include <vector>

#include "report/advice/advice.hpp"

namespace normrun::report {

/// Whether a small batch harmed the training itself of a norm that needs batch statistics: its score in the better mode falls from the
/// largest to a small batch by more than that of a norm without them does, since the batch size alone changes the updates and the learning
/// rate.  A difference of differences over at least three seeds, one-sided at .01 beyond the margin.
std::optional<Advice> harmed_training(const std::vector<SettingDiagnosis>& diagnoses, const AdviceContext& context);

}  // namespace normrun::report
