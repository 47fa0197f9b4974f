#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nn/losses.hpp"

namespace normrun::compare {

/// How far two modes' outputs lie apart, pooled over samples and outputs, in double.  INTERFACE: compare.csv.
/// NaN stands for not applicable.
struct GapMetrics {
  double max_abs = 0.0;
  double mean_abs = 0.0;
  double rms = 0.0;
  double relative_gap = 0.0;  // rms / sd (ddof 0) of b; 0 where rms is 0, NaN where only sd is 0
  double rel_l2 = 0.0;        // |a - b| / |b|; likewise
  double cosine = 0.0;        // NaN where a or b is zero
};
template <class T>
GapMetrics gap_metrics(ConstView<T> a, ConstView<T> b);

/// Mean over rows of KL(softmax(a) || softmax(b)) = sum p_a (log p_a - log p_b), from logits.
template <class T>
double mean_kl(ConstView<T> logits_a, ConstView<T> logits_b);
/// Share of rows whose predicted class differs.
template <class T>
double disagreement(nn::LossKind loss, ConstView<T> logits_a, ConstView<T> logits_b);

struct ClassCounts {
  std::vector<Index> samples;    // rows of each class
  std::vector<Index> predicted;  // rows predicted as it
  std::vector<Index> right;
};
template <class T>
ClassCounts count_classes(nn::LossKind loss, ConstView<T> logits, std::span<const std::int32_t> labels, Index classes);

}  // namespace normrun::compare
