#pragma once

#include <string>

#include "nn/weights.hpp"
#include "train/train_options.hpp"

namespace normrun::train {

/// The file of `train.init_from` for a run of this seed, relative to `folder`; {seed} in it is replaced.
std::string initial_weights_path(const TrainOptions& options, const std::string& folder, std::uint64_t seed);

/// How a weights file is read by these options.
nn::WeightsRules weights_rules(const TrainOptions& options, const std::string& path);

/// The parameters and statistics that a training starts from: fresh ones, replaced by those of `train.init_from` where it is given.
/// Throws Error(kUsage) where the file is missing, Error(kDamaged) where it is no weights file or does not fit.
template <class T>
struct InitialWeights {
  nn::Model<T> model;
  nn::WeightsUse use;  // empty without init_from
};
template <class T>
InitialWeights<T> initial_weights(const nn::Network<T>& network, const TrainOptions& options, const std::string& folder, std::uint64_t seed,
                                  const nn::SweptNorms& norms);

}  // namespace normrun::train
