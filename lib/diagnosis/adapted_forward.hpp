#pragma once

#include "diagnosis/subject.hpp"

namespace normrun::diagnosis {

/// How much the statistics of a batch of judged rows count beside the stored statistics.
struct Adaptation {
  Index batch_size = 1;
  double pseudo_rows = 16.0;  // the stored statistics count as much as this many rows of the batch
  /// kLinear: the mean of both variances, weighted N : n for N pseudo rows and n rows of the batch (Schneider et al. 2020).  kPooled: the
  /// variance of all N + n rows together, which also contains the difference of the two means (Summers & Dinneen 2020 weigh each example in
  /// this way).
  enum class Variance { kLinear, kPooled } variance = Variance::kLinear;
};

/// Scores eval mode with the statistics of `base` mixed with those of each batch, one layer after another.  This needs no labels, so a user
/// can do it when predicting.
template <class T>
RowScores adapted_score(const Subject<T>& subject, const JudgedRows<T>& judged, const StatisticsList& base, const Adaptation& adaptation);

}  // namespace normrun::diagnosis
