#pragma once

#include <string>
#include <vector>

#include "support/layer_rig.hpp"

namespace normrun::test {

enum class Sequence { kWhole, kPadded };

/// A layer with options as a config writes them, and the shape of an input that it takes.
struct LayerCase {
  std::string type;
  std::string options;
  std::vector<Index> shape = {3};
  Sequence sequence = Sequence::kWhole;  // kPadded: examples of several lengths, 1 among them
};

/// Every registered layer with the fewest options that it takes, and with others: what the conformance suites try.
std::vector<LayerCase> all_layer_cases();

/// Whether dx is the gradient of y, so that central differences can judge it.  An embedding's input has no gradient.  Batch
/// renormalization's gradient holds r and d fixed, which central differences move unless they are clipped.  In train mode power
/// normalization's dx is an approximation on purpose, with a part by gradients of earlier batches.  Golden vectors and power_norm_test.cpp
/// check these.
bool has_differentiable_output(const LayerCase& c, const Mode& mode);

/// Valid steps of each example of a sequence; empty where all are.
std::vector<Index> lengths_of(const std::vector<Index>& shape, Sequence sequence, Index examples);

/// Numbers that are nobody's default: parameters, statistics, inputs and dy, none of them near 0, where relu has its kink.
/// An embedding's input are tokens.
template <class T>
void fill_rig(LayerRig<T>& rig, std::uint64_t seed);

}  // namespace normrun::test
