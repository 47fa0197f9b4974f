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

/// The rows of one split in the order in which every comparison of a seed reads them, and what they should give.
template <class T>
class EvaluationSet {
 public:
  EvaluationSet(const Snapshot<T>& snapshot, data::SplitName name);

  data::SplitName name() const { return name_; }
  const std::vector<Index>& order() const { return order_; }
  Index rows() const { return static_cast<Index>(order_.size()); }
  /// Labels in that order; empty for regression.
  std::span<const std::int32_t> labels() const { return labels_; }
  /// Mean loss and accuracy of the first rows' logits.
  SplitScore score(nn::LossKind loss, ConstView<T> logits) const;

 private:
  data::SplitName name_;
  std::vector<Index> order_;
  std::vector<std::int32_t> labels_;
  Matrix<T> targets_;
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
