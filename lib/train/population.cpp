#include "train/population.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/error.hpp"

namespace normrun {
namespace {

/// The rows that the statistics are taken from: all of them, or `samples` at equal distances, so that the order in which
/// the split lists its classes does not matter.
std::vector<Index> population_rows(Index available, const Count& samples) {
  const Index wanted = samples.word == "all" ? available : samples.value;
  if (available == 0 || wanted > available) {
    throw Error(ExitCode::kUsage, Problem{"population",
                                          "asks for " + (wanted > 0 ? std::to_string(wanted) : "the") + " rows of a split that has " +
                                              std::to_string(available),
                                          "choose another population.split, or fewer population.samples"});
  }
  std::vector<Index> rows(static_cast<std::size_t>(wanted));
  for (Index i = 0; i < wanted; ++i) rows[static_cast<std::size_t>(i)] = i * available / wanted;
  return rows;
}

/// Adds the rows that a normalization layer sees: (examples * positions, features), without padded time steps.
template <class T>
void add_valid_rows(ConstView<T> activations, Index features, std::span<const Index> lengths, Index time_steps, ChannelMoments& moments) {
  const Index positions = activations.cols / features;
  const ConstView<T> rows = activations.reshaped(activations.rows * positions, features);
  if (lengths.empty() || positions != time_steps) {
    moments.add<T>(rows);
    return;
  }
  for (std::size_t e = 0; e < lengths.size(); ++e) moments.add<T>(rows.slice(static_cast<Index>(e) * positions, lengths[e]));
}

template <class T>
void put(const std::vector<double>& values, const StateId& id, Buffer<T>& state) {
  std::transform(values.begin(), values.end(), state.begin() + id.offset, [](double value) { return static_cast<T>(value); });
}

/// Indices into Layout::normalizations of the layers that have moving statistics.
std::vector<Index> layers_with_statistics(const Layout& layout) {
  std::vector<Index> layers;
  for (std::size_t i = 0; i < layout.normalizations.size(); ++i)
    if (layout.normalizations[i].moving_mean && layout.normalizations[i].moving_variance) layers.push_back(static_cast<Index>(i));
  return layers;
}

/// The slices that the two estimators add to their moments.
template <class T>
class PopulationPass {
 public:
  PopulationPass(const Network<T>& network, const Split<T>& split, std::vector<Index> rows, Index slice_rows)
      : network_(network), rows_(std::move(rows)), slice_rows_(slice_rows), forward_(network, split, slice_rows) {}

  const Normalization& normalization(Index index) const { return network_.layout().normalizations[static_cast<std::size_t>(index)]; }
  Index row_count() const { return static_cast<Index>(rows_.size()); }

  void run_slice(Index first, std::span<const T> params, std::span<const T> state, const Mode& mode, Index last_boundary) {
    const Index count = std::min(slice_rows_, row_count() - first);
    forward_.run(std::span(rows_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), params, state, mode,
                 last_boundary);
  }
  /// Adds what the last slice gave the normalization layer.
  void add_input_of(const Normalization& norm, ChannelMoments& moments) const {
    add_valid_rows(forward_.activations(norm.layer), norm.features, forward_.lengths(), network_.input().positions(), moments);
  }

