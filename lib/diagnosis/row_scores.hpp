#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "diagnosis/margins.hpp"
#include "diagnosis/tests_of_means.hpp"
#include "nn/losses.hpp"

namespace normrun::diagnosis {

/// What some way to predict scores on each row.
struct RowScores {
  std::vector<double> loss;   // after one temperature (cross-entropies), or in units of the targets' variance (squared errors)
  std::vector<double> right;  // 1, 0, or the share of several passes that had the row right; empty without labels

  double mean_loss() const { return estimate(loss).mean; }
  double accuracy() const { return estimate(right).mean; }  // 0 without labels
  bool has_accuracy() const { return !right.empty(); }
};

/// A's gain over B on the same rows, positive where A is better.
struct Gain {
  Estimate loss;
  Estimate accuracy;  // n == 0 without labels
  double mcnemar = 1.0;
  double loss_margin = 0.0;
  double accuracy_margin = 0.0;

  bool is_beyond(double level) const { return p() < level; }
  /// Of the hypothesis that A is not better than B by the margins: Bonferroni's over the two scores.
  double p() const;
  double p_of_loss() const;      // 1 where the accuracy falls by more than .005
  double p_of_accuracy() const;  // 1 where the loss rises beyond its margin
  /// The same of the hypothesis that A is not better at all.
  double p_of_any() const;
  /// Whether the accuracy is the score to tell: it is the surer one, or the loss cannot be.
  bool tells_accuracy() const;
  const Estimate& told() const { return tells_accuracy() ? accuracy : loss; }
  /// In margins: comparable between the two scores.
  double size() const;
  /// Above this much, in the told score, a gain is excluded (one-sided, 97.5 %).
  double excluded_above() const { return told().upper(0.025); }
};
Gain gain_of(const RowScores& better, const RowScores& worse, nn::LossKind loss, const Margins& margins);

/// Scores logits against the targets of some rows.
class RowScorer {
 public:
  /// labels: of the rows, or empty; then targets are (rows, outputs).
  RowScorer(nn::LossKind loss, std::vector<std::int32_t> labels, std::vector<double> targets, Index outputs);

  Index rows() const { return rows_; }
  nn::LossKind loss() const { return loss_; }
  std::span<const std::int32_t> labels() const { return labels_; }
  /// Whether a row's loss says anything: not where every target is the same number.
  bool is_judgeable() const { return rows_ > 1 && (loss_ != nn::LossKind::kMse || variance_ > 0.0); }
  /// The variance of the targets, in which squared errors are told.
  double variance() const { return variance_; }
  double target_of(Index row, Index output) const { return target(row, output); }
  /// Each pass: (rows, outputs) logits of the same rows.  The scores are means over the passes; one temperature for all of them,
  /// fitted to every second row and used for the others.
  template <class T>
  RowScores score(std::span<const Matrix<T>> passes) const;
  template <class T>
  RowScores score(const Matrix<T>& pass) const {
    return score(std::span<const Matrix<T>>(&pass, 1));
  }

 private:
  struct Slope;
  double target(Index row, Index output) const;
  double row_loss(const double* z, Index row, double scale) const;
  void add_slope(const double* z, Index row, double scale, double smoothing, Slope& slope) const;
  double fitted_scale(const std::vector<std::vector<double>>& passes, Index parity) const;
  std::vector<double> classes_right(const std::vector<std::vector<double>>& passes) const;

  nn::LossKind loss_;
  std::vector<std::int32_t> labels_;
  std::vector<double> targets_;
  Index outputs_;
  Index rows_;
  double variance_ = 1.0;
};

}  // namespace normrun::diagnosis
