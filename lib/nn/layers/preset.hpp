#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nn/layer.hpp"

namespace normrun::nn::layers {

/// A layer that stands for a list of plain layers, such as all of a ResNet up to its pooled features.  It computes nothing of its own: it
/// is a block with one branch.  The names of the branch's layers follow the preset's name: a layer "conv" of the preset "resnet20_0" is
/// "resnet20_0/conv".
class PresetSpec : public SpecWithFactory<PresetSpec> {
 public:
  /// Returns the layers that the options stand for, as a JSON list in the form of a config.  A name in the list is local to the preset, and
  /// no layer in it can have "inputs".
  virtual std::string expansion() const = 0;

  std::vector<Branch> branches() const final;
  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint&) const {
    return nullptr;
  }
};

/// Returns a layer of an expansion as JSON.  `options`: further members of the object, or "".
std::string layer_text(std::string_view type, std::string_view name, std::string_view options = "");
/// Returns a list of layers as JSON.
std::string list_text(const std::vector<std::string>& layers);

}  // namespace normrun::nn::layers