 private:
  const Network<T>& network_;
  std::vector<Index> rows_;
  Index slice_rows_;
  SliceForward<T> forward_;
};

template <class T>
std::vector<LayerPopulation> layer_by_layer(const Network<T>& network, const Model<T>& model, const Split<T>& split,
                                            std::vector<Index> rows) {
  const Index slice_rows = std::min(kEvaluationRows, static_cast<Index>(rows.size()));
  PopulationPass<T> pass(network, split, std::move(rows), slice_rows);
  Buffer<T> repaired = model.state;
  std::vector<LayerPopulation> population;
  for (const Index index : layers_with_statistics(network.layout())) {
    const Normalization& norm = pass.normalization(index);
    ChannelMoments moments(norm.features);
    for (Index first = 0; first < pass.row_count(); first += slice_rows) {
      pass.run_slice(first, model.params, repaired, kEvalMode, norm.layer);
      pass.add_input_of(norm, moments);
    }
    population.push_back({index, moments.mean(), moments.variance()});
    put(population.back().mean, *norm.moving_mean, repaired);
    put(population.back().variance, *norm.moving_variance, repaired);
  }
  return population;
}

template <class T>
std::vector<LayerPopulation> batch_average(const Network<T>& network, const Model<T>& model, const Split<T>& split, std::vector<Index> rows,
                                           const Count& batch_size) {
  const Index available = static_cast<Index>(rows.size());
  const Index slice_rows = batch_size.word == "all" ? available : std::min(batch_size.value, available);
  const Index slices = available / slice_rows;
  PopulationPass<T> pass(network, split, std::move(rows), slice_rows);
  std::vector<LayerPopulation> population;
  for (const Index index : layers_with_statistics(network.layout())) {
    const std::vector<double> zeros(static_cast<std::size_t>(pass.normalization(index).features), 0.0);
    population.push_back({index, zeros, zeros});
  }
  if (population.empty()) return population;
  const Index last_boundary = pass.normalization(population.back().normalization).layer;
  for (Index slice = 0; slice < slices; ++slice) {
    pass.run_slice(slice * slice_rows, model.params, model.state, kTrainFrozen, last_boundary);
    for (LayerPopulation& layer : population) {
      const Normalization& norm = pass.normalization(layer.normalization);
      ChannelMoments moments(norm.features);
      pass.add_input_of(norm, moments);
      const std::vector<double> variance = moments.variance();
      for (std::size_t c = 0; c < variance.size(); ++c) {
        layer.mean[c] += moments.mean()[c] / static_cast<double>(slices);
        layer.variance[c] += variance[c] / static_cast<double>(slices);
      }
    }
  }
  return population;
}

}  // namespace

void PopulationOptions::describe(OptionVisitor& visitor) {
  const std::vector<std::string_view> splits = {"train", "validation", "test"};
  std::size_t index = static_cast<std::size_t>(std::find(splits.begin(), splits.end(), split) - splits.begin());
  visitor.choice_index({"split", "whose rows the population statistics are computed over"}, index, splits, {});
  split = splits[index];
  visitor.choice({"estimator",
                  "layer-by-layer: pooled over all rows, in double, each layer's input computed with the earlier layers already repaired; "
                  "batch-average: mean of the batches' means and biased variances with every layer in train mode, which is what the moving "
                  "averages estimate"},
                 estimator, {{"layer-by-layer", Estimator::kLayerByLayer}, {"batch-average", Estimator::kBatchAverage}});
  visitor.count({"samples", "rows to use, taken at equal distances"}, samples, {1, std::numeric_limits<Index>::max()}, {"all"});
  visitor.count({"batch_size", "rows of a batch of batch-average; a smaller last batch is left out"}, batch_size,
                {1, std::numeric_limits<Index>::max()}, {"all"});
}

template <class T>
std::vector<LayerPopulation> population_statistics(const Network<T>& network, const Model<T>& model, const Split<T>& split,
                                                   const PopulationOptions& options) {
  if (layers_with_statistics(network.layout()).empty()) return {};
  std::vector<Index> rows = population_rows(split.samples(), options.samples);
  if (options.estimator == Estimator::kLayerByLayer) return layer_by_layer(network, model, split, std::move(rows));
  return batch_average(network, model, split, std::move(rows), options.batch_size);
}

template <class T>
Buffer<T> population_state(const Network<T>& network, const Model<T>& model, const std::vector<LayerPopulation>& population) {
  Buffer<T> state = model.state;
  for (const LayerPopulation& layer : population) {
    const Normalization& norm = network.layout().normalizations[static_cast<std::size_t>(layer.normalization)];
    put(layer.mean, *norm.moving_mean, state);
    put(layer.variance, *norm.moving_variance, state);
  }
  return state;
}

template <class T>
Buffer<T> initial_state(const Network<T>& network, const Model<T>& model) {
  Buffer<T> state(model.state.size());
  for (const StateEntry& entry : network.layout().states)
    std::fill_n(state.begin() + entry.id.offset, entry.id.size, static_cast<T>(entry.initial));
  return state;
}

template std::vector<LayerPopulation> population_statistics<float>(const Network<float>&, const Model<float>&, const Split<float>&,
                                                                   const PopulationOptions&);
template std::vector<LayerPopulation> population_statistics<double>(const Network<double>&, const Model<double>&, const Split<double>&,
                                                                    const PopulationOptions&);
template Buffer<float> population_state<float>(const Network<float>&, const Model<float>&, const std::vector<LayerPopulation>&);
template Buffer<double> population_state<double>(const Network<double>&, const Model<double>&, const std::vector<LayerPopulation>&);
template Buffer<float> initial_state<float>(const Network<float>&, const Model<float>&);
template Buffer<double> initial_state<double>(const Network<double>&, const Model<double>&);

}  // namespace normrun
