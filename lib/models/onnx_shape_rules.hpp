#pragma once

#include <vector>

#include "models/onnx_node.hpp"

namespace normrun::models {

// These functions tell what the shape operations of ONNX mean, for constants and signals alike.  `dims` are the dimensions of the node's
// first input.

/// Some entries of one axis: start, start + step, …, `count` of them.
struct AxisSlice {
  std::size_t axis = 0;
  Index start = 0;
  Index step = 1;
  Index count = 0;
};
std::vector<AxisSlice> slices_of(const OnnxNodeReader& node, const std::vector<Index>& dims);
/// Returns the entries that each output of Split gets.
std::vector<AxisSlice> parts_of(const OnnxNodeReader& node, const std::vector<Index>& dims);

std::vector<Index> squeezed(const OnnxNodeReader& node, const std::vector<Index>& dims);
std::vector<Index> unsqueezed(const OnnxNodeReader& node, const std::vector<Index>& dims);
/// Returns the dimensions that Reshape asks for.  Their product is the product of `dims`.
std::vector<Index> reshaped(const OnnxNodeReader& node, const std::vector<Index>& dims);
std::vector<Index> flattened(const OnnxNodeReader& node, const std::vector<Index>& dims);
std::vector<Index> order_of_axes(const OnnxNodeReader& node, std::size_t rank);
void give_shape(OnnxNodeReader& node, const std::vector<Index>& dims);

}  // namespace normrun::models
