#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "diagnosis/row_scores.hpp"
#include "statistics/population.hpp"
#include "train/trainer.hpp"

namespace normrun::diagnosis {

/// Statistics of every layer that has moving ones, in the layout's order.
using StatisticsList = std::vector<statistics::LayerStatistics>;

/// A trained network and what it was trained by: what a diagnosis is of.
template <class T>
struct Subject {
  const train::TrainingPlan<T>& plan;  // its network, its data and its history
  const nn::Model<T>& model;
  Index steps = 0;                                                   // done
  std::function<statistics::SplitRows<T>(data::SplitName)> rows_of;  // of a split, with the stem's outputs where they are kept
  Margins margins = {};

  const nn::Network<T>& network() const { return *plan.network; }
  const nn::Layout& layout() const { return plan.network->layout(); }
  const data::Split<T>& split(data::SplitName name) const { return plan.data->split(name); }
};

/// Rows that share batch statistics in training: of a micro-batch, of a replica.
Index rows_of_norm_batch(const train::TrainOptions& options);

/// Whether training draws its batches at random.
template <class T>
bool draws_at_random(const train::TrainingPlan<T>& plan);

/// The statistics as they are stored.
template <class T>
StatisticsList stored_statistics(const nn::Layout& layout, std::span<const T> state);

/// The rows that the arms are judged on: those of a split in a random order, at most so many that judging costs less than training.
template <class T>
class JudgedRows {
 public:
  JudgedRows(const Subject<T>& subject, data::SplitName split);

  data::SplitName name() const { return name_; }
  const std::vector<Index>& order() const { return order_; }
  Index rows() const { return static_cast<Index>(order_.size()); }
  const RowScorer& scorer() const { return scorer_; }

  /// Eval mode by some moving statistics.
  Matrix<T> eval_logits(std::span<const T> state) const;
  RowScores eval_score(std::span<const T> state) const { return scorer_.score(eval_logits(state)); }
  RowScores eval_score(const StatisticsList& statistics) const;
  /// Train mode in batches of so many rows, `order` being of this split's rows; a short last batch is filled with the order's first rows.
  Matrix<T> train_logits(std::span<const Index> order, Index batch_size) const;
  /// Train mode over random partitions of the rows.
  RowScores train_score(Index batch_size, Index partitions) const;
  /// Train mode in the training's own order of this split; none where these rows cannot be ordered so.
  std::optional<RowScores> ordered_train_score() const;
  /// How many partitions are averaged: 16, fewer where that costs more than training.
  Index partitions() const;
  /// The scorer of some other rows of the split.
  RowScorer scorer_of(std::span<const Index> rows) const;

 private:
  const Subject<T>& subject_;
  data::SplitName name_;
  std::vector<Index> order_;
  RowScorer scorer_;
};

}  // namespace normrun::diagnosis
