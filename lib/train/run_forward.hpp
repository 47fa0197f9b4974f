#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "core/mode.hpp"
#include "data/dataset.hpp"
#include "nn/network.hpp"

namespace normrun {

/// Rows that a pass holds at a time where the result does not depend on it.
inline constexpr Index kEvaluationRows = 512;

/// Whether a last slice with fewer rows than the others counts.
enum class Remainder { kKeep, kLeaveOut };

/// Rows of a split through the network in one mode: consecutive slices of `batch_size` rows in `order` (the remainder too
/// unless it is left out).  Outputs of boundary `boundary`, (rows that count, size of that boundary).  Slice i draws its
/// dropout from `key` with i added to the step.  A mode that reads no batch statistics and drops nothing does not depend
/// on the slicing and runs kEvaluationRows at a time.  Moving statistics stay, whatever mode.tracking says.
template <class T>
Matrix<T> run_forward(const Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                      const Split<T>& split, std::span<const Index> order, Index batch_size, Remainder remainder, Index boundary,
                      PassKey key = {});

/// Numbers of one example at a boundary: 0 is the input, i the output of built layer i-1.
template <class T>
Index boundary_size(const Network<T>& network, Index boundary);

/// Forward passes over slices of a split, and the memory for one slice.
template <class T>
class SliceForward {
 public:
  SliceForward(const Network<T>& network, const Split<T>& split, Index capacity);

  /// Runs these rows (at most `capacity`) up to `last_boundary`.
  void run(std::span<const Index> rows, std::span<const T> params, std::span<const T> state, const Mode& mode, Index last_boundary,
           PassKey key = {});
  /// Of the last run, up to its last boundary; they hold until the next one.  (rows, size)
  ConstView<T> activations(Index boundary) const { return record_.activations(boundary); }
  /// Valid time steps of the last run's rows; empty: all of them.
  std::span<const Index> lengths() const { return lengths_; }

 private:
  const Network<T>& network_;
  const Split<T>& split_;
  Record<T> record_;
  Matrix<T> x_;
  std::vector<Index> lengths_;
};

}  // namespace normrun
