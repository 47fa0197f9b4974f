#pragma once

#include <string>
#include <vector>

#include "study/experiment.hpp"
#include "study/model_case.hpp"

namespace normrun::study {

/// A trained model in memory, with its rows.
template <class T>
struct LoadedModel {
  data::Dataset<T> data;
  nn::Network<T> network;
  nn::Model<T> model;
  nn::LossKind loss;
  nn::WeightsUse use;  // which tensors of the file belong to which of ours
};

/// Loads the rows, the network and the weights of an experiment that open_model() described.  If `foreign` is given, the weights come from
/// it, even if they are not finite; otherwise they come from their file.  Throws what a run throws.
template <class T>
LoadedModel<T> load_model(const Experiment& experiment, const ModelRequest& request, const models::ForeignModel* foreign = nullptr);

/// Whether a split has labels or numbers to predict.
template <class T>
bool has_labels(const data::Split<T>& split) {
  return !split.labels.empty() || split.targets.rows() > 0;
}

/// Runs every row of a split with the given statistics, and returns the activations at a boundary in the split's order.  Batch statistics
/// are those of all rows together.
template <class T>
Matrix<T> outputs_of(const LoadedModel<T>& loaded, const Mode& mode, std::span<const T> state, data::SplitName split, Index boundary);

}  // namespace normrun::study
