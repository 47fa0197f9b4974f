#pragma once

#include <span>
#include <vector>

#include "nn/model.hpp"
#include "statistics/channel_moments.hpp"

namespace normrun::statistics {

/// Statistics of one normalization layer that has moving ones: what stands in for them.
struct LayerStatistics {
  Index normalization = 0;  // index into Layout::normalizations
  std::vector<double> mean;
  std::vector<double> variance;
};

/// Indices into Layout::normalizations of the layers that have moving statistics.
std::vector<Index> layers_with_statistics(const nn::Layout& layout);

/// `state` with these statistics in place of the moving ones.
template <class T>
Buffer<T> state_with(const nn::Layout& layout, std::span<const T> state, const std::vector<LayerStatistics>& statistics);

/// The state with the moving statistics at their initial values (a checkpoint that lost them).
template <class T>
Buffer<T> initial_state(const nn::Layout& layout);

/// How often a layer's moving statistics moved.
template <class T>
Index update_count(const nn::Normalization& norm, std::span<const T> state);

/// A layer's moving statistics as they are.
template <class T>
LayerStatistics moving_statistics(const nn::Layout& layout, Index normalization, std::span<const T> state);

/// The moving statistics without what is left of their initial values, (moving - share initial) / (1 - share), which is how Adam
/// corrects its moments (Kingma and Ba 2015, section 3).  Of batch renormalization it is the moving deviation that is corrected, and the
/// variance follows from it as in the layer: max(deviation^2 - epsilon, 0), whatever average of variances is stored beside it.  Layers
/// whose statistics never moved are left out.
template <class T>
std::vector<LayerStatistics> bias_corrected(const nn::Layout& layout, std::span<const T> state);

/// A weighted average over batches of what moving statistics average: the means, and the variances by the layer's own rule.
class BatchAverage {
 public:
  explicit BatchAverage(const nn::Normalization& norm);
  void add(const ChannelMoments& batch, double weight);
  /// Puts the averages in place of a layer's statistics; what no batch moved stays, as it does in the layer.
  void replace(LayerStatistics& statistics) const;

 private:
  nn::MovingVariance rule_;
  double epsilon_;
  std::vector<double> weight_;           // of each group of channels
  std::vector<double> variance_weight_;  // an unbiased variance of one row does not exist: such a batch has none
  std::vector<double> mean_;
  std::vector<double> spread_;
};

}  // namespace normrun::statistics
