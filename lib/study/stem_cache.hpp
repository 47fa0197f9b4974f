#pragma once

#include <map>
#include <memory>

#include "data/dataset.hpp"
#include "nn/model.hpp"
#include "train/stem_outputs.hpp"

namespace normrun {

/// What a run's comparisons at one moment of its training share: the outputs of the network's stem for each split.
template <class T>
class StemCache {
 public:
  /// The split's rows, and the stem's outputs where the network has a stem and their memory is little.  They are forgotten once `step`
  /// is another one: the model has then moved.
  SplitRows<T> rows(const Network<T>& network, const Model<T>& model, const Dataset<T>& data, SplitName split, Index step);

 private:
  Index step_ = -1;
  std::map<SplitName, std::unique_ptr<StemOutputs<T>>> stems_;
};

}  // namespace normrun
