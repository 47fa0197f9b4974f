#pragma once

#include <memory>
#include <vector>

#include "nn/layer.hpp"

namespace normrun::nn {

/// Describes the layers of a config for a Network, branches included.  `norm` takes the place of every placeholder {"type": "norm"}, and
/// gets the placeholder's own name and inputs.  If the list has several placeholders, those without a name are called by the name of
/// `norm`, "_" and their place.  If `norm` is null, the placeholders stay, and no network can be built of them.
std::vector<LayerDescription> describe_layers(const LayerList& layers, const std::shared_ptr<config::Described>& norm);

/// Calls `visit` with each LayerSpec of a list.  The layers in a block's branches follow the block itself.
template <class Visit>
void each_layer(const LayerList& layers, const Visit& visit) {
  for (const auto& described : layers) {
    const auto& spec = static_cast<const LayerSpec&>(*described);
    visit(spec);
    for (const LayerSpec::Branch& branch : spec.branches()) each_layer(branch.layers, visit);
  }
}

}  // namespace normrun::nn
