#include "statistics/population.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/random.hpp"
#include "statistics/layer_by_layer.hpp"
#include "statistics/layer_input.hpp"
#include "statistics/run_on.hpp"
#include "statistics/shared_rows.hpp"

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

/// Whether the number of padded steps that a layer counts depends on the batch.
bool pads_batches(const nn::Layout& layout, std::optional<nn::PaddedSteps> padded_steps) {
  return std::any_of(layout.normalizations.begin(), layout.normalizations.end(), [&](const nn::Normalization& norm) {
    return padded_steps.value_or(norm.padded_steps) == nn::PaddedSteps::kToLongest;
  });
}

/// Files often list their rows class by class.
void shuffle(std::vector<Index>& rows) { RandomStream(0, Purpose::kPopulation).shuffle(rows); }

/// Runs batches of rows in train mode, and takes the moments of what each layer reads of them.
template <class T>
class BatchPass {
 public:
  BatchPass(const nn::Network<T>& network, const nn::Model<T>& model, const SplitRows<T>& source, std::vector<Index> rows, Index batch_size,
            std::optional<nn::PaddedSteps> padded_steps)
      : network_(network),
        model_(model),
        rows_(std::move(rows)),
        batch_size_(batch_size),
        padded_steps_(padded_steps),
        layers_(layers_with_statistics(network.layout())),
        forwards_(network, model.params, source, rows_, batch_size, batches()) {}

  const std::vector<Index>& layers() const { return layers_; }
  const nn::Normalization& norm_of(std::size_t layer) const {
    return network_.layout().normalizations[static_cast<std::size_t>(layers_[layer])];
  }
  Index batches() const { return static_cast<Index>(rows_.size()) / batch_size_; }

  /// For every batch and layer it calls add(layer's place in layers(), moments), in the order of the batches; if the layer divides batches,
  /// for each ghost batch.
  template <class Add>
  void each_batch(const Add& add) {
    constexpr Index kRound = 16;  // how many batches wait to be added in their order
    for (Index first = 0; first < batches(); first += kRound) {
      const Index count = std::min(kRound, batches() - first);
      std::vector<std::vector<std::vector<ChannelMoments>>> moments(static_cast<std::size_t>(count));
      share_items(count, [&](Index member, Index batch) {
        moments[static_cast<std::size_t>(batch)] = moments_of(forwards_.of(member), first + batch);
      });
      for (const auto& batch : moments)
        for (std::size_t layer = 0; layer < batch.size(); ++layer)
          for (const ChannelMoments& group : batch[layer]) add(layer, group);
    }
  }

 private:
  /// Returns for each layer the moments of each group of the batch's rows that share statistics.
  std::vector<std::vector<ChannelMoments>> moments_of(SliceForward<T>& forward, Index batch) const {
    const auto rows = std::span(rows_).subspan(static_cast<std::size_t>(batch * batch_size_), static_cast<std::size_t>(batch_size_));
    std::vector<std::vector<ChannelMoments>> moments(layers_.size());
    std::optional<Index> at;
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      const nn::Normalization& norm = norm_of(layer);
      const Index input = boundary_of_input(norm);
      run_on<T>(forward, at, rows, model_, kTrainFrozen, input);
      at = std::max(at.value_or(0), input);
      each_statistics_group(forward, norm, padded_steps_.value_or(norm.padded_steps),
                            [&](Index /*group*/, const ChannelMoments& group) { moments[layer].push_back(group); });
    }
    return moments;
  }

  const nn::Network<T>& network_;
  const nn::Model<T>& model_;
  std::vector<Index> rows_;
  Index batch_size_;
  std::optional<nn::PaddedSteps> padded_steps_;
  std::vector<Index> layers_;
  Forwards<T> forwards_;
};

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
  BatchPass<T> pass(network, model, source, std::move(rows), batch_size, options.padded_steps);
  const std::vector<Index>& layers = pass.layers();
  std::vector<BatchAverage> averages;
  std::vector<ChannelMoments> pooled;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    averages.emplace_back(pass.norm_of(i));
    pooled.emplace_back(pass.norm_of(i).features, pass.norm_of(i).steps);
  }
  pass.each_batch([&](std::size_t i, const ChannelMoments& moments) {
    averages[i].add(moments, 1.0);
    pooled[i].merge(moments);
  });
  std::vector<LayerStatistics> population;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    population.push_back(moving_statistics<T>(network.layout(), layers[i], model.state));
    if (options.estimator == Estimator::kPooled) {
      replace_statistics<T>(pooled[i], population.back());
      continue;
    }
    averages[i].replace(population.back());
    population.back().rounding = rounding_of_average<T>(pass.norm_of(i), pooled[i], pass.batches());
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
    const Index slice_rows = std::min(runs_batches ? train_batch_size : rows_of_moments(network), available);
    return layer_by_layer<T>(network, model, source, std::move(rows), options.padded_steps, slice_rows);
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
