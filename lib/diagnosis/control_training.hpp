#pragma once

#include <optional>

#include "diagnosis/subject.hpp"

namespace normrun::diagnosis {

/// Whether the training's batches hold clearly fewer classes than random ones would: the mean entropy of their labels is below four fifths
/// of that of shuffled batches.  Not so without labels.
template <class T>
bool batches_sort_classes(const Subject<T>& subject);

/// What the same training scores with shuffled batches, in eval mode: the only intervention that shows what a training lost to its order.
/// It takes as long as the training did.  None where it diverges.
template <class T>
std::optional<RowScores> shuffled_training_score(const Subject<T>& subject, const JudgedRows<T>& judged);

}  // namespace normrun::diagnosis
