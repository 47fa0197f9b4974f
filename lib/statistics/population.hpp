#pragma once

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
  kLayerByLayer,   // pooled over all rows; each layer's input computed with the earlier layers already repaired
  kPooled,         // pooled over all rows, every layer in train mode: between-batch differences of the means count as variance
  kBatchAverage,   // mean over batches of what the layer's moving averages average, every layer in train mode
  kBiasCorrected,  // the moving averages without what is left of their initial values: no forward pass
};

/// The config's "population": which rows, and how.
struct PopulationOptions : config::Described {
  std::string split = "train";
  Estimator estimator = Estimator::kLayerByLayer;
  config::Count samples{.word = "all"};
  config::Count batch_size{.word = "all"};  // kPooled and kBatchAverage; "train" is the run's own
  void describe(config::OptionVisitor& visitor) override;
};

/// Throws Error(kUsage) where a split of so many rows has fewer than the options ask for.
void check_population(const PopulationOptions& options, Index available);

/// The population statistics of every normalization layer that has moving ones, in the order of Layout::normalizations.  Padded time
/// steps of sequences count where the layer itself counts them (`padded_steps`).  Batches are drawn without replacement in one fixed
/// order; a smaller last one is left out (kPooled and kBatchAverage; with batches of "all" there is none).
/// Throws Error(kUsage) where the split has fewer rows than the options ask for.
template <class T>
std::vector<LayerStatistics> population_statistics(const nn::Network<T>& network, const nn::Model<T>& model,
                                                   const std::type_identity_t<SplitRows<T>>& source, const PopulationOptions& options,
                                                   Index train_batch_size);

}  // namespace normrun::statistics
