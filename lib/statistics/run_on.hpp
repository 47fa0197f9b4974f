#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "nn/model.hpp"
#include "statistics/run_forward.hpp"
#include "statistics/shared_rows.hpp"
#include "statistics/stem_outputs.hpp"

namespace normrun::statistics {

/// Runs rows up to a boundary; if `from` is given, on from that boundary, at which the last run of the same rows stopped.  The memory of a
/// run holds what the layers above still read, so who looks at several boundaries stops at each of them.
template <class T>
void run_on(SliceForward<T>& forward, std::optional<Index> from, std::span<const Index> rows, const nn::Model<T>& model, const Mode& mode,
            Index boundary, nn::PassKey key = {}) {
  if (!from) return forward.run(rows, model.params, model.state, mode, boundary, key);
  if (*from < boundary) forward.run_from(*from, forward.activations(*from), rows, model.params, model.state, mode, boundary, key);
}

/// Returns how many numbers an example has at the boundary where it has most.
template <class T>
Index widest_boundary(const nn::Network<T>& network) {
  Index widest = 1;
  for (Index i = 0; i <= network.output_boundary(); ++i) widest = std::max(widest, boundary_size(network, i));
  return widest;
}

/// Computes the stem's outputs of these rows, so that threads can afterwards read them together.
template <class T>
void compute_stem(const nn::Network<T>& network, const SplitRows<T>& source, std::span<const T> params, std::span<const Index> rows) {
  if (source.stem == nullptr || !source.stem->are_by(params)) return;
  constexpr std::size_t kAtATime = 64;
  Matrix<T> outputs(static_cast<Index>(kAtATime), boundary_size(network, source.stem->boundary()));
  for (std::size_t first = 0; first < rows.size(); first += kAtATime)
    source.stem->gather(rows.subspan(first, std::min(kAtATime, rows.size() - first)), outputs.view());
}

/// The memory of each thread that runs slices.
template <class T>
class Forwards {
 public:
  /// order: the rows that will run.
  Forwards(const nn::Network<T>& network, std::span<const T> params, const SplitRows<T>& rows, std::span<const Index> order, Index capacity,
           Index slices) {
    const Index members = members_for(slices);
    if (members > 1) compute_stem<T>(network, rows, params, order);
    for (Index member = 0; member < members; ++member) list_.push_back(std::make_unique<SliceForward<T>>(network, rows, capacity));
  }
  SliceForward<T>& of(Index member) { return *list_[static_cast<std::size_t>(member)]; }

 private:
  std::vector<std::unique_ptr<SliceForward<T>>> list_;
};

}  // namespace normrun::statistics
