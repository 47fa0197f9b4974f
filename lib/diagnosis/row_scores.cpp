#include "diagnosis/row_scores.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/elementary.hpp"
#include "nn/kernels/kernels.hpp"

namespace normrun::diagnosis {
namespace {

constexpr double kAccuracyMayFall = 0.005;
constexpr Index kOutputsAtATime = 64;

std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) result[i] = a[i] - b[i];
  return result;
}

/// Sums over the outputs of one row: of exp(scale (z - highest)), and of its products with (z - highest) and (z - highest)^2.
struct ExpSums {
  double highest = 0.0;
  double plain = 0.0;
  double first = 0.0;   // the same sum, each term times (z - highest)
  double second = 0.0;  // the same sum, each term times (z - highest)^2
};
ExpSums exp_sums(const double* z, Index outputs, double scale) {
  ExpSums sums{*std::max_element(z, z + outputs), 0.0, 0.0, 0.0};
  for (Index begin = 0; begin < outputs; begin += kOutputsAtATime) {
    const Index count = std::min(kOutputsAtATime, outputs - begin);
    double e[kOutputsAtATime];
    for (Index i = 0; i < count; ++i) e[i] = scale * (z[begin + i] - sums.highest);
    nn::kernels::exp<double>(e, e, count);
    for (Index i = 0; i < count; ++i) {
      const double offset = z[begin + i] - sums.highest;
      sums.plain += e[i];
      sums.first += e[i] * offset;
      sums.second += e[i] * offset * offset;
    }
  }
  return sums;
}

}  // namespace

double Gain::p_of_loss() const {
  const bool falls = accuracy.n > 0 && accuracy.mean < -kAccuracyMayFall;
  return falls ? 1.0 : loss.p_above(loss_margin);
}
double Gain::p_of_accuracy() const {
  if (accuracy.n == 0 || loss.mean < -loss_margin) return 1.0;
  return std::max(accuracy.p_above(accuracy_margin), mcnemar);
}
double Gain::p() const { return accuracy.n == 0 ? p_of_loss() : std::min(1.0, 2.0 * std::min(p_of_loss(), p_of_accuracy())); }
double Gain::p_of_any() const {
  const bool falls = accuracy.n > 0 && accuracy.mean < -kAccuracyMayFall;
  const double by_loss = falls ? 1.0 : loss.p_above(0.0);
  if (accuracy.n == 0) return by_loss;
  const double by_accuracy = loss.mean < -loss_margin ? 1.0 : std::max(accuracy.p_above(0.0), mcnemar);
  return std::min(1.0, 2.0 * std::min(by_loss, by_accuracy));
}
bool Gain::tells_accuracy() const {
  if (accuracy.n == 0) return false;
  const double by_loss = p_of_loss();
  const double by_accuracy = p_of_accuracy();
  return by_accuracy < 1e-6 || by_accuracy <= by_loss;
}
double Gain::size() const {
  const double by_loss = loss.mean / loss_margin;
  return accuracy.n == 0 ? by_loss : 0.5 * (by_loss + accuracy.mean / accuracy_margin);
}

Gain gain_of(const RowScores& better, const RowScores& worse, nn::LossKind loss, const Margins& margins) {
  Gain gain;
  gain.loss = estimate(differences(worse.loss, better.loss));
  gain.loss_margin = nn::compares_numbers(loss) ? margins.variance : margins.loss;
  gain.accuracy_margin = margins.accuracy;
  if (!better.has_accuracy()) return gain;
  const std::vector<double> right = differences(better.right, worse.right);
  gain.accuracy = estimate(right);
  const double clearly = better.clear_difference;
  const auto better_rows = std::count_if(right.begin(), right.end(), [&](double d) { return d >= clearly; });
  const auto worse_rows = std::count_if(right.begin(), right.end(), [&](double d) { return d <= -clearly; });
  gain.mcnemar = mcnemar_p(static_cast<std::size_t>(better_rows), static_cast<std::size_t>(worse_rows));
  return gain;
}

