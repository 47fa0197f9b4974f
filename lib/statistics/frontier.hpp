#pragma once

#include <map>
#include <memory>
#include <vector>

#include "statistics/run_forward.hpp"

namespace normrun::statistics {

/// Takes many rows through a network in eval mode, stretch by stretch.  Between two stretches it keeps the activations of all rows that the
/// layers above still read, so that each layer runs once for each row.  Where these activations take too much memory, it keeps those of a
/// lower boundary, and the layers above that one run again for the next stretch.  The activations are the same bits in all cases.
template <class T>
class Frontier {
 public:
  /// rows: which rows of the split, in this order.  most_bytes: how much memory the kept activations may take.
  Frontier(const nn::Network<T>& network, std::span<const T> params, const SplitRows<T>& source, std::vector<Index> rows, Index most_bytes);

  Index row_count() const { return static_cast<Index>(rows_.size()); }
  /// Begins a stretch that ends at `boundary`, and chooses where its activations will be kept.
  void start_stretch(Index boundary);
  /// The activations of some consecutive rows at the end of the stretch, and how many steps of each sequence are valid at built layer
  /// `layer`: empty if all are.  They stay valid until the next call.
  struct Activations {
    ConstView<T> values;  // (rows, size of the boundary)
    std::span<const Index> lengths;
  };
  Activations run(Index first, Index count, std::span<const T> state, Index layer);
  /// Runs these rows all at once up to a boundary at or above the end of the stretch, and returns what the pass recorded.
  const nn::Record<T>& run_at_once(Index first, Index count, std::span<const T> state, Index last_boundary);
  /// Ends the stretch: the next one begins from what this one kept.
  void finish_stretch();
  /// Counts the rows that each built layer was run for.  Tests read it.
  Index layer_rows() const { return layer_rows_; }

 private:
  /// The memory of one thread for a few rows.
  struct Worker {
    Worker(const nn::Network<T>& network, Index capacity)
        : record(network, capacity, nn::Keep::kNoGradients), x(capacity, network.input().size()) {}
    nn::Record<T> record;
    Matrix<T> x;
    std::vector<Index> lengths;
  };
  using Kept = std::map<Index, Matrix<T>>;  // the activations of all rows by boundary

  Index bytes_at(Index boundary) const;
  std::vector<Index> needed_above(Index boundary) const;
  void advance(Worker& worker, Index first, Index count, std::span<const T> state, Index last_boundary);
  void keep(const Worker& worker, Index first, Index count);
  std::vector<std::unique_ptr<Worker>>& workers_for(Index parts);

  const nn::Network<T>& network_;
  std::span<const T> params_;
  const data::Split<T>& split_;
  std::vector<Index> rows_;
  Index most_bytes_;
  Index part_rows_;  // how many rows a thread takes at once
  Index kept_at_ = 0;
  Kept kept_;  // at kept_at_ and below
  Index next_at_ = 0;
  Kept next_;      // what next_at_ needs beyond kept_
  Index end_ = 0;  // the end of the stretch
  Index layer_rows_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;  // one for each thread
  std::unique_ptr<Worker> at_once_;               // for run_at_once
  Matrix<T> values_;
  std::vector<Index> lengths_;
};

}  // namespace normrun::statistics
