#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nn/losses.hpp"

namespace normrun::compare {

/// How far the outputs of two modes are apart, over all rows and outputs, computed in double.  NaN stands for "not applicable", and every
/// member is NaN if an output of either mode is not finite.  The columns of compare.csv in tables/tables.cpp say what each means.
struct GapMetrics {
  double max_abs = 0.0;
  double mean_abs = 0.0;
  double rms = 0.0;
  double relative_gap = 0.0;  // rms / sd (ddof 0) of b; 0 if rms is 0; NaN if only sd is 0 apart from rounding
  double rel_l2 = 0.0;        // |a - b| / |b|, 0 if |a - b| is 0; NaN if only |b| is 0
  double cosine = 0.0;        // NaN if a or b is zero
};
template <class T>
GapMetrics gap_metrics(ConstView<T> a, ConstView<T> b);

/// The relative_gap of numbers that come part by part, so that they need not lie in memory together.  It differs from that of gap_metrics
/// by rounding.
template <class T>
class RunningGap {
 public:
  void add(const T* a, const T* b, Index count);
  double relative_gap() const;

 private:
  double count_ = 0.0;
  double squares_ = 0.0;          // sum of (a - b)^2
  double shift_ = 0.0;            // the first number of b; sums of differences from it keep their digits if the mean is large
  double differences_ = 0.0;      // sum of b - shift
  double shifted_squares_ = 0.0;  // sum of (b - shift)^2
};

/// Returns the mean over rows of KL(softmax(a) || softmax(b)) = sum p_a (log p_a - log p_b).  Both logits are (rows, classes).  NaN if
/// a logit is not finite.
template <class T>
double mean_kl(ConstView<T> logits_a, ConstView<T> logits_b);
/// Returns the share of rows whose predicted classes differ.  NaN if a logit is not finite.
template <class T>
double disagreement(nn::LossKind loss, ConstView<T> logits_a, ConstView<T> logits_b);

struct ClassCounts {
  std::vector<Index> samples;    // rows that belong to each class
  std::vector<Index> predicted;  // rows predicted as each class
  std::vector<Index> right;      // rows that belong to a class and are predicted as it
};
template <class T>
ClassCounts count_classes(nn::LossKind loss, ConstView<T> logits, std::span<const std::int32_t> labels, Index classes);

}  // namespace normrun::compare
