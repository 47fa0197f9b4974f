#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nn/layer.hpp"

namespace normrun::nn {

/// A layer that was built.  `none`, `flatten` and a block's branches build no layer of their own.
struct LayerInfo {
  std::string name;
  std::string type;
  Shape input;  // the input's shape as the layer sees it; of several inputs the first one's
  Shape output;
  std::vector<Index> inputs;  // the boundaries that it reads
  Index params = 0;           // how many numbers its parameters have
  /// the name that version 0.1 gave the layer, because it ignored a placeholder's own name; "" if the name is the same
  std::string former_name;
};

/// The layers of a network in the order in which they run.
template <class T>
struct BuiltLayers {
  Layout layout;
  Shape output;  // of the network's output
  std::vector<LayerInfo> infos;
  std::vector<std::unique_ptr<const Layer<T>>> layers;
  std::vector<LayerTraits> traits;
  /// where the parameters of each layer begin in the buffer, and where those of the last layer end; a layer's are one range
  std::vector<Index> param_begin;
};

/// What a phase of a training changes about a network.  The layers, their names and the places of their numbers stay the same.
struct NetworkChange {
  /// What is frozen, besides layers that are not trainable: names of layers or blocks, types of layers, "norms" or "all".
  std::vector<std::string> frozen = {};
  std::optional<double> momentum = std::nullopt;  // the momentum of every moving average, as the weight of the old value
};

/// Builds the layers of a config.  The layers of a block's branches are built first, one branch after the other, and then the layer that
/// joins them, which has the block's name.  Throws Error(kUsage) "layer NAME: …".
template <class T>
class NetworkBuilder {
 public:
  NetworkBuilder(const Shape& input, const NetworkChange& change)
      : input_{0, input}, change_(change), is_used_(change.frozen.size(), false) {}
  BuiltLayers<T> build(const std::vector<LayerDescription>& layers);

 private:
  /// What a layer reads: the numbers at a boundary, and their shape, which a `flatten` may have changed.
  struct Source {
    Index boundary = 0;
    Shape shape;
  };
  /// One list of layers: the beginning of its layers' names, its streams of random numbers, and whether its layers train.
  struct Scope {
    std::string path;
    std::uint64_t branch = 0;
    bool trainable = true;
  };

  Source add_list(const std::vector<LayerDescription>& layers, Source input, const Scope& scope);
  Source add(const LayerDescription& layer, Index position, const Source& before, const Scope& scope);
  /// Builds the layer itself, and the activation that follows it.
  Source add_own(const LayerDescription& layer, const std::string& name, const std::vector<Source>& inputs, LayerPlace place);
  /// Wraps a layer that has just been built, if it is frozen.
  std::unique_ptr<const Layer<T>> frozen(std::unique_ptr<const Layer<T>> layer, Blueprint& blueprint, Index first_param) const;
  /// Whether the change freezes a layer that has these names: its own name, its type and the like.
  bool is_frozen(const std::vector<std::string_view>& names);
  void refuse_unknown_names() const;
  std::vector<Source> named_inputs(const LayerDescription& layer, const std::string& name, const Source& before) const;
  void refuse_equal_names() const;
  void refuse_unread(Index output) const;

  Source input_;
  NetworkChange change_;
  std::vector<bool> is_used_;  // for each name in change_.frozen, whether some layer has it
  BuiltLayers<T> built_;
  std::map<std::string, Source> outputs_;  // what each layer so far gives, by the layer's name
};

}  // namespace normrun::nn
