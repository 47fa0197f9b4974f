#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "diagnosis/margins.hpp"
#include "diagnosis/tests_of_means.hpp"
#include "nn/losses.hpp"

namespace normrun::diagnosis {

/// The scores of one way to predict, row by row.
struct RowScores {
  std::vector<double> loss;       // cross-entropies after scaling by a temperature, or squared errors in units of the targets' variance
  std::vector<double> right;      // 1 if the row is right, 0 if not; a share if several passes were made or a row has several labels; empty
                                  // without labels
  double clear_difference = 0.5;  // of two ways, the one that has at least this share more of a row right is the better one there

  double mean_loss() const { return estimate(loss).mean; }
  double accuracy() const { return estimate(right).mean; }  // 0 without labels
  bool has_accuracy() const { return !right.empty(); }
};

/// The gain of predictions A over predictions B on the same rows; it is positive if A is better.
struct Gain {
  Estimate loss;
  Estimate accuracy;  // its n is 0 without labels
  double mcnemar = 1.0;
  double loss_margin = 0.0;
  double accuracy_margin = 0.0;

  bool is_beyond(double level) const { return p() < level; }
  /// Returns the p value of the hypothesis that A is not better than B by the margins, with Bonferroni's correction for the two scores.
  double p() const;
  double p_of_loss() const;      // 1 if the accuracy falls by more than 0.005
  double p_of_accuracy() const;  // 1 if the loss rises by more than its margin
  /// Returns the p value of the hypothesis that A is not better than B at all, with the same correction.
  double p_of_any() const;
  /// Returns whether to report the accuracy rather than the loss: its p value is not above the loss's, or is below 1e-6.
  bool tells_accuracy() const;
  const Estimate& told() const { return tells_accuracy() ? accuracy : loss; }
  /// Returns the gain in units of the margins, averaged over the loss and the accuracy if there are labels.
  double size() const;
  /// Returns an upper bound of the gain in the reported score: larger gains are excluded (one-sided, 97.5 %).
  double excluded_above() const { return told().upper(0.025); }
};
Gain gain_of(const RowScores& better, const RowScores& worse, nn::LossKind loss, const Margins& margins);

/// Scores logits against the targets of some rows.  If each position of a row has a label, the row's scores are means over those that
/// count: the positions of one example are not independent, and a test that took them for rows would be too sure.
class RowScorer {
 public:
  /// `labels` holds the labels of the rows, `positions` of them for each, with kNoLabel where nothing is to be predicted; each row has one
  /// that counts.  If it is empty, `targets` holds (rows, outputs) numbers instead.
  RowScorer(nn::LossKind loss, std::vector<std::int32_t> labels, std::vector<double> targets, Index outputs, Index positions = 1);

  Index rows() const { return rows_; }
  nn::LossKind loss() const { return loss_; }
  std::span<const std::int32_t> labels() const { return labels_; }  // (rows, positions)
  Index positions() const { return positions_; }
  /// Returns whether the losses of rows say anything: not if there is a single row, or if every target is the same number.
  bool is_judgeable() const { return rows_ > 1 && (!nn::compares_numbers(loss_) || variance_ > 0.0); }
  /// The variance of the targets.  Squared errors are given in units of it.
  double variance() const { return variance_; }
  double target_of(Index row, Index output) const { return target(row, output); }
  /// Scores passes, each of them the (rows, outputs) logits of the same rows.  The scores are means over the passes.  All passes share one
  /// temperature, which is fitted to every second row and used for the other rows.
  template <class T>
  RowScores score(std::span<const Matrix<T>> passes) const;
  template <class T>
  RowScores score(const Matrix<T>& pass) const {
    return score(std::span<const Matrix<T>>(&pass, 1));
  }

 private:
  struct Slope;
  double target(Index place, Index output) const;
  /// The loss of one target.  place: the row or, if rows have several labels, row * positions + position.
  double loss_at(const double* z, Index place, double scale) const;
  void add_slope(const double* z, Index place, double scale, double smoothing, double weight, Slope& slope) const;
  /// Visits the targets of a row that count: visit(outputs, place, share of the row).  z: the row's outputs.
  template <class Visit>
  void each_target(const double* z, Index row, const Visit& visit) const;
  double row_loss(const double* z, Index row, double scale) const;
  double fitted_scale(const std::vector<std::vector<double>>& passes, Index parity) const;
  std::vector<double> classes_right(const std::vector<std::vector<double>>& passes) const;

  nn::LossKind loss_;
  std::vector<std::int32_t> labels_;
  std::vector<double> targets_;
  Index outputs_;  // of one target
  Index positions_;
  Index rows_;
  double variance_ = 1.0;
};

}  // namespace normrun::diagnosis
