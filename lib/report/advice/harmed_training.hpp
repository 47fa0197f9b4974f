#pragma once

#include <optional>
#include <vector>

#include "report/advice/advice.hpp"

namespace normrun::report {

/// Returns advice if small batches, or small parts of batches, harmed the training itself of a norm with batch statistics.  For small
/// batches the test compares how much the score in the better mode falls from the largest batch to a small one.  This fall must be larger
/// than that of a norm without batch statistics, because the batch size changes every training: the number of updates and the effect of the
/// learning rate.  The difference of the two falls, over at least three seeds, must exceed the margin in a one-sided test at level .01.
std::optional<Advice> harmed_training(const std::vector<SettingDiagnosis>& diagnoses, const AdviceContext& context);

}  // namespace normrun::report
