#pragma once

#include <string>

#include "nn/weights.hpp"
#include "train/train_options.hpp"

namespace normrun::train {

/// Returns the path of the file that `train.init_from` names for a run of this seed, relative to `folder`.  The seed replaces "{seed}" in
/// the name.
std::string initial_weights_path(const TrainOptions& options, const std::string& folder, std::uint64_t seed);

/// Returns the rules by which these options read a weights file.
nn::WeightsRules weights_rules(const TrainOptions& options, const std::string& path);

/// The parameters and statistics that a training starts from: fresh ones, or those of the file that `train.init_from` names.
template <class T>
struct InitialWeights {
  nn::Model<T> model;
  nn::WeightsUse use;  // empty without init_from
};
/// Returns the weights that the options ask for.  Throws Error(kUsage) if the file is missing, and Error(kDamaged) if it is not a weights
/// file or does not fit.
template <class T>
InitialWeights<T> initial_weights(const nn::Network<T>& network, const TrainOptions& options, const std::string& folder, std::uint64_t seed,
                                  const nn::SweptNorms& norms);

}  // namespace normrun::train
