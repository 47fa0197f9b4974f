#pragma once

#include <vector>

#include "compare/compare_modes.hpp"
#include "train/batch_gradient.hpp"

namespace normrun::compare {

inline constexpr Index kProbeRows = 32;

/// The split that probes read: the training rows, or the test rows where every step has fresh ones.
template <class T>
const data::Split<T>& probe_split(const Snapshot<T>& snapshot);
/// Its rows in the order in which every comparison of the seed reads them.
template <class T>
std::vector<Index> probe_order(const Snapshot<T>& snapshot);

/// The first kProbeRows of them; fewer where the split has fewer.
template <class T>
class ProbeRows {
 public:
  explicit ProbeRows(const Snapshot<T>& snapshot);
  Index count() const { return x_.rows(); }
  train::Batch<T> all() const;
  train::Batch<T> some(Index first, Index count) const { return all().part({first, count}); }

 private:
  Matrix<T> x_;
  std::vector<std::int32_t> labels_;
  Matrix<T> targets_;  // zeros where the data has none
  std::vector<Index> lengths_;
};

/// Runs the rows as a comparison's train mode does: their own statistics normalize, nothing moves, nothing drops out.
/// Returns the outputs; `record` holds the activations before them.
template <class T>
ConstView<T> run_train_mode(const Snapshot<T>& snapshot, std::span<const T> params, const train::Batch<T>& rows, nn::Record<T>& record);

/// |a - b| / |b|, Euclidean norms, in double.
template <class T>
double relative_difference(std::span<const T> a, std::span<const T> b);

}  // namespace normrun::compare
