#pragma once

#include <vector>

#include "compare/compare_modes.hpp"
#include "statistics/population.hpp"

namespace normrun::compare {

/// How far one layer's moving statistics are from the population's.
struct LayerGap {
  double mean_gap = 0.0;     // rms over channels of |moving_mean - population_mean| / population sd
  double var_ratio = 0.0;    // geometric mean over channels of moving / population variance
  Index dead_channels = 0;   // channels of zero population variance, which the other members leave out
  Index worst_channel = -1;  // the channel of the largest mean gap; -1: every channel is dead
  double worst_gap = 0.0;
};
LayerGap layer_gap(const std::vector<double>& moving_mean, const std::vector<double>& moving_variance,
                   const std::vector<double>& population_mean, const std::vector<double>& population_variance);

/// Adds a line to layers.csv for every normalization layer, and to channels.csv for every channel that has moving statistics.
template <class T>
void add_layers(const Snapshot<T>& snapshot, const std::vector<statistics::LayerStatistics>& population, tables::RunRecord& record);

}  // namespace normrun::compare
