#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "compare/compare_modes.hpp"
#include "compare/modes.hpp"
#include "core/random.hpp"

namespace normrun::compare {

/// The rows of one split as every comparison of a seed reads them, and what they should give.
///
/// Every row counts once, whatever `compare.batching` says: it decides only which rows stand beside one another in a batch.
///   random     the rows in one shuffled order
///   training   as `data.batching` orders them: for "shuffled" and "sequential" training's first epoch, its last batch kept; for
///              "replacement" and "by-class", which draw some rows twice and others not at all, training's whole batches of
///              min(train.batch_size, rows) rows, epoch after epoch, those without a row that is new passed over, until each row was
///              in one.  Classes that the split has no row of are not dealt
/// EvaluationBatches are slices of that order.
template <class T>
class EvaluationSet {
 public:
  /// The snapshot's data must outlive the set.
  EvaluationSet(const Snapshot<T>& snapshot, data::SplitName name);

  data::SplitName name() const { return name_; }
  Index rows() const { return split_.samples(); }
  /// Every row at least once.
  const std::vector<Index>& batch_order() const { return batch_order_; }
  /// Every row once, as they come first in the batches: what reads some rows only reads these from the first on.
  const std::vector<Index>& order() const { return order_; }
  /// Labels of the split's rows; empty for regression.
  std::span<const std::int32_t> labels() const { return split_.labels; }
  /// What the rows' outputs should be, where there are no labels.
  ConstView<T> targets() const { return split_.targets.rows() > 0 ? split_.targets.view() : zeros_.view(); }
  /// Mean loss and accuracy of every row's logits, in the split's order.
  SplitScore score(nn::LossKind loss, ConstView<T> logits) const;

 private:
  data::SplitName name_;
  const data::Split<T>& split_;
  std::vector<Index> batch_order_;
  std::vector<Index> order_;
  std::span<const double> target_scale_;  // empty: losses are in the file's units
  Matrix<T> zeros_;                       // where the data gives no targets
};

/// Parameters and statistics that a comparison mode runs with.  Estimators are run where a pair of the comparison names them.
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
  std::optional<nn::Model<T>> untrained_;  // where a pair of the comparison names it
};

}  // namespace normrun::compare
