#include "compare/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/elementary.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/losses.hpp"
#include "train/divergence.hpp"

namespace normrun::compare {
namespace {

constexpr double kNotApplicable = std::numeric_limits<double>::quiet_NaN();

/// Returns numerator / denominator, 0 if both are zero, and NaN (not applicable) if only the denominator is zero.
double ratio(double numerator, double denominator) {
  if (numerator == 0.0) return 0.0;
  return denominator > 0.0 ? numerator / denominator : kNotApplicable;
}

/// Returns the variance of outputs in T, or 0 if only rounding makes it differ from 0.  Outputs that are truly equal differ by the rounding
/// of each output, up to epsilon_T |mean|.  The mean is a sum of doubles.  It is off by the mean of the deviations from it, and the
/// variance contains the square of this error.  If the square is half of the variance or more, the variance is not known.
template <class T>
double variance_or_zero(double variance, double mean, double mean_deviation) {
  const double of_outputs = static_cast<double>(std::numeric_limits<T>::epsilon()) * mean;
  return variance > of_outputs * of_outputs + 2.0 * mean_deviation * mean_deviation ? variance : 0.0;
}

/// Fills `exponentials` with exp(logits[j] - subtracted) of one row.
template <class T>
void exponentiate(const T* logits, double subtracted, std::vector<double>& exponentials) {
  for (std::size_t j = 0; j < exponentials.size(); ++j) exponentials[j] = static_cast<double>(logits[j]) - subtracted;
  nn::kernels::exp(exponentials.data(), exponentials.data(), static_cast<Index>(exponentials.size()));
}

/// Returns log(sum exp) of one row.  `exponentials` is working memory of the row's size.
template <class T>
double log_sum_exp(const T* logits, std::vector<double>& exponentials) {
  const double highest = static_cast<double>(*std::max_element(logits, logits + exponentials.size()));
  exponentiate(logits, highest, exponentials);
  return highest + math::log(std::accumulate(exponentials.begin(), exponentials.end(), 0.0));
}

template <class T>
bool are_finite(ConstView<T> a, ConstView<T> b) {
  return train::all_finite<T>({a.data, static_cast<std::size_t>(a.size())}) &&
         train::all_finite<T>({b.data, static_cast<std::size_t>(b.size())});
}

}  // namespace

template <class T>
GapMetrics gap_metrics(ConstView<T> a, ConstView<T> b) {
  if (!are_finite(a, b)) return {kNotApplicable, kNotApplicable, kNotApplicable, kNotApplicable, kNotApplicable, kNotApplicable};
  const Index count = a.size();
  const double n = static_cast<double>(count);
  double sum_abs = 0.0;
  double sum_squares = 0.0;
  double sum_b = 0.0;
  double aa = 0.0;
  double bb = 0.0;
  double ab = 0.0;
  GapMetrics metrics;
  for (Index i = 0; i < count; ++i) {
    const double left = static_cast<double>(a.data[i]);
    const double right = static_cast<double>(b.data[i]);
    const double gap = left - right;
    metrics.max_abs = std::max(metrics.max_abs, std::abs(gap));
    sum_abs += std::abs(gap);
    sum_squares += gap * gap;
    sum_b += right;
    aa += left * left;
    bb += right * right;
    ab += left * right;
  }
  const double mean_b = sum_b / n;
  double deviations = 0.0;
  double sum_deviations = 0.0;
  for (Index i = 0; i < count; ++i) {
    const double deviation = static_cast<double>(b.data[i]) - mean_b;
    deviations += deviation * deviation;
    sum_deviations += deviation;
  }
  metrics.mean_abs = sum_abs / n;
  metrics.rms = std::sqrt(sum_squares / n);
  metrics.relative_gap = ratio(metrics.rms, std::sqrt(variance_or_zero<T>(deviations / n, mean_b, sum_deviations / n)));
  metrics.rel_l2 = ratio(std::sqrt(sum_squares), std::sqrt(bb));
  metrics.cosine = aa > 0.0 && bb > 0.0 ? ab / (std::sqrt(aa) * std::sqrt(bb)) : kNotApplicable;
  return metrics;
}

template <class T>
void RunningGap<T>::add(const T* a, const T* b, Index count) {
  if (count_ == 0.0 && count > 0) shift_ = static_cast<double>(b[0]);
  count_ += static_cast<double>(count);
  for (Index i = 0; i < count; ++i) {
    const double gap = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    const double difference = static_cast<double>(b[i]) - shift_;
    squares_ += gap * gap;
    differences_ += difference;
    shifted_squares_ += difference * difference;
  }
}

template <class T>
double RunningGap<T>::relative_gap() const {
  if (count_ == 0.0 || !std::isfinite(squares_) || !std::isfinite(shifted_squares_)) return kNotApplicable;
  const double shifted_mean = differences_ / count_;
  const double variance = std::max(0.0, shifted_squares_ / count_ - shifted_mean * shifted_mean);
  return ratio(std::sqrt(squares_ / count_), std::sqrt(variance_or_zero<T>(variance, shift_ + shifted_mean, 0.0)));
}

template <class T>
double mean_kl(ConstView<T> logits_a, ConstView<T> logits_b) {
  if (!are_finite(logits_a, logits_b)) return kNotApplicable;
  std::vector<double> exponentials(static_cast<std::size_t>(logits_a.cols));
  double total = 0.0;
  for (Index r = 0; r < logits_a.rows; ++r) {
    const T* a = logits_a.row(r);
    const T* b = logits_b.row(r);
    const double norm_b = log_sum_exp(b, exponentials);
    const double norm_a = log_sum_exp(a, exponentials);
    exponentiate(a, norm_a, exponentials);
    for (std::size_t j = 0; j < exponentials.size(); ++j) {
      const double log_a = static_cast<double>(a[j]) - norm_a;
      const double log_b = static_cast<double>(b[j]) - norm_b;
      total += exponentials[j] * (log_a - log_b);
    }
  }
  return total / static_cast<double>(logits_a.rows);
}

template <class T>
double disagreement(nn::LossKind loss, ConstView<T> logits_a, ConstView<T> logits_b) {
  if (!are_finite(logits_a, logits_b)) return kNotApplicable;
  Index different = 0;
  for (Index r = 0; r < logits_a.rows; ++r) {
    different +=
        nn::predicted_class(loss, logits_a.row(r), logits_a.cols) != nn::predicted_class(loss, logits_b.row(r), logits_b.cols) ? 1 : 0;
  }
  return static_cast<double>(different) / static_cast<double>(logits_a.rows);
}

template <class T>
ClassCounts count_classes(nn::LossKind loss, ConstView<T> logits, std::span<const std::int32_t> labels, Index classes) {
  const auto size = static_cast<std::size_t>(classes);
  ClassCounts counts{std::vector<Index>(size), std::vector<Index>(size), std::vector<Index>(size)};
  for (Index r = 0; r < logits.rows; ++r) {
    const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(r)]);
    const auto predicted = static_cast<std::size_t>(nn::predicted_class(loss, logits.row(r), logits.cols));
    ++counts.samples[label];
    ++counts.predicted[predicted];
    if (label == predicted) ++counts.right[label];
  }
  return counts;
}

template GapMetrics gap_metrics(ConstView<float>, ConstView<float>);
template GapMetrics gap_metrics(ConstView<double>, ConstView<double>);
template class RunningGap<float>;
template class RunningGap<double>;
template double mean_kl(ConstView<float>, ConstView<float>);
template double mean_kl(ConstView<double>, ConstView<double>);
template double disagreement(nn::LossKind, ConstView<float>, ConstView<float>);
template double disagreement(nn::LossKind, ConstView<double>, ConstView<double>);
template ClassCounts count_classes(nn::LossKind, ConstView<float>, std::span<const std::int32_t>, Index);
template ClassCounts count_classes(nn::LossKind, ConstView<double>, std::span<const std::int32_t>, Index);

}  // namespace normrun::compare
