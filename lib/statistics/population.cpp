#include "statistics/population.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/random.hpp"
#include "statistics/layer_input.hpp"
#include "statistics/stem_outputs.hpp"

namespace normrun::statistics {
namespace {

/// Returns the rows from which the statistics are computed: all rows, or `samples` of them at equal distances.  Files often list their rows
/// class by class, and equal distances reach every class.
std::vector<Index> population_rows(Index available, const config::Count& samples) {
  const Index wanted = samples.word == "all" ? available : samples.value;
  std::vector<Index> rows(static_cast<std::size_t>(wanted));
  for (Index i = 0; i < wanted; ++i) rows[static_cast<std::size_t>(i)] = i * available / wanted;
  return rows;
}

/// Runs slices of rows, so that the estimators can add up what the layers read of them.
template <class T>
class PopulationPass {
 public:
  PopulationPass(const nn::Network<T>& network, const SplitRows<T>& source, std::vector<Index> rows, Index slice_rows,
                 std::optional<nn::PaddedSteps> padded_steps)
      : network_(network),
        rows_(std::move(rows)),
        slice_rows_(slice_rows),
        padded_steps_(padded_steps),
        stem_end_(source.stem != nullptr ? source.stem->boundary() : 0),
        forward_(network, source, slice_rows) {}

  const nn::Normalization& normalization(Index index) const { return network_.layout().normalizations[static_cast<std::size_t>(index)]; }
  Index highest_input() const { return statistics::highest_input(network_.layout()); }
  Index row_count() const { return static_cast<Index>(rows_.size()); }

