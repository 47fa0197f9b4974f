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

/// The layers of a network that grows while a file is read, with their weights.
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
  /// Adds a layer and returns the shape of its output.  Throws Error(kUsage) if the layer refuses its options or inputs, or if an
  /// example of its output would be too large.
  std::vector<Index> add(const Layer& layer);
  /// Returns `wanted`, or a name made of it, that no layer has yet.
  std::string free_name(const std::string& wanted);
  void add_weight(const std::string& layer, const std::string& role, std::vector<Index> shape, std::vector<double> values);

  /// Returns the same numbers in another order of memory.  Each group lists factors that become one dimension of the shape, the last one
  /// running fastest.  Together the groups name every factor once.  If layers are needed for that, their names begin with `name`.
  Signal arranged(const Signal& signal, const std::vector<Signal::Axis>& groups, const std::string& name);

  /// Leaves out all layers that `output` does not depend on.
  void keep_only(const std::string& output);
  /// Returns the layers as a config's "network".
  std::string text() const;
  files::TensorFile take_weights() { return std::move(weights_); }
  const std::vector<Layer>& layers() const { return layers_; }
  bool is_kept(const std::string& name) const { return shapes_.contains(name); }

 private:
  void reshape(Signal& signal, const std::vector<Index>& shape, const std::string& name);

  std::vector<Layer> layers_;
  std::map<std::string, Shape> shapes_;  // of the layers' outputs
  std::set<std::string> names_;
  nn::Layout layout_;
  files::TensorFile weights_;
};

}  // namespace normrun::models
