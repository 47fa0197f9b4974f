#pragma once

#include <string>
#include <vector>

#include "compare/compare_options.hpp"
#include "compare/stem_cache.hpp"
#include "data/batches.hpp"
#include "data/dataset.hpp"
#include "nn/losses.hpp"
#include "nn/model.hpp"
#include "statistics/population.hpp"

namespace normrun::compare {

/// What a comparison needs to know besides the network and its rows.  For a network from elsewhere the caller can fill in these settings
/// without a config.
struct ComparisonSettings {
  CompareOptions compare;
  statistics::PopulationOptions population;
  Index batch_size = 1;     // rows that share batch statistics in mode "train"
  data::Batching batching;  // how training drew its batches; `compare.batching` "training" draws them in the same way
  Index seed = 0;           // seed of the order of rows, of dropout and of fresh initial values
  std::vector<std::string> probes;
};

/// A trained network at one moment of its training, and the data on which it is compared.
template <class T>
struct Snapshot {
  const nn::Network<T>& network;
  const nn::Model<T>& model;
  const data::Dataset<T>& data;
  const ComparisonSettings& settings;
  nn::LossKind loss;
  Index epoch = 0;
  Index step = 0;
  const nn::Model<T>* last = nullptr;  // the network of the last step, if `model` holds averaged weights; null: `model` is that network
  StemCache<T>* stems = nullptr;       // the stem's outputs, which several comparisons share; null: each comparison computes its own

  const nn::Model<T>& last_model() const { return last != nullptr ? *last : model; }
  statistics::SplitRows<T> rows(data::SplitName split) const {
    return stems != nullptr ? stems->rows(network, model, data, split, step) : statistics::SplitRows<T>(data.split(split));
  }
};

}  // namespace normrun::compare
