#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nn/layer.hpp"

namespace normrun::nn {

/// A built layer; `none`, `flatten` and a block's branches build none of their own.
struct LayerInfo {
  std::string name;
  std::string type;
  Shape input;  // as the layer sees it; of several inputs the first one
  Shape output;
  std::vector<Index> inputs;  // the boundaries that it reads
  Index params = 0;           // how many parameters it has
  std::string former_name;    // the name that version 0.1 gave it, which ignored a placeholder's own name; "" where it is the same
};

/// The layers of a network in the order in which they run.
template <class T>
struct BuiltLayers {
  Layout layout;
  Shape output;  // of the network
  std::vector<LayerInfo> infos;
  std::vector<std::unique_ptr<const Layer<T>>> layers;
  std::vector<LayerTraits> traits;
  std::vector<Index> param_begin;  // where each layer's parameters begin, and the end of the last; a layer's are one range
};

/// What a phase of a training changes about a network.  The layers, their names and the places of their numbers stay.
struct NetworkChange {
  /// Who is frozen besides the layers that are not trainable: names of layers, names of blocks, types of layers, "norms", "all".
  std::vector<std::string> frozen = {};
  std::optional<double> momentum = std::nullopt;  // of every moving average, as a weight of the old value
};

/// Builds the layers of a config.  A block's branches come first, one after the other, then the layer that joins them, which has the
/// block's name.  Throws Error(kUsage) "layer NAME: …".
template <class T>
class NetworkBuilder {
 public:
  NetworkBuilder(const Shape& input, const NetworkChange& change)
      : input_{0, input}, change_(change), is_used_(change.frozen.size(), false) {}
  BuiltLayers<T> build(const std::vector<LayerDescription>& layers);

 private:
  /// What a layer reads: the numbers at a boundary, in a shape that a `flatten` may have changed.
  struct Source {
    Index boundary = 0;
    Shape shape;
  };
  /// A list of layers: what the names of its layers begin with, and its streams of random numbers.
  struct Scope {
    std::string path;
    std::uint64_t branch = 0;
    bool trainable = true;
  };

  Source add_list(const std::vector<LayerDescription>& layers, Source input, const Scope& scope);
  Source add(const LayerDescription& layer, Index position, const Source& before, const Scope& scope);
  /// Builds the layer itself, and the activation that follows it.
  Source add_own(const LayerDescription& layer, const std::string& name, const std::vector<Source>& inputs, LayerPlace place);
  /// Freezes a layer that has just been built.
  std::unique_ptr<const Layer<T>> frozen(std::unique_ptr<const Layer<T>> layer, Blueprint& blueprint, Index first_param) const;
  /// Whether the change freezes the layers that are called one of these names.
  bool is_frozen(const std::vector<std::string_view>& names);
  void refuse_unknown_names() const;
  std::vector<Source> named_inputs(const LayerDescription& layer, const std::string& name, const Source& before) const;
  void refuse_equal_names() const;
  void refuse_unread(Index output) const;

  Source input_;
  NetworkChange change_;
  std::vector<bool> is_used_;  // whether a layer has this one of the names in change_.frozen
  BuiltLayers<T> built_;
  std::map<std::string, Source> outputs_;  // of the layers so far, by name
};

}  // namespace normrun::nn
