#pragma once

#include "diagnosis/subject.hpp"

namespace normrun::diagnosis {

/// How batches of the judged rows share in the statistics that normalize them.
struct Adaptation {
  Index batch_size = 1;
  double pseudo_rows = 16.0;  // that the stored statistics count as, beside the batch's own rows
  /// kLinear: means and variances mixed N : n (Schneider et al. 2020).  kPooled: the variance of N and n rows together, which has the
  /// means' difference too (Summers & Dinneen 2020 weigh each example so).
  enum class Variance { kLinear, kPooled } variance = Variance::kLinear;
};

/// Eval mode whose statistics are mixed with those of each batch, layer by layer: what can be done at prediction, without labels.
template <class T>
RowScores adapted_score(const Subject<T>& subject, const JudgedRows<T>& judged, const StatisticsList& base, const Adaptation& adaptation);

}  // namespace normrun::diagnosis
