#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/options/options.hpp"
#include "core/matrix.hpp"
#include "data/dataset.hpp"
#include "nn/model.hpp"
#include "statistics/moving_statistics.hpp"
#include "statistics/run_forward.hpp"

namespace normrun::statistics {

/// How the population statistics are estimated.
enum class Estimator {
  kLayerByLayer,   // pooled over all rows; a layer's input is computed with the earlier layers already repaired
  kPooled,         // pooled over all rows, with every layer in train mode, so differences between the means of batches add to the variance
  kBatchAverage,   // the mean over batches of what the layer's moving averages average, with every layer in train mode
  kBiasCorrected,  // the moving averages without the share of their initial values; needs no forward pass
};

/// The config's "population": from which rows the statistics are computed, and how.
struct PopulationOptions : config::Described {
  std::string split = "train";
  Estimator estimator = Estimator::kLayerByLayer;
  config::Count samples{.word = "all"};
  config::Count batch_size{.word = "all"};  // only kPooled and kBatchAverage use it; the word "train" stands for the batch size of training
  std::optional<nn::PaddedSteps> padded_steps = std::nullopt;  // replaces each layer's own rule; no config has this option
  void describe(config::OptionVisitor& visitor) override;
};

/// Throws Error(kUsage) if the options ask for more than the `available` rows of the split.
void check_population(const PopulationOptions& options, Index available);

/// Computes the population statistics of every normalization layer that has moving statistics, in the order of Layout::normalizations.
/// Padded time steps count if the layer itself counts them, unless `padded_steps` says otherwise.  If a layer counts those up to the
/// longest sequence of a batch, kLayerByLayer runs the rows in random batches of `train_batch_size`.  kPooled and kBatchAverage draw their
/// batches without replacement, in one fixed order.  They leave out a smaller last batch; with batches of "all" rows nothing is left out.
/// Throws Error(kUsage) if the options ask for more rows than the split has.
template <class T>
std::vector<LayerStatistics> population_statistics(const nn::Network<T>& network, const nn::Model<T>& model,
                                                   const std::type_identity_t<SplitRows<T>>& source, const PopulationOptions& options,
                                                   Index train_batch_size);

}  // namespace normrun::statistics
