#pragma once

#include <string>
#include <vector>

#include "support/layer_cases.hpp"

namespace normrun::test {

/// Layers that read one another's outputs by name.
struct LayerGraph {
  static constexpr Index kInput = -1;  // the network's input as a node
  struct Node {
    LayerCase layer;            // its shape is not looked at
    std::vector<Index> inputs;  // nodes before it
  };
  Shape input;
  std::vector<Node> nodes;  // node i is the layer "n<i>"

  std::vector<nn::LayerDescription> descriptions() const;
  std::string text() const;
  bool has_differentiable_output(const Mode& mode) const;
};

bool is_join(const std::string& type);

/// Random graphs, the same in every run: of 3 to 12 layers of any type, branches that join by add, concatenate or multiply, and outputs
/// that several layers read.  No layer brings an activation: it would be a layer of its own.
std::vector<LayerGraph> layer_graphs(int count);

}  // namespace normrun::test
