#pragma once

#include <string>

#include "nn/network.hpp"

namespace normrun::report {

/// Writes a network's layers as lines of text: name, type, shape of the output and number of parameters.  The layers of a branch are
/// indented below the path of the branch, and a layer that reads anything else than the layer before it says what it reads.
std::string network_text(const nn::Network<float>& network);

}  // namespace normrun::report
