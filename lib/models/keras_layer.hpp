#pragma once

#include <map>
#include <string>
#include <vector>

#include "files/safetensors.hpp"
#include "models/foreign_model.hpp"
#include "models/keras_config.hpp"
#include "models/network_plan.hpp"

namespace normrun::models {

/// The output of a Keras layer: which layer of the plan computes it, and its shape.
struct KerasTensor {
  std::string layer;
  std::vector<Index> shape;
};

/// A model of Keras while it is read.
struct KerasModel {
  std::string path;  // the path of the file
  const files::TensorFile& file;
  NetworkPlan plan;
  std::vector<ForeignNorm> norms = {};
};

/// A layer inside a layer of Keras, such as one direction of a Bidirectional.  The paths of its weights have `word` behind the outer
/// layer's name, or its own name in place of it.  In a model that was loaded its own name stands in place of the outer layer's, too.
struct InnerLayer {
  std::string word;  // "forward"; "": the layer itself
  std::string name;  // the inner layer's name in the config
};

/// One layer of Keras while it becomes layers of the plan.
class KerasLayerReader {
 public:
  /// The paths of the layer's weights begin with `scope`, which is "" or "block/".
  KerasLayerReader(KerasModel& model, KerasConfig config, std::vector<KerasTensor> inputs, std::string name, std::string scope)
      : model_(model), config_(std::move(config)), inputs_(std::move(inputs)), name_(std::move(name)), scope_(std::move(scope)) {}

  KerasModel& model() { return model_; }
  const KerasConfig& config() const { return config_; }
  const std::vector<KerasTensor>& inputs() const { return inputs_; }
  const KerasTensor& input() const;
  const std::string& name() const { return name_; }
  const std::string& scope() const { return scope_; }

  /// Adds a layer to the plan.  The first layer that is added gets the name of the Keras layer, and the next ones get names that begin with
  /// it.
  KerasTensor add(const std::string& type, const std::vector<KerasTensor>& inputs, const OptionsText& options = {});
  KerasTensor add(const std::string& type, const OptionsText& options = {}) { return add(type, {input()}, options); }
  /// Adds a layer with the name "<name>_<suffix>".
  KerasTensor add_beside(const std::string& suffix, const std::string& type, const KerasTensor& input, const OptionsText& options = {});

  /// Returns the file's tensor <scope><layer>/…/<role>, or null if the file has none.
  const files::Tensor* find(const std::string& role, const InnerLayer& inner = {}) const;
  /// Adds a tensor of the file to the weights.  Throws Error(kDamaged) if it is missing or has another size.
  void take(const KerasTensor& layer, const std::string& role, const std::string& file_role, std::vector<Index> shape,
            const InnerLayer& inner = {});
  TensorPlace place(const std::string& file_role) const;

  /// Adds the activation that the option names.  The layer reads `input`.
  KerasTensor activated(const KerasTensor& input, const std::string& option = "activation");
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  KerasModel& model_;
  KerasConfig config_;
  std::vector<KerasTensor> inputs_;
  std::string name_;
  std::string scope_;
  bool is_name_used_ = false;
};

using KerasOperation = KerasTensor (*)(KerasLayerReader&);
/// What becomes of each of Keras's layers, by the name of its class.
const std::map<std::string, KerasOperation, std::less<>>& keras_operations();
std::map<std::string, KerasOperation, std::less<>> keras_windows();
std::map<std::string, KerasOperation, std::less<>> keras_recurrent();

}  // namespace normrun::models
