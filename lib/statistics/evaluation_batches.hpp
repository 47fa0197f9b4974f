#pragma once

#include <span>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::statistics {

/// The batches in which a comparison reads a split if the outputs of a mode depend on them.  Every row of the split counts once.  The
/// batches are consecutive slices of an order that holds every row of the split at least once.  A row counts only at its first place in the
/// order; at later places it merely shares the batch with other rows.  The order's first rows, which have counted already, fill up a short
/// last slice.  A batch never has more rows than the split, because it could only repeat rows.  Slices in which no row counts are skipped.
class EvaluationBatches {
 public:
  /// `samples` is the number of rows in the split.  The order must outlive the batches.
  EvaluationBatches(std::span<const Index> order, Index samples, Index batch_size);

  Index batch_size() const { return batch_size_; }
  /// Moves to the next batch; the first call moves to the first one.  Returns false if none is left.
  bool next();
  /// The next three functions describe the current batch: its slice of the order, its rows, and the places in rows() of the rows that
  /// count.
  Index slice() const { return slice_; }
  std::span<const Index> rows() const { return rows_; }
  std::span<const Index> counted() const { return counted_; }

 private:
  std::span<const Index> order_;
  Index batch_size_;
  Index slice_ = -1;
  std::vector<bool> has_counted_;  // for each row of the split
  std::vector<Index> rows_;
  std::vector<Index> counted_;
};

/// Returns each row of an order once, in the order in which the rows count.  `samples` is the number of rows in the split.
std::vector<Index> first_places(std::span<const Index> order, Index samples);

}  // namespace normrun::statistics
