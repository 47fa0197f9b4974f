#pragma once

#include <optional>

#include "diagnosis/subject.hpp"

namespace normrun::diagnosis {

/// Returns whether the training's batches hold clearly fewer classes than random batches would: the mean entropy of their labels is below
/// four fifths of the mean entropy in shuffled batches.  Returns false if there are no labels.
template <class T>
bool batches_sort_classes(const Subject<T>& subject);

/// Repeats the training with shuffled batches and returns its scores in eval mode.  No other intervention shows what a training lost to its
/// order.  It takes as long as the training did.  Returns nothing if it diverges or if no step was trained.
template <class T>
std::optional<RowScores> shuffled_training_score(const Subject<T>& subject, const JudgedRows<T>& judged);

}  // namespace normrun::diagnosis
