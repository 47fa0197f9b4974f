#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "nn/losses.hpp"

namespace normrun::compare {

/// One score of a mode's predictions.  `target` is the class, or the column to predict, that the score is about; "" stands for all of them.
struct ScoreMetric {
  std::string metric;
  std::string target;
  double value = 0.0;  // NaN: not applicable
};

/// Scores predicted classes, from the logits of `loss`.  `auc` is the area under the ROC curve of one class against the others, with ties
/// counted half.  `f1` is the harmonic mean of recall and precision.  For the target "", each is the mean over the classes that occur; of
/// two classes, auc is that of the second.
template <class T>
std::vector<ScoreMetric> class_scores(nn::LossKind loss, ConstView<T> logits, std::span<const std::int32_t> labels,
                                      const data::Dataset<T>& data);

/// Scores predicted numbers in the units of the data file: `mae` (mean |y - t|), `rmse` (root of the mean (y - t)^2) and `r2` (1 - squared
/// errors / squared deviations from the targets' mean).  For the target "", mae and r2 are the means over the columns, and rmse is the root
/// of the mean square over all columns.
template <class T>
std::vector<ScoreMetric> number_scores(ConstView<T> outputs, ConstView<T> targets, const data::Dataset<T>& data);

}  // namespace normrun::compare
