#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "nn/weights.hpp"

namespace normrun::nn {

/// A tensor that a network wants.
struct WantedTensor {
  std::string layer;
  std::string role;  // kernel, gamma, moving_mean, …
  std::vector<Index> shape;
  Index offset = 0;
  Index size = 0;
  bool is_state = false;
  std::string name() const { return layer + "." + role; }
};

/// A layer with tensors, as a weights file is matched with it.
struct WantedLayer {
  std::string name;
  std::string type;
  std::string former_name;
  std::vector<Index> flattened;  // the shape (height, width, channels) of which its input's channels are the flattened numbers; or empty
  bool is_norm = false;
  bool counts_batches = false;  // its averages weigh by the count of updates
  std::vector<WantedTensor> tensors;
  const WantedTensor* find(const std::string& role) const;
};

template <class T>
std::vector<WantedLayer> wanted_layers(const Network<T>& network);

/// A tensor of the file under the name of ours that it is meant for.
struct OfferedTensor {
  std::string name;  // "dense_0.kernel"; a name that no layer has stands for itself
  std::string from;  // in the file, with what was done to it: "0.weight, transposed"
  std::vector<Index> shape;
  std::vector<double> values;
};

/// A file's tensors, read in somebody's convention.
struct OfferedWeights {
  std::vector<OfferedTensor> tensors;
  std::set<std::string> left_norms;  // the file's names of normalizations that no layer takes
  std::vector<std::string> notes;
  std::set<std::string> undecided;  // names of ours and of the file's that `ambiguity` is about
  std::string ambiguity;            // which tensors cannot be told apart, with a map to paste; "" where there are none
};

/// Names as `train` writes them, those of former placeholders included, but for what rules.map says.  Throws Error(kUsage) where the map
/// names what the file does not have.
OfferedWeights offer_by_name(const std::vector<WantedLayer>& layers, const files::TensorFile& file, const WeightsRules& rules);

/// "dense_0.kernel (4, 16)"
std::string tensor_text(const std::string& name, const std::vector<Index>& shape);

}  // namespace normrun::nn
