#pragma once

#include <map>
#include <memory>

#include "data/dataset.hpp"
#include "nn/model.hpp"
#include "statistics/stem_outputs.hpp"

namespace normrun::compare {

/// What a run's comparisons at one moment of its training share: the outputs of the network's stem for each split.
template <class T>
class StemCache {
 public:
  /// The split's rows, and the stem's outputs where the network has a stem and their memory is little.  They are forgotten once `step`
  /// is another one: the model has then moved.
  statistics::SplitRows<T> rows(const nn::Network<T>& network, const nn::Model<T>& model, const data::Dataset<T>& data,
                                data::SplitName split, Index step);

 private:
  Index step_ = -1;
  std::map<data::SplitName, std::unique_ptr<statistics::StemOutputs<T>>> stems_;
};

}  // namespace normrun::compare
