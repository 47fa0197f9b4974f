#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "diagnosis/row_scores.hpp"
#include "statistics/population.hpp"
#include "train/trainer.hpp"

namespace normrun::diagnosis {

/// The statistics of every layer that has moving statistics, in the layout's order.
using StatisticsList = std::vector<statistics::LayerStatistics>;

/// A trained network and its training: what a diagnosis judges.
template <class T>
struct Subject {
  const train::TrainingPlan<T>& plan;  // the network, its data, and how it was trained
  const nn::Model<T>& model;
  Index steps = 0;                                                   // steps that were trained
  std::function<statistics::SplitRows<T>(data::SplitName)> rows_of;  // gives the rows of a split, with the stem's outputs if they are kept
  Margins margins = {};

  const nn::Network<T>& network() const { return *plan.network; }
  const nn::Layout& layout() const { return plan.network->layout(); }
  const data::Split<T>& split(data::SplitName name) const { return plan.data->split(name); }
};

/// Returns how many rows the normalization layers see at once in training: those of a micro-batch, or of one replica's part of it if the
/// replicas do not synchronize their statistics.
Index rows_of_norm_batch(const train::TrainOptions& options);
/// Returns how many of rows_of_norm_batch() share the statistics of this layer: all of them, or those of its smallest ghost batch.
Index rows_of_statistics(const train::TrainOptions& options, const nn::Normalization& norm);
/// Returns the smallest such number among the layers with moving statistics.
Index rows_of_statistics(const train::TrainOptions& options, const nn::Layout& layout);

/// Returns whether training draws its batches at random.
template <class T>
bool draws_at_random(const train::TrainingPlan<T>& plan);

/// Returns the moving statistics that `state` holds.
template <class T>
StatisticsList stored_statistics(const nn::Layout& layout, std::span<const T> state);

/// The rows of a split on which ways to predict are judged, in a random order.  If the split is large, only some of its rows are judged.
template <class T>
class JudgedRows {
 public:
  JudgedRows(const Subject<T>& subject, data::SplitName split);

  data::SplitName name() const { return name_; }
  const std::vector<Index>& order() const { return order_; }
  Index rows() const { return static_cast<Index>(order_.size()); }
  const RowScorer& scorer() const { return scorer_; }

  /// Returns the logits of eval mode with the given moving statistics; eval_score() returns their scores.
  Matrix<T> eval_logits(std::span<const T> state) const;
  RowScores eval_score(std::span<const T> state) const { return scorer_.score(eval_logits(state)); }
  RowScores eval_score(const StatisticsList& statistics) const;
  /// Returns the logits of train mode in batches of `batch_size` rows.  `order` holds rows of this split; its first rows fill up a short
  /// last batch.
  Matrix<T> train_logits(std::span<const Index> order, Index batch_size) const;
  /// Scores train mode, averaged over random partitions of the rows into batches.
  RowScores train_score(Index batch_size, Index partitions) const;
  /// Scores train mode with this split in the training's own order; returns nothing if these rows cannot be ordered so.
  std::optional<RowScores> ordered_train_score() const;
  /// Returns how many partitions to average: 16, or fewer (at least 4) if 16 would cost more than training.
  Index partitions() const;
  /// Returns a scorer for some other rows of the split.
  RowScorer scorer_of(std::span<const Index> rows) const;

 private:
  const Subject<T>& subject_;
  data::SplitName name_;
  std::vector<Index> order_;
  RowScorer scorer_;
};

}  // namespace normrun::diagnosis
