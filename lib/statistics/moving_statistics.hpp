#pragma once

#include <span>
#include <vector>

#include "nn/model.hpp"
#include "statistics/channel_moments.hpp"

namespace normrun::statistics {

/// Statistics that replace the moving statistics of one normalization layer.  Each vector has one number for each of
/// Normalization::features: the channels, or the channels of all steps if steps have statistics of their own.
struct LayerStatistics {
  Index normalization = 0;  // the index in Layout::normalizations
  std::vector<double> mean;
  std::vector<double> variance;
  std::vector<double> rounding = {};  // a variance up to this cannot be told from 0; empty if the variances are exact

  /// Whether the channel's variance is 0 apart from rounding; false if it is NaN.
  bool is_constant(std::size_t channel) const { return variance[channel] <= (rounding.empty() ? 0.0 : rounding[channel]); }
};

/// Returns the indices in Layout::normalizations of the layers that have moving statistics.
std::vector<Index> layers_with_statistics(const nn::Layout& layout);
/// Returns the boundary up to which a pass must run so that what the normalization reads is known.
Index boundary_of_input(const nn::Normalization& norm);
/// Returns the highest of these boundaries of all layers with moving statistics.  There must be such a layer.
Index highest_input(const nn::Layout& layout);

/// Normalizations with moving statistics whose population statistics are found together: one that reads a boundary, or all that lie inside
/// one layer.  What these read at a step depends on their own statistics of the steps before, so they take several rounds: each round
/// computes all of them from a pass by the statistics of the last one, and after `rounds` of them nothing changes any more.
struct NormGroup {
  std::vector<Index> norms;  // places in Layout::normalizations
  Index input = 0;           // the boundary that the layer reads
  Index last_boundary = 0;   // up to which a pass must run
  Index rounds = 1;          // the most that are needed
};
std::vector<NormGroup> norm_groups(const nn::Layout& layout);

/// Returns a copy of `state` in which the given statistics replace the moving statistics of their layers.
template <class T>
Buffer<T> state_with(const nn::Layout& layout, std::span<const T> state, const std::vector<LayerStatistics>& statistics);

/// Returns a state in which all moving statistics have their initial values, as after a load from a checkpoint that lost them.
template <class T>
Buffer<T> initial_state(const nn::Layout& layout);

/// Returns how often a layer's moving statistics have moved.
template <class T>
Index update_count(const nn::Normalization& norm, std::span<const T> state);

/// Returns a layer's moving statistics as `state` holds them.
template <class T>
LayerStatistics moving_statistics(const nn::Layout& layout, Index normalization, std::span<const T> state);

/// Returns the moving statistics without the share that their initial values still have: (moving - share initial) / (1 - share), as Adam
/// corrects its moments (Kingma and Ba 2015, section 3).  Batch renormalization stores an average of variances, too, but normalizes by its
/// moving deviation.  For it, this function corrects the deviation and computes the variance from it as the layer does: max(deviation^2 -
/// epsilon, 0).  Layers whose statistics never moved are left out.
template <class T>
std::vector<LayerStatistics> bias_corrected(const nn::Layout& layout, std::span<const T> state);

/// A weighted average, over batches, of the quantities that the moving statistics average: the means, and the variances by the layer's own
/// rule.
class BatchAverage {
 public:
  explicit BatchAverage(const nn::Normalization& norm);
  void add(const ChannelMoments& batch, double weight);
  /// Writes the averages into a layer's statistics.  As in the layer, a number to which no batch contributed stays as it is.
  void replace(LayerStatistics& statistics) const;

 private:
  nn::MovingVariance rule_;
  double epsilon_;
  std::vector<double> weight_;           // for each group of channels, the sum of the weights
  std::vector<double> variance_weight_;  // the same for the variance; a batch of one row adds nothing, because it has no unbiased variance
  std::vector<double> mean_;
  std::vector<double> spread_;
};

}  // namespace normrun::statistics
