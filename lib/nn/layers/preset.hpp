#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nn/layer.hpp"

namespace normrun::nn::layers {

/// A layer that stands for a list of plain layers, such as all of a ResNet up to its pooled features.  It computes nothing of its own: it
/// is a block of one branch.  The names of its layers follow its own: a layer "conv" of the preset "resnet20_0" is "resnet20_0/conv".
class PresetSpec : public SpecWithFactory<PresetSpec> {
 public:
  /// The layers that the options stand for, as a config writes them: a JSON list.  A name in it is local to the preset; a layer cannot name
  /// its "inputs".
  virtual std::string expansion() const = 0;

  std::vector<Branch> branches() const final;
  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint&) const {
    return nullptr;
  }
};

/// Writes a layer of an expansion.  `options`: further members of the JSON object, or "".
std::string layer_text(std::string_view type, std::string_view name, std::string_view options = "");
/// Writes a list of layers.
std::string list_text(const std::vector<std::string>& layers);

}  // namespace normrun::nn::layers