  void run_slice(Index first, std::span<const T> params, std::span<const T> state, const Mode& mode, Index last_boundary) {
    const Index count = std::min(slice_rows_, row_count() - first);
    forward_.run(std::span(rows_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)), params, state, mode,
                 last_boundary);
  }
  /// Runs a slice in eval mode from activations that the last round kept, so that the layers below do not run again for every
  /// normalization.  If the activations at the highest cut below `last_boundary` take little memory, they are kept for the next round.
  void run_slice_from_kept(Index first, std::span<const T> params, std::span<const T> state, Index last_boundary) {
    const Index count = std::min(slice_rows_, row_count() - first);
    const auto rows = std::span(rows_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    if (kept_at_ > 0)
      forward_.run_from(kept_at_, std::as_const(kept_).view().slice(first, count), rows, params, state, kEvalMode, last_boundary);
    else
      forward_.run(rows, params, state, kEvalMode, last_boundary);
    if (next_at_ == 0) return;
    const ConstView<T> activations = forward_.activations(next_at_);
    std::copy(activations.begin(), activations.end(), next_.view().row(first));
  }
  void start_round(Index last_boundary) {
    constexpr Index kMostBytes = Index{1} << 25;
    const Index cut = network_.cut_below(last_boundary);
    const Index size = boundary_size(network_, cut);
    next_at_ = cut > std::max(kept_at_, stem_end_) && size <= kMostBytes / static_cast<Index>(sizeof(T)) / row_count() ? cut : 0;
    if (next_at_ > 0) next_ = Matrix<T>(row_count(), size);
  }
  void finish_round() {
    if (next_at_ == 0) return;
    kept_at_ = next_at_;
    std::swap(kept_, next_);
  }
  /// Calls visit(group, moments) for each group of the last slice's rows that share batch statistics in this layer.
  template <class Visit>
  void each_group(const nn::Normalization& norm, const Visit& visit) const {
    each_statistics_group(forward_, norm, padded_steps_.value_or(norm.padded_steps), visit);
  }
  /// Adds the rows that the normalization layer read in the last slice.
  void add_input_of(const nn::Normalization& norm, ChannelMoments& moments) const {
    add_layer_input(forward_, norm, padded_steps_.value_or(norm.padded_steps), moments);
  }

 private:
  const nn::Network<T>& network_;
  std::vector<Index> rows_;
  Index slice_rows_;
  std::optional<nn::PaddedSteps> padded_steps_;
  Index stem_end_;  // the upper end of the stem if its outputs are kept, and 0 otherwise
  SliceForward<T> forward_;
  Index kept_at_ = 0;  // `kept_` holds the activations of all rows at this boundary; 0: nothing is kept
  Matrix<T> kept_;
  Index next_at_ = 0;
  Matrix<T> next_;
};

/// Whether the number of padded steps that a layer counts depends on the batch.
bool pads_batches(const nn::Layout& layout, std::optional<nn::PaddedSteps> padded_steps) {
  return std::any_of(layout.normalizations.begin(), layout.normalizations.end(), [&](const nn::Normalization& norm) {
    return padded_steps.value_or(norm.padded_steps) == nn::PaddedSteps::kToLongest;
  });
}

/// Writes the moments of rows into a layer's statistics.  A time step that no row reaches keeps its old statistics.
template <class T>
void replace(const ChannelMoments& moments, LayerStatistics& statistics) {
  statistics.rounding = moments.rounding_variance(std::numeric_limits<T>::epsilon());
  const std::vector<double> variance = moments.variance();
  const std::size_t channels = variance.size() / static_cast<std::size_t>(moments.groups());
  for (std::size_t c = 0; c < variance.size(); ++c) {
    if (moments.rows(static_cast<Index>(c / channels)) == 0) continue;
    statistics.mean[c] = moments.mean()[c];
    statistics.variance[c] = variance[c];
  }
}

template <class T>
std::vector<LayerStatistics> layer_by_layer(const nn::Network<T>& network, const nn::Model<T>& model, const SplitRows<T>& source,
                                            std::vector<Index> rows, std::optional<nn::PaddedSteps> padded_steps, Index slice_rows) {
  PopulationPass<T> pass(network, source, std::move(rows), slice_rows, padded_steps);
  Buffer<T> repaired = model.state;
  std::vector<LayerStatistics> population;
  for (const NormGroup& group : norm_groups(network.layout())) {
    pass.start_round(group.input);
    std::vector<LayerStatistics> found;
    Buffer<T> before;
    for (Index round = 0; round < group.rounds && before != repaired; ++round) {
      std::vector<ChannelMoments> moments;
      moments.reserve(group.norms.size());
      for (const Index index : group.norms) moments.emplace_back(pass.normalization(index).features, pass.normalization(index).steps);
      for (Index first = 0; first < pass.row_count(); first += slice_rows) {
        pass.run_slice_from_kept(first, model.params, repaired, group.last_boundary);
        for (std::size_t i = 0; i < moments.size(); ++i) pass.add_input_of(pass.normalization(group.norms[i]), moments[i]);
      }
      found.clear();
      for (std::size_t i = 0; i < moments.size(); ++i) {
        found.push_back(moving_statistics<T>(network.layout(), group.norms[i], model.state));
        replace<T>(moments[i], found.back());
      }
      before = state_with<T>(network.layout(), repaired, found);
      std::swap(before, repaired);
    }
    pass.finish_round();
    population.insert(population.end(), found.begin(), found.end());
  }
  return population;
}

/// Files often list their rows class by class.
void shuffle(std::vector<Index>& rows) { RandomStream(0, Purpose::kPopulation).shuffle(rows); }

/// Runs batches in train mode.  For every layer and batch (or each ghost batch, if the layer divides batches) it calls `add` with the
/// layer's place in `layers` and the moments of what the layer read.
template <class T, class Add>
void each_batch(PopulationPass<T>& pass, const nn::Model<T>& model, const std::vector<Index>& layers, Index batch_size, Add&& add) {
  const Index last_boundary = pass.highest_input();
  for (Index first = 0; first + batch_size <= pass.row_count(); first += batch_size) {
    pass.run_slice(first, model.params, model.state, kTrainFrozen, last_boundary);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      pass.each_group(pass.normalization(layers[i]), [&](Index /*group*/, const ChannelMoments& moments) { add(i, moments); });
    }
  }
}

/// Returns the variances that rounding alone may leave in an average over batches.  In batches of two rows, an unbiased variance is twice
/// the biased one.  A rule that averages roots of variance + epsilon adds the rounding error of a sum of so many doubles.
template <class T>
std::vector<double> rounding_of_average(const nn::Normalization& norm, const ChannelMoments& moments, Index batches) {
  std::vector<double> rounding = moments.rounding_variance(std::numeric_limits<T>::epsilon());
  const bool averages_roots = norm.variance_rule == nn::MovingVariance::kFromDeviation;
  const double of_roots = averages_roots ? static_cast<double>(batches + 4) * std::numeric_limits<double>::epsilon() * norm.epsilon : 0.0;
  for (double& variance : rounding) variance = 2.0 * variance + of_roots;
  return rounding;
}

template <class T>
std::vector<LayerStatistics> by_batch(const nn::Network<T>& network, const nn::Model<T>& model, const SplitRows<T>& source,
                                      std::vector<Index> rows, const PopulationOptions& options, Index batch_size) {
  shuffle(rows);
  const std::vector<Index> layers = layers_with_statistics(network.layout());
  PopulationPass<T> pass(network, source, std::move(rows), batch_size, options.padded_steps);
  std::vector<BatchAverage> averages;
  std::vector<ChannelMoments> pooled;
  for (const Index index : layers) {
    const nn::Normalization& norm = pass.normalization(index);
    averages.emplace_back(norm);
    pooled.emplace_back(norm.features, norm.steps);
  }
  each_batch(pass, model, layers, batch_size, [&](std::size_t i, const ChannelMoments& moments) {
    averages[i].add(moments, 1.0);
    pooled[i].merge(moments);
  });
  std::vector<LayerStatistics> population;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    population.push_back(moving_statistics<T>(network.layout(), layers[i], model.state));
    if (options.estimator == Estimator::kPooled) {
      replace<T>(pooled[i], population.back());
      continue;
    }
    averages[i].replace(population.back());
    population.back().rounding = rounding_of_average<T>(pass.normalization(layers[i]), pooled[i], pass.row_count() / batch_size);
  }
  return population;
}

}  // namespace

