#pragma once

#include <vector>

#include "diagnosis/subject.hpp"

namespace normrun::diagnosis {

/// Returns `base` with the fault that leads from the statistics `sound` to the statistics `faulty`: the same differences of the means, in
/// units of the standard deviation, and the same ratios of the variances.  A fault that was measured in one place can thus stand alone in
/// another.
StatisticsList with_fault(const StatisticsList& base, const StatisticsList& faulty, const StatisticsList& sound);

/// Returns base + share (other - base): what a moving average holds if it gave `share` of its weight to `other`.
StatisticsList blended(const StatisticsList& base, const StatisticsList& other, double share);

/// Returns `base` with the statistics of one layer taken from `other`.
StatisticsList with_layer(const StatisticsList& base, const StatisticsList& other, std::size_t layer);

/// Returns the squared distance between two layers' statistics for each channel, at most 25: the squared difference of the means in units
/// of the variance that `scale` has, plus half the squared difference of the logs of the variances.  It is 0 for channels that are constant
/// in `scale`.
std::vector<double> channel_distances(const statistics::LayerStatistics& a, const statistics::LayerStatistics& b,
                                      const statistics::LayerStatistics& scale, double epsilon);
/// layer_distance() is the mean of channel_distances() over the channels; distance() is the mean of layer_distance() over the layers.
double layer_distance(const statistics::LayerStatistics& a, const statistics::LayerStatistics& b, const statistics::LayerStatistics& scale,
                      double epsilon);
double distance(const StatisticsList& a, const StatisticsList& b, const StatisticsList& scale, const nn::Layout& layout);

/// How much of `towards` the statistics hold beside `base`.  The number is fitted by least squares over all channels of all layers, with
/// the share of the statistics' difference from `base` that the fit explains.
struct BlendFit {
  double share = 0.0;
  double explained = 0.0;  // the share of the difference, R^2
};
BlendFit fit_blend(const StatisticsList& statistics, const StatisticsList& base, const StatisticsList& towards);

/// Gives the median variance of a layer to those channels that hardly vary (less than a hundredth of that median).  Returns their numbers.
std::vector<Index> give_usual_variance(statistics::LayerStatistics& layer);

bool are_equal(const StatisticsList& a, const StatisticsList& b);

}  // namespace normrun::diagnosis
