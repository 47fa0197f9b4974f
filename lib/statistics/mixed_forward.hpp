#pragma once

#include <vector>

#include "statistics/mixing.hpp"
#include "statistics/moving_statistics.hpp"
#include "statistics/run_forward.hpp"

namespace normrun::statistics {

/// Runs eval mode with mixed statistics: each layer's stored statistics are mixed with those of the very rows that run.  The layers are
/// mixed one after another in the layout's order, so a layer reads the outputs of the mixed layers below it.  The rows of a call count as
/// one batch, even if the layer makes ghost batches of them in training, and padded steps count if the layer itself counts them.  A time
/// step that no row reaches keeps its stored statistics.  No mode of a layer is needed for mixing, so every layer with moving statistics is
/// mixed, a frozen one too.
template <class T>
class MixedForward {
 public:
  /// stored: the statistics of every layer that has moving statistics.  A forward pass takes at most `capacity` rows.
  MixedForward(const nn::Network<T>& network, const SplitRows<T>& rows, const nn::Model<T>& model, std::vector<LayerStatistics> stored,
               const Mixing& mixing, Index capacity);

  /// Runs these rows, and returns their activations at a boundary: (rows, size of the boundary).  They stay valid until the next call.
  ConstView<T> run(std::span<const Index> rows, Index boundary);

 private:
  const nn::Network<T>& network_;
  std::span<const T> params_;
  std::vector<LayerStatistics> stored_;
  Mixing mixing_;
  Buffer<T> start_;  // a state that holds the stored statistics
  SliceForward<T> forward_;
};

/// Returns the outputs at `boundary` in the split's own order, each row once: (samples, size of the boundary).  The rows run in
/// EvaluationBatches of `order` and `batch_size`, with the model's own moving statistics as the stored ones.
template <class T>
Matrix<T> run_every_row_mixed(const nn::Network<T>& network, const nn::Model<T>& model, const Mixing& mixing,
                              const std::type_identity_t<SplitRows<T>>& rows, std::span<const Index> order, Index batch_size,
                              Index boundary);

}  // namespace normrun::statistics