void PopulationOptions::describe(config::OptionVisitor& visitor) {
  const std::vector<std::string_view> splits = {"train", "validation", "test"};
  std::size_t index = static_cast<std::size_t>(std::find(splits.begin(), splits.end(), split) - splits.begin());
  visitor.choice_index({"split", "the split whose rows the population statistics are computed from"}, index, splits, {});
  split = splits[index];
  visitor.choice(
      {"estimator",
       "layer-by-layer: pooled over all rows, in double; each layer's input is computed with the earlier layers already repaired; "
       "pooled: pooled over all rows, with every layer in train mode; batch-average: the mean over batches, with every layer in train "
       "mode, "
       "which is what the moving averages estimate (with \"moving_variance\": \"unbiased\" batches of one row leave the moving variance "
       "as it is); bias-corrected: the moving averages with the rest of their initial values taken out.  moving_layer, whose one "
       "mean and variance are no population's, keeps its moving averages whatever the estimator"},
      estimator,
      {{"layer-by-layer", Estimator::kLayerByLayer},
       {"pooled", Estimator::kPooled},
       {"batch-average", Estimator::kBatchAverage},
       {"bias-corrected", Estimator::kBiasCorrected}});
  visitor.count({"samples", "how many rows are used; they are taken at equal distances"}, samples, {1, std::numeric_limits<Index>::max()},
                {"all"});
  visitor.count(
      {"batch_size",
       "how many rows a batch of pooled and batch-average has; train: the batch size of training; a smaller last batch is left out"},
      batch_size, {1, std::numeric_limits<Index>::max()}, {"all", "train"});
}

void check_population(const PopulationOptions& options, Index available) {
  const Index wanted = options.samples.word == "all" ? available : options.samples.value;
  if (options.estimator == Estimator::kBiasCorrected || (available > 0 && wanted <= available)) return;
  throw Error(ExitCode::kUsage, Problem{"population",
                                        "asks for " + (wanted > 0 ? std::to_string(wanted) : "the") + " rows of the " + options.split +
                                            " split, which has " + std::to_string(available),
                                        "choose another population.split, or fewer population.samples"});
}

template <class T>
std::vector<LayerStatistics> population_statistics(const nn::Network<T>& network, const nn::Model<T>& model,
                                                   const std::type_identity_t<SplitRows<T>>& source, const PopulationOptions& options,
                                                   Index train_batch_size) {
  if (layers_with_statistics(network.layout()).empty()) return {};
  if (options.estimator == Estimator::kBiasCorrected) return bias_corrected<T>(network.layout(), model.state);
  check_population(options, source.split.samples());
  std::vector<Index> rows = population_rows(source.split.samples(), options.samples);
  const Index available = static_cast<Index>(rows.size());
  if (options.estimator == Estimator::kLayerByLayer) {
    // Where each batch is padded by itself, the rows run in random batches of training's size.
    const bool runs_batches = pads_batches(network.layout(), options.padded_steps);
    if (runs_batches) shuffle(rows);
    const Index slice_rows = std::min(runs_batches ? train_batch_size : kEvaluationRows, available);
    return layer_by_layer(network, model, source, std::move(rows), options.padded_steps, slice_rows);
  }
  const config::Count& size = options.batch_size;
  const Index batch_size = size.word == "all" ? available : size.word == "train" ? train_batch_size : size.value;
  return by_batch(network, model, source, std::move(rows), options, std::min(batch_size, available));
}

template std::vector<LayerStatistics> population_statistics<float>(const nn::Network<float>&, const nn::Model<float>&,
                                                                   const SplitRows<float>&, const PopulationOptions&, Index);
template std::vector<LayerStatistics> population_statistics<double>(const nn::Network<double>&, const nn::Model<double>&,
                                                                    const SplitRows<double>&, const PopulationOptions&, Index);

}  // namespace normrun::statistics