RowScorer::RowScorer(nn::LossKind loss, std::vector<std::int32_t> labels, std::vector<double> targets, Index outputs, Index positions)
    : loss_(loss),
      labels_(std::move(labels)),
      targets_(std::move(targets)),
      outputs_(outputs / positions),
      positions_(positions),
      rows_(labels_.empty() ? static_cast<Index>(targets_.size()) / std::max<Index>(outputs, 1)
                            : static_cast<Index>(labels_.size()) / positions) {
  if (!nn::compares_numbers(loss_) || rows_ == 0) return;
  std::vector<Index> places;
  for (Index i = 0; i < rows_ * positions_; ++i)
    if (labels_.empty() || labels_[static_cast<std::size_t>(i)] != kNoLabel) places.push_back(i);
  const auto count = static_cast<double>(places.size());
  double sum = 0.0;
  for (Index j = 0; j < outputs_; ++j) {
    double mean = 0.0;
    for (const Index place : places) mean += target(place, j);
    mean /= count;
    for (const Index place : places) sum += (target(place, j) - mean) * (target(place, j) - mean);
  }
  variance_ = sum / (count * static_cast<double>(outputs_));
}

double RowScorer::target(Index place, Index output) const {
  if (labels_.empty()) return targets_[static_cast<std::size_t>(place * outputs_ + output)];
  const std::int32_t label = labels_[static_cast<std::size_t>(place)];
  return outputs_ == 1 ? static_cast<double>(label) : label == output ? 1.0 : 0.0;
}

template <class Visit>
void RowScorer::each_target(const double* z, Index row, const Visit& visit) const {
  if (positions_ == 1) return visit(z, row, 1.0);
  const auto own = labels_.begin() + row * positions_;
  const double share = 1.0 / static_cast<double>(positions_ - std::count(own, own + positions_, kNoLabel));
  for (Index i = 0; i < positions_; ++i)
    if (own[i] != kNoLabel) visit(z + i * outputs_, row * positions_ + i, share);
}

double RowScorer::row_loss(const double* z, Index row, double scale) const {
  double total = 0.0;
  each_target(z, row, [&](const double* own, Index place, double share) { total += share * loss_at(own, place, scale); });
  return total;
}

double RowScorer::loss_at(const double* z, Index place, double scale) const {
  if (loss_ == nn::LossKind::kSoftmaxCrossEntropy) {
    const ExpSums sums = exp_sums(z, outputs_, scale);
    return math::log(sums.plain) - scale * (z[labels_[static_cast<std::size_t>(place)]] - sums.highest);
  }
  double total = 0.0;
  for (Index j = 0; j < outputs_; ++j) {
    const double t = target(place, j);
    const double s = scale * z[j];
    if (nn::compares_numbers(loss_))
      total += (z[j] - t) * (z[j] - t) / variance_;
    else
      total += std::max(s, 0.0) - t * s + math::log1p(math::exp(-std::abs(s)));
  }
  return total / static_cast<double>(outputs_);
}

/// First and second derivative of the loss with respect to the scale.
struct RowScorer::Slope {
  double first = 0.0;
  double second = 0.0;
};

void RowScorer::add_slope(const double* z, Index place, double scale, double smoothing, double weight, Slope& slope) const {
  if (loss_ == nn::LossKind::kSoftmaxCrossEntropy) {
    const ExpSums sums = exp_sums(z, outputs_, scale);
    const double mean = sums.first / sums.plain;
    const double own = z[labels_[static_cast<std::size_t>(place)]];
    const double any = std::accumulate(z, z + outputs_, 0.0) / static_cast<double>(outputs_);
    slope.first += weight * (mean - ((1.0 - smoothing) * own + smoothing * any - sums.highest));
    slope.second += weight * std::max(sums.second / sums.plain - mean * mean, 0.0);
    return;
  }
  for (Index j = 0; j < outputs_; ++j) {
    const double p = math::sigmoid(scale * z[j]);
    slope.first += weight * (z[j] * (p - ((1.0 - smoothing) * target(place, j) + 0.5 * smoothing)));
    slope.second += weight * (z[j] * z[j] * p * (1.0 - p));
  }
}

