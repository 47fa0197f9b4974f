#pragma once

#include <span>
#include <vector>

#include "statistics/run_forward.hpp"

namespace normrun::statistics {

/// The outputs of a network's stem for the rows of a split.  The output of a row is computed when a pass first asks for the row, and then
/// kept.  A comparison runs the same rows in many modes and with many statistics, and these differ only above the stem.  If a wide layer
/// comes before the first normalization, most of the work lies in the stem.
template <class T>
class StemOutputs {
 public:
  /// The parameters and the split must outlive this object and must not change.
  StemOutputs(const nn::Network<T>& network, std::span<const T> params, const data::Split<T>& split);

  Index boundary() const { return boundary_; }  // the upper end of the stem
  bool are_by(std::span<const T> params) const { return params.data() == params_.data(); }
  /// Copies the stem's outputs: to.row(i) becomes the output of row rows[i] of the split.  `to` has the size of the boundary as its columns
  /// and at least as many rows as `rows`.
  void gather(std::span<const Index> rows, View<T> to);

 private:
  void compute(std::span<const Index> rows);

  const Index boundary_;
  const std::span<const T> params_;
  Matrix<T> outputs_;
  std::vector<bool> has_;  // for each row of the split, whether its output is known
  std::vector<Index> missing_;
  const Index slice_;  // how many rows one pass computes
  SliceForward<T> forward_;
};

}  // namespace normrun::statistics
