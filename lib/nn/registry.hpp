#pragma once

#include "config/options/options.hpp"

namespace normrun::nn {

/// Every layer type, the normalizations among them, and the placeholder "norm" that the grid fills.
/// Adding a layer is one .cpp file, one line in registry.cpp and one test; the conformance suite then covers it.
const config::Family& layer_family();
/// The members that may stand in for {"type": "norm"}: batch, layer, none, …
const config::Family& norm_family();

}  // namespace normrun::nn
