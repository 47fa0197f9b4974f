#pragma once

#include <map>
#include <memory>

#include "data/dataset.hpp"
#include "nn/model.hpp"
#include "statistics/stem_outputs.hpp"

namespace normrun::compare {

/// Keeps the stem's outputs of each split.  All comparisons of a run at one moment of its training share them.
template <class T>
class StemCache {
 public:
  /// Returns the rows of a split, with the stem's outputs if the network has a stem and these outputs take little memory.  If `step`
  /// differs from the last call's, the model has moved, so the cache drops all that it kept.
  statistics::SplitRows<T> rows(const nn::Network<T>& network, const nn::Model<T>& model, const data::Dataset<T>& data,
                                data::SplitName split, Index step);

 private:
  Index step_ = -1;
  std::map<data::SplitName, std::unique_ptr<statistics::StemOutputs<T>>> stems_;
};

}  // namespace normrun::compare
