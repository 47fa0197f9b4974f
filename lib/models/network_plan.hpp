#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/shape.hpp"
#include "files/safetensors.hpp"
#include "models/options_text.hpp"
#include "models/signal.hpp"
#include "nn/blueprint.hpp"

namespace normrun::models {

/// The layers of a network, with their weights.  It grows while a file is read.
class NetworkPlan {
 public:
  /// `input` is the shape of an example as the network reads it.
  explicit NetworkPlan(const Shape& input);

  struct Layer {
    std::string type;
    std::string name;
    OptionsText options;
    std::vector<std::string> inputs;
  };
  /// Adds a layer and returns the shape of its output.  Throws Error(kUsage) if the layer refuses its options or inputs, or if an example
  /// of its output has too many numbers.
  std::vector<Index> add(const Layer& layer);
  /// Returns `wanted` if no layer has this name yet, and otherwise a name made of it.
  std::string free_name(const std::string& wanted);
  void add_weight(const std::string& layer, const std::string& role, std::vector<Index> shape, std::vector<double> values);

  /// Returns the same numbers in another order of memory.  Each group lists factors that become one dimension of the shape; the last of
  /// them runs fastest.  Together the groups name every factor once.  If the order needs new layers, their names begin with `name`.
  Signal arranged(const Signal& signal, const std::vector<Signal::Axis>& groups, const std::string& name);

  /// Removes all layers that `output` does not depend on.
  void keep_only(const std::string& output);
  /// Returns the layers as the "network" of a config.
  std::string text() const;
  files::TensorFile take_weights() { return std::move(weights_); }
  const std::vector<Layer>& layers() const { return layers_; }
  bool is_kept(const std::string& name) const { return shapes_.contains(name); }

 private:
  void reshape(Signal& signal, const std::vector<Index>& shape, const std::string& name);

  std::vector<Layer> layers_;
  std::map<std::string, Shape> shapes_;  // the shape of each layer's output, by the layer's name
  std::set<std::string> names_;
  nn::Layout layout_;
  files::TensorFile weights_;
};

}  // namespace normrun::models
