#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "nn/network.hpp"

namespace normrun::report {

/// A box of a network's picture: a layer, or neighbouring layers that are folded.  Box 0 is the network's input.
struct GraphBox {
  std::string name;
  std::string note;                 // beside the name: the shape of the output, or how many layers are folded
  std::string hint;                 // what the page shows under the pointer
  std::vector<std::size_t> inputs;  // the boxes above it whose outputs it reads, each once
  bool normalizes = false;
};

/// Returns a network's boxes from the input on.  If there would be more than `most`, the layers of blocks are folded into one box, the
/// innermost blocks first.  A network without blocks keeps all of its boxes.
std::vector<GraphBox> graph_boxes(const nn::Network<float>& network, std::size_t most);

/// Draws boxes from top to bottom, with lines from each box to those that read it, as an element of the page.
std::string graph_picture(const std::vector<GraphBox>& boxes);

}  // namespace normrun::report
