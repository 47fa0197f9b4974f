#pragma once

#include <algorithm>
#include <span>
#include <type_traits>
#include <vector>

#include "core/mode.hpp"
#include "data/dataset.hpp"
#include "nn/network.hpp"

namespace normrun::statistics {

/// The most rows that a pass takes if the outputs do not depend on the number of rows.
inline constexpr Index kEvaluationRows = 512;
/// Returns how many rows a pass takes, at most kEvaluationRows: so few that the network's widest activations stay in the second-level
/// cache.
template <class T>
Index evaluation_rows(const nn::Network<T>& network);

template <class T>
class StemOutputs;

/// A split's rows as forward passes read them: the data and, if someone keeps them, the outputs of the network's stem.
template <class T>
struct SplitRows {
  SplitRows(const data::Split<T>& data, StemOutputs<T>* outputs = nullptr) : split(data), stem(outputs) {}  // NOLINT: a split alone will do
  const data::Split<T>& split;
  StemOutputs<T>* stem;
};

/// Runs rows of a split through the network in one mode, in consecutive slices of `batch_size` rows of `order`; the last slice may be
/// shorter.  Returns the outputs at `boundary`, in that order: (rows of the order, size of the boundary).  Slice i draws its dropout from
/// `key` with i added to the step.  A mode that neither reads batch statistics nor drops anything gives the same outputs for any slices, so
/// it runs in slices of evaluation_rows.  The moving statistics stay, whatever mode.tracking says.
template <class T>
Matrix<T> run_forward(const nn::Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                      const std::type_identity_t<SplitRows<T>>& rows, std::span<const Index> order, Index batch_size, Index boundary,
                      nn::PassKey key = {});

/// Runs every row of a split through the network in one mode.  Returns the outputs at `boundary` in the split's own order, each row once:
/// (samples, size of the boundary).  If the mode depends on the slices, the rows run in EvaluationBatches of `order` and `batch_size`, and
/// each batch draws its dropout as a slice of run_forward does.  In other modes `order` and `batch_size` change no bit.
template <class T>
Matrix<T> run_every_row(const nn::Network<T>& network, std::span<const T> params, std::span<const T> state, const Mode& mode,
                        const std::type_identity_t<SplitRows<T>>& rows, std::span<const Index> order, Index batch_size, Index boundary,
                        nn::PassKey key = {});

/// Returns how many numbers one example has at a boundary: 0 is the input, i the output of built layer i - 1.
template <class T>
Index boundary_size(const nn::Network<T>& network, Index boundary);

/// Runs forward passes over slices of a split, and owns the memory for one slice.
template <class T>
class SliceForward {
 public:
  SliceForward(const nn::Network<T>& network, const SplitRows<T>& rows, Index capacity);

  /// Runs these rows, at most `capacity` of them, up to `last_boundary`.
  void run(std::span<const Index> rows, std::span<const T> params, std::span<const T> state, const Mode& mode, Index last_boundary,
           nn::PassKey key = {});
  /// Runs these rows from `boundary` on, which must be a cut of the network.  x has their activations there: (rows, size of the boundary).
  void run_from(Index boundary, ConstView<T> x, std::span<const Index> rows, std::span<const T> params, std::span<const T> state,
                const Mode& mode, Index last_boundary, nn::PassKey key = {});
  /// Returns the activations of the last run at a boundary, (rows, size).  They stay valid until the next run.  The run must have computed
  /// them: the boundary must not lie above the run's last boundary, nor below the boundary at which the run or the stem's outputs began.
  ConstView<T> activations(Index boundary) const { return record_.activations(boundary); }
  /// Returns for each row of the last run how many steps are valid in the sequence that a layer reads.  Empty if every step is valid.
  std::span<const Index> lengths(Index layer) const { return record_.lengths(layer); }
  /// Returns the same for the sequence that the layer gives.
  std::span<const Index> lengths_behind(Index layer) const { return record_.lengths_behind(layer); }
  /// What a normalization inside a layer read at a step of the last run, of all rows: (rows, cols).  steps: how many steps ran.
  ConstView<T> kept(const nn::KeptSteps& kept, Index steps, Index step, Index cols) const { return record_.kept(kept, steps, step, cols); }

 private:
  /// Returns the rows at the boundary from which a run starts.
  ConstView<T> start(std::span<const Index> rows, Index boundary);

  const nn::Network<T>& network_;
  const data::Split<T>& split_;
  StemOutputs<T>* stem_;
  Index capacity_;
  nn::Record<T> record_;
  Matrix<T> x_;  // the input of a run
  std::vector<Index> lengths_;
};

}  // namespace normrun::statistics
