#pragma once

#include <string>
#include <vector>

#include "support/layer_cases.hpp"

namespace normrun::test {

/// Layers that follow one another.
struct LayerChain {
  std::vector<LayerCase> layers;  // the first one's shape is the input's; the others' shapes are not looked at
  Sequence sequence = Sequence::kWhole;

  Shape input() const { return Shape(layers.front().shape); }
  std::vector<nn::LayerDescription> descriptions() const;
  std::string text() const;
  bool has_differentiable_output(const Mode& mode) const;
};

/// A chain of two layers for every third pair of types that fit one behind the other, and one of three that goes on from each pair: the
/// variants and the third layers are drawn, the same in every run.  No layer brings an activation: it would be a layer of its own.
std::vector<LayerChain> layer_chains();

}  // namespace normrun::test
