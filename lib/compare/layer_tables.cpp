#include "compare/layer_tables.hpp"

#include <algorithm>
#include <cmath>

#include "compare/layer_output_gaps.hpp"
#include "core/elementary.hpp"

namespace normrun::compare {
namespace {

template <class T>
tables::Cell value_at(const Buffer<T>& params, const std::optional<nn::ParamId>& id, std::size_t channel) {
  return id ? tables::Cell{static_cast<double>(params[static_cast<std::size_t>(id->offset) + channel])} : tables::Cell{};
}

}  // namespace

LayerGap layer_gap(const std::vector<double>& moving_mean, const std::vector<double>& moving_variance,
                   const statistics::LayerStatistics& population) {
  LayerGap gap;
  double squares = 0.0;
  double logs = 0.0;
  for (std::size_t c = 0; c < moving_mean.size(); ++c) {
    if (population.is_constant(c)) {
      ++gap.dead_channels;
      continue;
    }
    const double channel_gap = std::abs(moving_mean[c] - population.mean[c]) / std::sqrt(population.variance[c]);
    squares += channel_gap * channel_gap;
    logs += math::log(moving_variance[c] / population.variance[c]);
    if (gap.worst_channel < 0 || (!std::isnan(gap.worst_gap) && !(channel_gap <= gap.worst_gap))) {
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
void add_layers(const Snapshot<T>& snapshot, const std::vector<statistics::LayerStatistics>& population, tables::RunRecord& record) {
  const nn::Layout& layout = snapshot.network.layout();
  const std::vector<double> output_gaps = layer_output_gaps(snapshot);
  for (std::size_t i = 0; i < layout.normalizations.size(); ++i) {
    const nn::Normalization& norm = layout.normalizations[i];
    std::vector<tables::NamedCell> cells = {
        {"epoch", snapshot.epoch}, {"step", snapshot.step}, {"layer", norm.name}, {"type", norm.type}, {"features", norm.features}};
    const auto found = std::find_if(population.begin(), population.end(),
                                    [i](const statistics::LayerStatistics& layer) { return layer.normalization == static_cast<Index>(i); });
    if (found == population.end()) {
      cells.push_back({"relative_gap", tables::cell_or_empty(output_gaps[i])});
      record.add(tables::TableId::kLayers, cells);
      continue;
    }
    const statistics::LayerStatistics moving = statistics::moving_statistics<T>(layout, found->normalization, snapshot.model.state);
    const std::vector<double>& mean = moving.mean;
    const std::vector<double>& variance = moving.variance;
    const Index updates = statistics::update_count<T>(norm, snapshot.model.state);
    const bool is_known = static_cast<double>(updates) < nn::kUnknownUpdates;
    const LayerGap gap = layer_gap(mean, variance, *found);
    const bool alive = gap.worst_channel >= 0;
    const auto number = [alive](double value) { return alive ? tables::cell_or_empty(value) : tables::Cell{}; };
    const bool has_momentum = norm.average != nn::Average::kCumulative;
    cells.insert(cells.end(),
                 {{"updates", is_known ? tables::Cell{updates} : tables::Cell{}},
                  {"momentum", has_momentum ? tables::Cell{norm.momentum} : tables::Cell{}},
                  {"init_share", is_known ? tables::Cell{nn::share_left(norm.average, norm.momentum, 0, updates)} : tables::Cell{}},
                  {"mean_gap", number(gap.mean_gap)},
                  {"var_ratio", number(gap.var_ratio)},
                  {"dead_channels", gap.dead_channels},
                  {"worst_channel", alive ? tables::Cell{gap.worst_channel} : tables::Cell{}},
                  {"worst_gap", number(gap.worst_gap)},
                  {"relative_gap", tables::cell_or_empty(output_gaps[i])}});
    record.add(tables::TableId::kLayers, cells);
    for (std::size_t c = 0; c < mean.size(); ++c) {
      const double population_variance = found->is_constant(c) ? 0.0 : found->variance[c];
      record.add(tables::TableId::kChannels, {{"epoch", snapshot.epoch},
                                              {"step", snapshot.step},
                                              {"layer", norm.name},
                                              {"channel", static_cast<Index>(c)},
                                              {"moving_mean", mean[c]},
                                              {"moving_variance", variance[c]},
                                              {"population_mean", found->mean[c]},
                                              {"population_variance", population_variance},
                                              {"gamma", value_at(snapshot.model.params, norm.gamma, c)},
                                              {"beta", value_at(snapshot.model.params, norm.beta, c)}});
    }
  }
}

template void add_layers(const Snapshot<float>&, const std::vector<statistics::LayerStatistics>&, tables::RunRecord&);
template void add_layers(const Snapshot<double>&, const std::vector<statistics::LayerStatistics>&, tables::RunRecord&);

}  // namespace normrun::compare
