#pragma once

#include "config/options/options.hpp"

namespace normrun::nn {

/// Every layer type, with the normalizations and the placeholder "norm" that the grid fills.
/// lib/README.md has the recipe for adding one.
const config::Family& layer_family();
/// The types that may replace {"type": "norm"}: batch, layer, none, …
const config::Family& norm_family();

}  // namespace normrun::nn
