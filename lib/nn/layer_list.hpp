#pragma once

#include <memory>
#include <vector>

#include "nn/layer.hpp"

namespace normrun::nn {

/// Describes the layers of a config for a Network, branches included.  `norm` stands in for every placeholder {"type": "norm"}, whose own
/// name and inputs it gets; where several placeholders have no name, each has that of `norm`, followed by "_" and its place.  A null `norm`
/// leaves the placeholders, which no network can build.
std::vector<LayerDescription> describe_layers(const LayerList& layers, const std::shared_ptr<config::Described>& norm);

/// Calls `visit` with each LayerSpec of a list, and with those of the branches of a block after the block itself.
template <class Visit>
void each_layer(const LayerList& layers, const Visit& visit) {
  for (const auto& described : layers) {
    const auto& spec = static_cast<const LayerSpec&>(*described);
    visit(spec);
    for (const LayerSpec::Branch& branch : spec.branches()) each_layer(branch.layers, visit);
  }
}

}  // namespace normrun::nn
