#include "statistics/moving_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace normrun::statistics {
namespace {

template <class T>
std::vector<double> values_of(std::span<const T> state, const nn::StateId& id) {
  const auto first = state.begin() + id.offset;
  return {first, first + id.size};
}

template <class T>
void put(const std::vector<double>& values, const nn::StateId& id, Buffer<T>& state) {
  std::transform(values.begin(), values.end(), state.begin() + id.offset, [](double value) { return static_cast<T>(value); });
}

/// Returns the quantity that a layer's rule averages in place of the variance.  variance_of is the inverse.
double spread_of(nn::MovingVariance rule, double epsilon, double variance) {
  return rule == nn::MovingVariance::kFromDeviation ? std::sqrt(variance + epsilon) : variance;
}
double variance_of(nn::MovingVariance rule, double epsilon, double spread) {
  return rule == nn::MovingVariance::kFromDeviation ? std::max(spread * spread - epsilon, 0.0) : spread;
}

double initial_value(const nn::Layout& layout, const nn::StateId& id) {
  const auto is_it = [&id](const nn::StateEntry& entry) { return entry.id.offset == id.offset; };
  return std::find_if(layout.states.begin(), layout.states.end(), is_it)->initial;
}

}  // namespace

std::vector<Index> layers_with_statistics(const nn::Layout& layout) {
  std::vector<Index> layers;
  for (std::size_t i = 0; i < layout.normalizations.size(); ++i)
    if (layout.normalizations[i].moving_mean && layout.normalizations[i].moving_variance) layers.push_back(static_cast<Index>(i));
  return layers;
}

Index boundary_of_input(const nn::Normalization& norm) { return norm.kept ? norm.layer + 1 : norm.input; }

Index highest_input(const nn::Layout& layout) {
  Index highest = 0;
  for (const Index index : layers_with_statistics(layout))
    highest = std::max(highest, boundary_of_input(layout.normalizations[static_cast<std::size_t>(index)]));
  return highest;
}

std::vector<NormGroup> norm_groups(const nn::Layout& layout) {
  std::vector<NormGroup> groups;
  Index layer = -1;  // that the last group lies inside of
  for (const Index index : layers_with_statistics(layout)) {
    const nn::Normalization& norm = layout.normalizations[static_cast<std::size_t>(index)];
    if (!norm.kept || norm.layer != layer) groups.push_back({.norms = {}, .input = norm.input, .last_boundary = boundary_of_input(norm)});
    layer = norm.kept ? norm.layer : -1;
    NormGroup& group = groups.back();
    group.norms.push_back(index);
    // A step adds a link to the chain for each norm that the step before reaches: at most all of the group.
    if (norm.kept) group.rounds = norm.steps * std::ssize(group.norms) + 1;
  }
  return groups;
}

template <class T>
Buffer<T> state_with(const nn::Layout& layout, std::span<const T> state, const std::vector<LayerStatistics>& statistics) {
  Buffer<T> changed(state.begin(), state.end());
  for (const LayerStatistics& layer : statistics) {
    const nn::Normalization& norm = layout.normalizations[static_cast<std::size_t>(layer.normalization)];
    put(layer.mean, *norm.moving_mean, changed);
    put(layer.variance, *norm.moving_variance, changed);
  }
  return changed;
}

template <class T>
Buffer<T> initial_state(const nn::Layout& layout) {
  Buffer<T> state(static_cast<std::size_t>(layout.state_count));
  for (const nn::StateEntry& entry : layout.states)
    std::fill_n(state.begin() + entry.id.offset, entry.id.size, static_cast<T>(entry.initial));
  return state;
}

template <class T>
Index update_count(const nn::Normalization& norm, std::span<const T> state) {
  return static_cast<Index>(state[static_cast<std::size_t>(norm.updates->offset)]);
}

template <class T>
LayerStatistics moving_statistics(const nn::Layout& layout, Index normalization, std::span<const T> state) {
  const nn::Normalization& norm = layout.normalizations[static_cast<std::size_t>(normalization)];
  return {normalization, values_of(state, *norm.moving_mean), values_of(state, *norm.moving_variance)};
}

