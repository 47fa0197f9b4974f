#pragma once

#include <string>
#include <vector>

#include "nn/layer.hpp"
#include "nn/registry.hpp"

namespace normrun::nn::layers {

/// The options of a layer that joins several inputs: the outputs of its branches, or without branches those of the layers that it names.
template <class Spec, template <class> class LayerT>
class JoinSpec : public SpecOf<Spec, LayerT> {
 public:
  std::vector<LayerList> branch_layers;

  void describe(config::OptionVisitor& visitor) override {
    this->describe_common(visitor);
    visitor.tagged_lists({"branches", "lists of layers; each list reads the block's input, and an empty one gives the input itself"},
                         branch_layers, layer_family());
    visitor.require(branch_layers.size() != 1, "branches", "two branches or more");
    const bool has_one_input = !this->inputs || this->inputs->size() == 1;
    visitor.require(branch_layers.empty() || has_one_input, "inputs", "one name: with \"branches\" all of them read that layer");
    visitor.require(!branch_layers.empty() || !has_one_input, "",
                    R"("branches": [[…], […]], or "inputs": the names of at least two layers)");
  }
  std::vector<LayerSpec::Branch> branches() const override {
    std::vector<LayerSpec::Branch> branches;
    for (const LayerList& layers : branch_layers) branches.push_back({std::to_string(branches.size()), layers});
    return branches;
  }
  bool joins() const override { return true; }
};

/// Returns a text such as "(4, 4, 8) and (4, 4, 3)".
std::string shapes_text(const std::vector<Shape>& shapes);

}  // namespace normrun::nn::layers
