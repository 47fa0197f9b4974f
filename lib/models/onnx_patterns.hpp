#pragma once

#include "models/onnx_node.hpp"

namespace normrun::models {

/// Reads a Div or Mul that ends a layer normalization written as several operations.  Returns false if the node ends none.
bool read_layer_norm(OnnxNodeReader& node);
/// Reads an InstanceNormalization between two reshapes as group normalization.  Returns false if the node is not between such reshapes.
bool read_group_norm(OnnxNodeReader& node);

}  // namespace normrun::models
