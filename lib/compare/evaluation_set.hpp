#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "compare/compare_modes.hpp"
#include "compare/modes.hpp"
#include "core/parts.hpp"
#include "core/random.hpp"

namespace normrun::compare {

/// The rows of one split in the order in which every comparison of a seed reads them, and their targets.  Every row counts once, whatever
/// `compare.batching` says, because this option only decides which rows share a batch:
///   random     the rows in one shuffled order
///   training   the rows as `data.batching` orders them.  "shuffled" and "sequential" give training's first epoch with its last batch.
///              "replacement" and "by-class" draw some rows twice and others not at all, so they give whole batches of
///              min(train.batch_size, rows) rows, epoch after epoch, until each row was in one.  Batches without a new row are skipped, and
///              classes without rows in the split are left out.
/// EvaluationBatches are slices of this order.
template <class T>
class EvaluationSet {
 public:
  /// The snapshot's data must outlive the set.
  EvaluationSet(const Snapshot<T>& snapshot, data::SplitName name);

  data::SplitName name() const { return name_; }
  Index rows() const { return split_.samples(); }
  /// The order in which batches read the rows: each row at least once.
  const std::vector<Index>& batch_order() const { return batch_order_; }
  /// Each row once, in the order in which the batches have it first.  Code that reads only some rows takes the first of these.
  const std::vector<Index>& order() const { return order_; }
  /// Labels of the split's rows, or of their positions that count; empty for regression.
  std::span<const std::int32_t> labels() const { return positions_ == 1 ? split_.labels : counted_labels_; }
  /// Returns outputs, which has one row for each row of the split, as the comparison reads them: as they are or, if every position has a
  /// label, one row for each position that counts.
  Matrix<T> counted(Matrix<T> outputs) const;
  /// Returns which rows of counted() a row of the split has.
  Part counted_of(Index row) const;
  /// Returns the place among the outputs of its example that the first output of a row of counted() has.  cols: the columns of counted().
  Index first_output(Index counted, Index cols) const {
    return positions_ == 1 ? 0 : places_[static_cast<std::size_t>(counted)] % positions_ * cols;
  }
  /// What the rows' outputs should be, if there are no labels.
  ConstView<T> targets() const { return split_.targets.rows() > 0 ? split_.targets.view() : zeros_.view(); }
  /// Returns the mean loss and the accuracy of counted(logits).
  SplitScore score(nn::LossKind loss, ConstView<T> logits) const;

 private:
  data::SplitName name_;
  const data::Split<T>& split_;
  std::vector<Index> batch_order_;
  std::vector<Index> order_;
  std::span<const double> target_scale_;  // empty: losses are in the file's units
  Matrix<T> zeros_;                       // the targets if the data gives none
  Index positions_;                       // how many labels a row has
  // Only if a row has several labels: the places (row * positions + position) of those that count, ascending, and the labels.
  std::vector<Index> places_;
  std::vector<std::int32_t> counted_labels_;
};

/// The parameters and statistics that each mode of a comparison runs with.  An estimator's statistics are computed only if a pair of modes
/// of this comparison needs them.
template <class T>
class ModeStates {
 public:
  ModeStates(const Snapshot<T>& snapshot, const std::vector<statistics::LayerStatistics>& population);
  std::span<const T> params(StatisticsSource source) const;
  std::span<const T> state(StatisticsSource source) const;

 private:
  const Snapshot<T>& snapshot_;
  std::map<statistics::Estimator, Buffer<T>> estimated_;
  Buffer<T> initial_;
  std::optional<nn::Model<T>> untrained_;  // only if a pair of modes of this comparison needs it
};

}  // namespace normrun::compare
