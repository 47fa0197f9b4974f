#pragma once

#include <algorithm>
#include <span>
#include <type_traits>
#include <vector>

#include "core/mode.hpp"
#include "data/dataset.hpp"
#include "nn/network.hpp"

namespace normrun::statistics {

/// Rows that a pass holds at most where its outputs do not depend on it.
inline constexpr Index kEvaluationRows = 512;
/// So many of them that the network's widest activations stay in the second cache.
template <class T>
Index evaluation_rows(const nn::Network<T>& network);

template <class T>
class StemOutputs;

/// A split's rows as passes read them: the data, and what the network's mode-free layers made of it where that is kept.
template <class T>
struct SplitRows {
  SplitRows(const data::Split<T>& data, StemOutputs<T>* outputs = nullptr) : split(data), stem(outputs) {}  // NOLINT: a split alone will do
  const data::Split<T>& split;
  StemOutputs<T>* stem;
};

/// Some rows of a split through the network in one mode: consecutive slices of `batch_size` rows in `order`, the last one as short as
/// it is.  Outputs of boundary `boundary`, (rows of the order, size of that boundary), in that order.  Slice i draws its dropout from
/// `key` with i added to the step.  A mode that reads no batch statistics and drops nothing does not depend on the slicing and runs
/// evaluation_rows at a time.  Moving statistics stay, whatever mode.tracking says.
template <class T>
Matrix<T> run_forward(const nn::Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                      const std::type_identity_t<SplitRows<T>>& rows, std::span<const Index> order, Index batch_size, Index boundary,
                      nn::PassKey key = {});

/// Every row of a split through the network in one mode, each once and in the split's own order: (samples, size of the boundary).
/// Where the mode depends on the slicing the rows run in EvaluationBatches of `order` and `batch_size`, dropout as above; elsewhere
/// neither changes a bit.
template <class T>
Matrix<T> run_every_row(const nn::Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                        const std::type_identity_t<SplitRows<T>>& rows, std::span<const Index> order, Index batch_size, Index boundary,
                        nn::PassKey key = {});

/// Numbers of one example at a boundary: 0 is the input, i the output of built layer i-1.
template <class T>
Index boundary_size(const nn::Network<T>& network, Index boundary);

/// Forward passes over slices of a split, and the memory for one slice.
template <class T>
class SliceForward {
 public:
  SliceForward(const nn::Network<T>& network, const SplitRows<T>& rows, Index capacity);

  /// Runs these rows (at most `capacity`) up to `last_boundary`.
  void run(std::span<const Index> rows, std::span<const T> params, std::span<const T> state, const Mode& mode, Index last_boundary,
           nn::PassKey key = {});
  /// Of the last run, up to its last boundary, and not below the stem's; they hold until the next one.  (rows, size)
  ConstView<T> activations(Index boundary) const { return record_.activations(boundary); }
  /// Valid time steps of the last run's rows; empty: all of them.
  std::span<const Index> lengths() const { return lengths_; }

 private:
  /// The rows at the boundary that a run starts from.
  ConstView<T> start(std::span<const Index> rows, Index boundary);

  const nn::Network<T>& network_;
  const data::Split<T>& split_;
  StemOutputs<T>* stem_;
  Index capacity_;
  nn::Record<T> record_;
  Matrix<T> x_;  // where the runs start, from the first one on
  std::vector<Index> lengths_;
};

}  // namespace normrun::statistics
