#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "nn/losses.hpp"

namespace normrun::compare {

/// One score of a mode's predictions.  `target`: the class or the column to predict that it is about; "" for all of them.
struct ScoreMetric {
  std::string metric;
  std::string target;
  double value = 0.0;  // NaN: not applicable
};

/// Of classes: `auc` (area under the ROC curve, one class against the others, ties counted half; "" is the mean over the classes that
/// occur, of two classes that of the second) and `f1` (harmonic mean of recall and precision; "" is the mean over the classes that
/// occur).  From the logits of `loss`.
template <class T>
std::vector<ScoreMetric> class_scores(nn::LossKind loss, ConstView<T> logits, std::span<const std::int32_t> labels,
                                      const data::Dataset<T>& data);

/// Of numbers, in the units of the data file: `mae` (mean |y - t|), `rmse` (root of the mean (y - t)^2) and `r2` (1 - squared errors /
/// squared deviations from the targets' mean); "" is the mean over the columns, of rmse the root of the mean square.
template <class T>
std::vector<ScoreMetric> number_scores(ConstView<T> outputs, ConstView<T> targets, const data::Dataset<T>& data);

}  // namespace normrun::compare