namespace {

/// Returns the variances that rounding alone may leave after the correction, if every batch had variance 0.  Each update rounds the product
/// of the moving spread and the momentum, so the share of the initial value that is left is wrong by up to updates epsilon_T times itself.
/// The correction subtracts the exact share and divides.  The rounding of the numbers themselves is not included (ChannelMoments).
template <class T>
std::vector<double> rounding_of_corrected(const nn::Normalization& norm, Index updates, double share, double spread_start,
                                          const std::vector<double>& mean) {
  constexpr double kPrecision = std::numeric_limits<T>::epsilon();
  const double still = spread_of(norm.variance_rule, norm.epsilon, 0.0);  // the spread of constant numbers
  const double off = static_cast<double>(updates) * kPrecision * (share * std::abs(spread_start) + still) / (1.0 - share);
  const double of_average = variance_of(norm.variance_rule, norm.epsilon, still + off);
  std::vector<double> rounding;
  rounding.reserve(mean.size());
  for (const double value : mean) rounding.push_back(of_average + kPrecision * value * kPrecision * value);
  return rounding;
}

}  // namespace

template <class T>
std::vector<LayerStatistics> bias_corrected(const nn::Layout& layout, std::span<const T> state) {
  std::vector<LayerStatistics> corrected;
  for (const Index index : layers_with_statistics(layout)) {
    const nn::Normalization& norm = layout.normalizations[static_cast<std::size_t>(index)];
    const double share = nn::share_left(norm.average, norm.momentum, 0, update_count(norm, state));
    if (share == 1.0) continue;
    LayerStatistics layer = moving_statistics(layout, index, state);
    const double mean_start = initial_value(layout, *norm.moving_mean);
    for (double& mean : layer.mean) mean = (mean - share * mean_start) / (1.0 - share);
    const nn::StateId moved = norm.moving_deviation.value_or(*norm.moving_variance);
    const double spread_start = initial_value(layout, moved);
    const std::vector<double> spread = values_of(state, moved);
    for (std::size_t c = 0; c < spread.size(); ++c) {
      const double own = std::max((spread[c] - share * spread_start) / (1.0 - share), 0.0);
      layer.variance[c] = variance_of(norm.variance_rule, norm.epsilon, own);
    }
    layer.rounding = rounding_of_corrected<T>(norm, update_count(norm, state), share, spread_start, layer.mean);
    corrected.push_back(std::move(layer));
  }
  return corrected;
}

BatchAverage::BatchAverage(const nn::Normalization& norm)
    : rule_(norm.variance_rule),
      epsilon_(norm.epsilon),
      weight_(static_cast<std::size_t>(norm.steps)),
      variance_weight_(weight_.size()),
      mean_(static_cast<std::size_t>(norm.features)),
      spread_(mean_.size()) {}

void BatchAverage::add(const ChannelMoments& batch, double weight) {
  const std::vector<double> variance = batch.variance();
  const std::size_t channels = mean_.size() / weight_.size();
  for (std::size_t group = 0; group < weight_.size(); ++group) {
    const auto rows = static_cast<double>(batch.rows(static_cast<Index>(group)));
    const std::size_t first = group * channels;
    if (rows == 0.0) continue;
    weight_[group] += weight;
    for (std::size_t c = first; c < first + channels; ++c) mean_[c] += weight * batch.mean()[c];
    const bool unbiased = rule_ == nn::MovingVariance::kUnbiased;
    if (unbiased && rows < 2.0) continue;
    const double factor = unbiased ? rows / (rows - 1.0) : 1.0;
    variance_weight_[group] += weight;
    for (std::size_t c = first; c < first + channels; ++c) spread_[c] += weight * spread_of(rule_, epsilon_, factor * variance[c]);
  }
}

void BatchAverage::replace(LayerStatistics& statistics) const {
  const std::size_t channels = mean_.size() / weight_.size();
  for (std::size_t c = 0; c < mean_.size(); ++c) {
    const std::size_t group = c / channels;
    if (weight_[group] > 0.0) statistics.mean[c] = mean_[c] / weight_[group];
    if (variance_weight_[group] > 0.0) statistics.variance[c] = variance_of(rule_, epsilon_, spread_[c] / variance_weight_[group]);
  }
}

template Buffer<float> state_with(const nn::Layout&, std::span<const float>, const std::vector<LayerStatistics>&);
template Buffer<double> state_with(const nn::Layout&, std::span<const double>, const std::vector<LayerStatistics>&);
template Buffer<float> initial_state(const nn::Layout&);
template Buffer<double> initial_state(const nn::Layout&);
template Index update_count(const nn::Normalization&, std::span<const float>);
template Index update_count(const nn::Normalization&, std::span<const double>);
template std::vector<LayerStatistics> bias_corrected(const nn::Layout&, std::span<const float>);
template std::vector<LayerStatistics> bias_corrected(const nn::Layout&, std::span<const double>);
template LayerStatistics moving_statistics(const nn::Layout&, Index, std::span<const float>);
template LayerStatistics moving_statistics(const nn::Layout&, Index, std::span<const double>);

}  // namespace normrun::statistics
