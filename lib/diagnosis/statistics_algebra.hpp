#pragma once

#include <vector>

#include "diagnosis/subject.hpp"

namespace normrun::diagnosis {

/// `base` with what leads from the statistics `sound` to the statistics `faulty` put on top: the means' differences, in units of the
/// standard deviation, and the variances' ratios.  So a fault that was measured in one place can stand alone in another.
StatisticsList with_fault(const StatisticsList& base, const StatisticsList& faulty, const StatisticsList& sound);

/// base + share (other - base): what a moving average holds that gave `share` of its weight to `other`.
StatisticsList blended(const StatisticsList& base, const StatisticsList& other, double share);

/// `base` with one layer's statistics of `other`.
StatisticsList with_layer(const StatisticsList& base, const StatisticsList& other, std::size_t layer);

/// Squared distance of two layers' statistics channel by channel, in units of the spread of `scale`: that of the means, and half that of
/// the logs of the variances.  Channels that `scale` holds constant have 0.  At most 25 a channel.
std::vector<double> channel_distances(const statistics::LayerStatistics& a, const statistics::LayerStatistics& b,
                                      const statistics::LayerStatistics& scale, double epsilon);
/// Their mean over the channels, and over the layers.
double layer_distance(const statistics::LayerStatistics& a, const statistics::LayerStatistics& b, const statistics::LayerStatistics& scale,
                      double epsilon);
double distance(const StatisticsList& a, const StatisticsList& b, const StatisticsList& scale, const nn::Layout& layout);

/// How much of `towards` the statistics hold beside `base`, by least squares over all channels of all layers, and the share of the
/// difference from `base` that this explains.
struct BlendFit {
  double share = 0.0;
  double explained = 0.0;  // R^2
};
BlendFit fit_blend(const StatisticsList& statistics, const StatisticsList& base, const StatisticsList& towards);

/// Gives the channels of a layer that hardly vary, with less than a hundredth of the median variance, that median; which channels they are.
std::vector<Index> give_usual_variance(statistics::LayerStatistics& layer);

bool are_equal(const StatisticsList& a, const StatisticsList& b);

}  // namespace normrun::diagnosis
