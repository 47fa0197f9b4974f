#pragma once

#include <vector>

#include "compare/compare_modes.hpp"
#include "train/batch_gradient.hpp"

namespace normrun::compare {

inline constexpr Index kProbeRows = 32;

/// Returns the split whose rows the probes read: the training split, or the test split if every step draws fresh rows.
template <class T>
const data::Split<T>& probe_split(const Snapshot<T>& snapshot);
/// Returns the rows of probe_split in the order in which every comparison of this seed reads them.
template <class T>
std::vector<Index> probe_order(const Snapshot<T>& snapshot);

/// The first kProbeRows rows of probe_order, or all rows if the split has fewer, with their targets.
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
  Index positions_ = 1;  // how many labels a row has
  Matrix<T> targets_;    // zeros if the data has no targets
  std::vector<Index> lengths_;
};

/// Runs the rows as the train mode of a comparison does: their own statistics normalize, the moving statistics stay, and nothing drops out.
/// Returns the outputs, (rows, outputs), and leaves the activations in `record`.
template <class T>
ConstView<T> run_train_mode(const Snapshot<T>& snapshot, std::span<const T> params, const train::Batch<T>& rows, nn::Record<T>& record);

/// Returns |a - b| / |b| with Euclidean norms, computed in double.
template <class T>
double relative_difference(std::span<const T> a, std::span<const T> b);

}  // namespace normrun::compare
