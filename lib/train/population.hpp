#pragma once

#include <string>
#include <vector>

#include "config/options.hpp"
#include "core/matrix.hpp"
#include "data/dataset.hpp"
#include "nn/model.hpp"
#include "train/channel_moments.hpp"
#include "train/run_forward.hpp"

namespace normrun {

/// The config's "population": which rows, and how.
enum class Estimator {
  kLayerByLayer,  // pooled over all rows; each layer's input computed with the earlier layers already repaired
  kBatchAverage,  // mean of the batches' means and biased variances, every layer in train mode (what a moving average estimates)
};
struct PopulationOptions : Described {
  std::string split = "train";
  Estimator estimator = Estimator::kLayerByLayer;
  Count samples{.word = "all"};
  Count batch_size{.word = "all"};  // kBatchAverage only
  void describe(OptionVisitor& visitor) override;
};

/// The population statistics of every normalization layer that has moving ones, in the order of Layout::normalizations.
struct LayerPopulation {
  Index normalization = 0;  // index into Layout::normalizations
  std::vector<double> mean;
  std::vector<double> variance;
};
/// Padded time steps of sequences are left out.  Throws Error(kUsage) where the split has fewer rows than the options ask for.
template <class T>
std::vector<LayerPopulation> population_statistics(const Network<T>& network, const Model<T>& model, const Split<T>& split,
                                                   const PopulationOptions& options);

/// The model's state with the population statistics in place of the moving ones.
template <class T>
Buffer<T> population_state(const Network<T>& network, const Model<T>& model, const std::vector<LayerPopulation>& population);
/// The model's state with the moving statistics at their initial values (a checkpoint that lost them).
template <class T>
Buffer<T> initial_state(const Network<T>& network, const Model<T>& model);

}  // namespace normrun
