#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "nn/weights.hpp"

namespace normrun::nn {

/// A tensor of the network, which a weights file is to fill.
struct WantedTensor {
  std::string layer;
  std::string role;  // its name within the layer: kernel, gamma, moving_mean, …
  std::vector<Index> shape;
  Index offset = 0;
  Index size = 0;
  bool is_state = false;
  std::string name() const { return layer + "." + role; }
};

/// A layer with tensors, with what matching needs to know of it.
struct WantedLayer {
  std::string name;
  std::string type;
  std::string former_name;
  std::vector<Index> flattened;  // (height, width, channels) if the layer reads the flattened numbers of such an image, otherwise empty
  bool is_norm = false;
  bool counts_batches = false;  // whether its moving averages depend on the count of updates
  std::vector<WantedTensor> tensors;
  const WantedTensor* find(const std::string& role) const;
};

template <class T>
std::vector<WantedLayer> wanted_layers(const Network<T>& network);

/// A tensor of the file, under the network's name for which it is meant.
struct OfferedTensor {
  std::string name;  // such as "dense_0.kernel"; a tensor that belongs to no layer keeps the file's name
  std::string from;  // the name in the file, with what was done to the tensor: "0.weight, transposed"
  std::vector<Index> shape;
  std::vector<double> values;
};

/// The tensors of a file, each under the network's name.
struct OfferedWeights {
  std::vector<OfferedTensor> tensors;
  std::set<std::string> left_norms;  // the file's names of tensors of normalizations that no layer takes
  std::vector<std::string> notes;
  std::set<std::string> undecided;  // the network's and the file's names of tensors that cannot be told apart
  std::string ambiguity;            // a message about these tensors, with a map to paste; "" if there are none
};

/// Offers the tensors of a file that has our own names, as `train` writes them; former names of placeholders are understood.  Entries of
/// rules.map come first.  Throws Error(kUsage) if the map names a tensor or layer that the file does not have.
OfferedWeights offer_by_name(const std::vector<WantedLayer>& layers, const files::TensorFile& file, const WeightsRules& rules);

/// Returns a text such as "dense_0.kernel (4, 16)".
std::string tensor_text(const std::string& name, const std::vector<Index>& shape);

}  // namespace normrun::nn
