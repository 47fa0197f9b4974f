#pragma once

#include <map>
#include <memory>

#include "data/dataset.hpp"
#include "nn/model.hpp"
#include "statistics/stem_outputs.hpp"

namespace normrun::compare {

/// Keeps the stem's outputs for each split, which all comparisons of a run at one moment of its training share.
template <class T>
class StemCache {
 public:
  /// Returns the rows of a split, with the stem's outputs where the network has a stem and these take little memory.  Another `step` than
  /// in the last call means that the model has moved, so everything kept is discarded.
  statistics::SplitRows<T> rows(const nn::Network<T>& network, const nn::Model<T>& model, const data::Dataset<T>& data,
                                data::SplitName split, Index step);

 private:
  Index step_ = -1;
  std::map<data::SplitName, std::unique_ptr<statistics::StemOutputs<T>>> stems_;
};

}  // namespace normrun::compare
