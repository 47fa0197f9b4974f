#pragma once

#include <span>
#include <vector>

#include "statistics/run_forward.hpp"

namespace normrun::statistics {

/// What a network's mode-free layers, its stem, make of a split's rows: computed when a row is first asked for, and kept.  A comparison
/// runs the same rows in many modes and with many statistics, which differ above the stem only; below it lies most of the work where a
/// wide layer comes before the first normalization.
template <class T>
class StemOutputs {
 public:
  /// The parameters and the split must outlive it and stay as they are.
  StemOutputs(const nn::Network<T>& network, std::span<const T> params, const data::Split<T>& split);

  Index boundary() const { return boundary_; }  // above the stem
  bool are_by(std::span<const T> params) const { return params.data() == params_.data(); }
  /// to.row(i) = what the stem gives for row rows[i] of the split.  to: (at least as many rows, size of the boundary)
  void gather(std::span<const Index> rows, View<T> to);

 private:
  void compute(std::span<const Index> rows);

  const Index boundary_;
  const std::span<const T> params_;
  Matrix<T> outputs_;
  std::vector<bool> has_;  // of each row
  std::vector<Index> missing_;
  const Index slice_;  // rows that are computed at a time
  SliceForward<T> forward_;
};

}  // namespace normrun::statistics
