#include "diagnosis/statistics_algebra.hpp"

#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"

namespace normrun::diagnosis {
namespace {

constexpr double kConstant = 1e-12;  // a channel with a variance below this holds one value
constexpr double kFarthest = 25.0;

}  // namespace

StatisticsList with_fault(const StatisticsList& base, const StatisticsList& faulty, const StatisticsList& sound) {
  StatisticsList result = base;
  for (std::size_t i = 0; i < base.size(); ++i) {
    for (std::size_t c = 0; c < base[i].mean.size(); ++c) {
      const double variance = sound[i].variance[c];
      const double difference = faulty[i].mean[c] - sound[i].mean[c];
      const bool is_scalable = variance > kConstant && base[i].variance[c] > kConstant;
      result[i].mean[c] += is_scalable ? difference * std::sqrt(base[i].variance[c] / variance) : difference;
      if (is_scalable)
        result[i].variance[c] *= std::max(faulty[i].variance[c], 0.0) / variance;
      else
        result[i].variance[c] = std::max(base[i].variance[c] + faulty[i].variance[c] - variance, 0.0);
    }
  }
  return result;
}

StatisticsList blended(const StatisticsList& base, const StatisticsList& other, double share) {
  StatisticsList result = base;
  for (std::size_t i = 0; i < base.size(); ++i) {
    for (std::size_t c = 0; c < base[i].mean.size(); ++c) {
      result[i].mean[c] += share * (other[i].mean[c] - base[i].mean[c]);
      result[i].variance[c] += share * (other[i].variance[c] - base[i].variance[c]);
    }
  }
  return result;
}

StatisticsList with_layer(const StatisticsList& base, const StatisticsList& other, std::size_t layer) {
  StatisticsList result = base;
  result[layer] = other[layer];
  return result;
}

std::vector<double> channel_distances(const statistics::LayerStatistics& a, const statistics::LayerStatistics& b,
                                      const statistics::LayerStatistics& scale, double epsilon) {
  std::vector<double> distances(a.mean.size(), 0.0);
  for (std::size_t c = 0; c < distances.size(); ++c) {
    if (!(scale.variance[c] > kConstant)) continue;
    const double mean = a.mean[c] - b.mean[c];
    const double log_ratio =
        math::log((std::max(a.variance[c], 0.0) + epsilon + kConstant) / (std::max(b.variance[c], 0.0) + epsilon + kConstant));
    distances[c] = std::min(mean * mean / (scale.variance[c] + epsilon) + 0.5 * log_ratio * log_ratio, kFarthest);
  }
  return distances;
}

double layer_distance(const statistics::LayerStatistics& a, const statistics::LayerStatistics& b, const statistics::LayerStatistics& scale,
                      double epsilon) {
  const std::vector<double> distances = channel_distances(a, b, scale, epsilon);
  double sum = 0.0;
  for (const double one : distances) sum += one;
  return sum / static_cast<double>(std::max<std::size_t>(distances.size(), 1));
}

double distance(const StatisticsList& a, const StatisticsList& b, const StatisticsList& scale, const nn::Layout& layout) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += layer_distance(a[i], b[i], scale[i], layout.normalizations[static_cast<std::size_t>(a[i].normalization)].epsilon);
  return sum / static_cast<double>(std::max<std::size_t>(a.size(), 1));
}

BlendFit fit_blend(const StatisticsList& statistics, const StatisticsList& base, const StatisticsList& towards) {
  double along = 0.0;
  double length = 0.0;
  double whole = 0.0;
  const auto add = [&](double moved, double direction, double scale) {
    along += moved * direction / scale;
    length += direction * direction / scale;
    whole += moved * moved / scale;
  };
  for (std::size_t i = 0; i < base.size(); ++i) {
    for (std::size_t c = 0; c < base[i].mean.size(); ++c) {
      const double variance = base[i].variance[c];
      if (!(variance > kConstant)) continue;
      add(statistics[i].mean[c] - base[i].mean[c], towards[i].mean[c] - base[i].mean[c], variance);
      add(statistics[i].variance[c] - variance, towards[i].variance[c] - variance, 2.0 * variance * variance);
    }
  }
  if (!(length > 0.0) || !(whole > 0.0)) return {};
  const double share = along / length;
  return {share, (2.0 * share * along - share * share * length) / whole};
}

std::vector<Index> give_usual_variance(statistics::LayerStatistics& layer) {
  constexpr double kHardly = 0.01;
  std::vector<Index> channels;
  if (layer.variance.empty()) return channels;
  std::vector<double> sorted = layer.variance;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  for (std::size_t c = 0; c < layer.variance.size(); ++c) {
    if (!(layer.variance[c] < kHardly * *middle)) continue;
    layer.variance[c] = *middle;
    channels.push_back(static_cast<Index>(c));
  }
  return channels;
}

bool are_equal(const StatisticsList& a, const StatisticsList& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const statistics::LayerStatistics& x, const statistics::LayerStatistics& y) {
    return x.normalization == y.normalization && x.mean == y.mean && x.variance == y.variance;
  });
}

}  // namespace normrun::diagnosis