/// Returns the scale (1 / temperature) with the least loss over the rows of one parity, by Newton's method on a convex function.  One step
/// changes the scale at most fourfold.  A share of the labels' weight, as much as one row has, is spread evenly over all classes.  Without
/// this, rows that are all right would have an infinite scale, and the first wrong row of the other parity an infinite loss.
double RowScorer::fitted_scale(const std::vector<std::vector<double>>& passes, Index parity) const {
  constexpr int kSteps = 25;
  constexpr double kFewest = 1e-4;
  constexpr double kMost = 1e3;
  const double smoothing = 1.0 / static_cast<double>(std::max<Index>((rows_ - parity + 1) / 2, 1));
  double scale = 1.0;
  for (int i = 0; i < kSteps; ++i) {
    Slope slope;
    for (const std::vector<double>& pass : passes)
      for (Index r = parity; r < rows_; r += 2)
        each_target(pass.data() + r * positions_ * outputs_, r,
                    [&](const double* z, Index place, double share) { add_slope(z, place, scale, smoothing, share, slope); });
    if (!(slope.second > 0.0)) {
      if (!(slope.first > 0.0)) break;
      scale *= 0.25;  // the scale is far too large: every exponential underflowed
      continue;
    }
    const double next = std::clamp(std::clamp(scale - slope.first / slope.second, 0.25 * scale, 4.0 * scale), kFewest, kMost);
    const bool is_done = std::abs(next - scale) <= 1e-4 * scale;
    scale = next;
    if (is_done) break;
  }
  return scale;
}

std::vector<double> RowScorer::classes_right(const std::vector<std::vector<double>>& passes) const {
  std::vector<double> right(static_cast<std::size_t>(rows_));
  for (const std::vector<double>& pass : passes) {
    for (Index r = 0; r < rows_; ++r) {
      each_target(pass.data() + r * positions_ * outputs_, r, [&](const double* z, Index place, double share) {
        const bool is_right = nn::predicted_class(loss_, z, outputs_) == labels_[static_cast<std::size_t>(place)];
        right[static_cast<std::size_t>(r)] += is_right ? share : 0.0;
      });
    }
  }
  for (double& share : right) share /= static_cast<double>(passes.size());
  return right;
}

template <class T>
RowScores RowScorer::score(std::span<const Matrix<T>> passes) const {
  // Larger numbers would only overflow, and a broken network may even give infinite ones.
  constexpr double kLargest = 1e100;
  std::vector<std::vector<double>> logits;
  for (const Matrix<T>& pass : passes) {
    logits.emplace_back(pass.view().begin(), pass.view().begin() + rows_ * positions_ * outputs_);
    for (double& z : logits.back()) z = std::isnan(z) ? 0.0 : std::clamp(z, -kLargest, kLargest);
  }
  RowScores scores;
  scores.loss.resize(static_cast<std::size_t>(rows_));
  constexpr std::size_t kFittedPasses = 2;
  const std::vector<std::vector<double>> fitted(logits.begin(),
                                                logits.begin() + static_cast<std::ptrdiff_t>(std::min(kFittedPasses, logits.size())));
  for (Index parity = 0; parity < 2; ++parity) {
    const double scale = nn::compares_numbers(loss_) ? 1.0 : fitted_scale(fitted, 1 - parity);
    for (const std::vector<double>& pass : logits)
      for (Index r = parity; r < rows_; r += 2)
        scores.loss[static_cast<std::size_t>(r)] += row_loss(pass.data() + r * positions_ * outputs_, r, scale);
  }
  for (double& loss : scores.loss) loss /= static_cast<double>(logits.size());
  if (!labels_.empty()) scores.right = classes_right(logits);
  // With one label a row, a difference of less than half is chance among the passes.  With several, each that is right counts.
  if (positions_ > 1) scores.clear_difference = 0.5 / static_cast<double>(positions_);
  return scores;
}

template RowScores RowScorer::score(std::span<const Matrix<float>>) const;
template RowScores RowScorer::score(std::span<const Matrix<double>>) const;

}  // namespace normrun::diagnosis
