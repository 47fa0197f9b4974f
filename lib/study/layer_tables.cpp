#include "study/layer_tables.hpp"

#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"

namespace normrun {
namespace {

template <class T, class Id>
std::vector<double> values_of(const Buffer<T>& buffer, const Id& id) {
  const auto first = buffer.begin() + id.offset;
  return {first, first + id.size};
}

template <class T>
Cell value_at(const Buffer<T>& params, const std::optional<ParamId>& id, std::size_t channel) {
  return id ? Cell{static_cast<double>(params[static_cast<std::size_t>(id->offset) + channel])} : Cell{};
}

}  // namespace

LayerGap layer_gap(const std::vector<double>& moving_mean, const std::vector<double>& moving_variance,
                   const std::vector<double>& population_mean, const std::vector<double>& population_variance) {
  LayerGap gap;
  double squares = 0.0;
  double logs = 0.0;
  for (std::size_t c = 0; c < moving_mean.size(); ++c) {
    if (!(population_variance[c] > 0.0)) {
      ++gap.dead_channels;
      continue;
    }
    const double channel_gap = std::abs(moving_mean[c] - population_mean[c]) / std::sqrt(population_variance[c]);
    squares += channel_gap * channel_gap;
    logs += math::log(moving_variance[c] / population_variance[c]);
    if (gap.worst_channel < 0 || channel_gap > gap.worst_gap) {
      gap.worst_channel = static_cast<Index>(c);
      gap.worst_gap = channel_gap;
    }
  }
  const double alive = static_cast<double>(moving_mean.size()) - static_cast<double>(gap.dead_channels);
  gap.mean_gap = std::sqrt(squares / alive);
  gap.var_ratio = math::exp(logs / alive);
  return gap;
}

template <class T>
void add_layers(const Snapshot<T>& snapshot, const std::vector<LayerStatistics>& population, RunRecord& record) {
  const Layout& layout = snapshot.network.layout();
  for (std::size_t i = 0; i < layout.normalizations.size(); ++i) {
    const Normalization& norm = layout.normalizations[i];
    std::vector<Cell> cells = {snapshot.epoch, snapshot.step, norm.name, norm.type, norm.features};
    const auto found = std::find_if(population.begin(), population.end(),
                                    [i](const LayerStatistics& layer) { return layer.normalization == static_cast<Index>(i); });
    if (found == population.end()) {
      cells.resize(table(TableId::kLayers).columns.size());
      record.add(TableId::kLayers, cells);
      continue;
    }
    const std::vector<double> mean = values_of(snapshot.model.state, *norm.moving_mean);
    const std::vector<double> variance = values_of(snapshot.model.state, *norm.moving_variance);
    const Index updates = update_count<T>(norm, snapshot.model.state);
    const LayerGap gap = layer_gap(mean, variance, found->mean, found->variance);
    const bool alive = gap.worst_channel >= 0;
    const auto number = [alive](double value) { return alive ? Cell{value} : Cell{}; };
    cells.insert(cells.end(), {updates, norm.average == Average::kCumulative ? Cell{} : Cell{norm.momentum},
                               share_left(norm.average, norm.momentum, 0, updates), number(gap.mean_gap), number(gap.var_ratio),
                               gap.dead_channels, alive ? Cell{gap.worst_channel} : Cell{}, number(gap.worst_gap)});
    record.add(TableId::kLayers, cells);
    for (std::size_t c = 0; c < mean.size(); ++c) {
      record.add(TableId::kChannels,
                 {snapshot.epoch, snapshot.step, norm.name, static_cast<Index>(c), mean[c], variance[c], found->mean[c], found->variance[c],
                  value_at(snapshot.model.params, norm.gamma, c), value_at(snapshot.model.params, norm.beta, c)});
    }
  }
}

template void add_layers(const Snapshot<float>&, const std::vector<LayerStatistics>&, RunRecord&);
template void add_layers(const Snapshot<double>&, const std::vector<LayerStatistics>&, RunRecord&);

}  // namespace normrun
