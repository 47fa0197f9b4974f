#pragma once

#include <vector>

#include "core/matrix.hpp"

namespace normrun::data {

enum class LastBatch { kKeep, kDrop };

/// How many rows each step of an epoch reads: the sizes of a list in turn.  Every epoch starts with the first size again, so all epochs
/// have the same steps.
class BatchSizes {
 public:
  BatchSizes(Index size) : BatchSizes(std::vector<Index>{size}) {}  // NOLINT(google-explicit-constructor): one size is the usual case
  /// `sizes` must hold at least one size, all of them at least 1.
  explicit BatchSizes(const std::vector<Index>& sizes);

  /// Returns the rows of a step, counted from the epoch's first, if the epoch has enough.
  Index at(Index step) const { return first_row(step + 1) - first_row(step); }
  /// Returns how many rows the steps before `step` read.
  Index first_row(Index step) const;
  Index largest() const;
  Index smallest() const;
  double mean() const { return static_cast<double>(rows_of_turn()) / static_cast<double>(count()); }

  /// Returns how many batches are full in an epoch of `rows` rows.
  Index full_batches(Index rows) const;
  /// Returns how many batches an epoch of `rows` rows has.
  Index batches(Index rows, LastBatch last) const;
  /// Returns how many rows the full batches of an epoch leave over.
  Index left_over(Index rows) const { return rows - first_row(full_batches(rows)); }
  /// Returns the same sizes, but none above `rows`.
  BatchSizes at_most(Index rows) const;

 private:
  std::vector<Index> first_rows_;  // of the steps of one turn through the list, and of the step behind it
  Index count() const { return static_cast<Index>(first_rows_.size()) - 1; }
  Index rows_of_turn() const { return first_rows_.back(); }
};

}  // namespace normrun::data
