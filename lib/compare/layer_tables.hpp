#pragma once

#include <vector>

#include "compare/compare_modes.hpp"
#include "statistics/population.hpp"

namespace normrun::compare {

/// How far one layer's moving statistics are from the population's.
struct LayerGap {
  double mean_gap = 0.0;     // rms over channels of |moving_mean - population_mean| / population sd
  double var_ratio = 0.0;    // geometric mean over channels of moving / population variance
  Index dead_channels = 0;   // channels whose population variance is 0 apart from rounding; the other members leave them out
  Index worst_channel = -1;  // the channel whose mean is farthest from the population's, in population sds; if a distance is NaN, the first
                             // such channel; -1: all channels are dead
  double worst_gap = 0.0;
};
/// Measures the gap.  A statistic that is not finite makes NaN of every number that it enters.
LayerGap layer_gap(const std::vector<double>& moving_mean, const std::vector<double>& moving_variance,
                   const statistics::LayerStatistics& population);

/// Adds a line to layers.csv for every normalization layer, and to channels.csv for every channel that has moving statistics.
template <class T>
void add_layers(const Snapshot<T>& snapshot, const std::vector<statistics::LayerStatistics>& population, tables::RunRecord& record);

}  // namespace normrun::compare
