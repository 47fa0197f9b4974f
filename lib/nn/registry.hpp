#pragma once

#include "config/options/options.hpp"

namespace normrun::nn {

/// Every layer type: the normalizations and the placeholder "norm" are among them.  lib/README.md has the recipe for adding a type.
const config::Family& layer_family();
/// The types that may take the place of {"type": "norm"}: batch, layer, none, …
const config::Family& norm_family();

}  // namespace normrun::nn
