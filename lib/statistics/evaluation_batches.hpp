#pragma once

#include <span>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::statistics {

/// The batches in which a comparison reads a split where a mode depends on them, so that every row of the split counts once.
///
/// The batches are consecutive slices of an order that holds every row of the split at least once.  A row counts where the order has
/// it first; where it comes again it is a neighbour to other rows and no more.  A short last slice is filled with the order's first
/// rows, which counted already.  A batch has at most as many rows as the split: one of more rows than there are would only repeat
/// some of them.  Slices in which no row counts are passed over.
class EvaluationBatches {
 public:
  /// `samples`: rows of the split.  The order must outlive the batches.
  EvaluationBatches(std::span<const Index> order, Index samples, Index batch_size);

  Index batch_size() const { return batch_size_; }
  /// Goes to the next batch, the first one at the first call; false where there is none.
  bool next();
  /// Of the last next(): which slice of the order it is, its rows, and the places in it whose rows count.
  Index slice() const { return slice_; }
  std::span<const Index> rows() const { return rows_; }
  std::span<const Index> counted() const { return counted_; }

 private:
  std::span<const Index> order_;
  Index batch_size_;
  Index slice_ = -1;
  std::vector<bool> has_counted_;  // of each row of the split
  std::vector<Index> rows_;
  std::vector<Index> counted_;
};

/// The rows of an order in the order in which they count: each once.
std::vector<Index> first_places(std::span<const Index> order, Index samples);

}  // namespace normrun::statistics
