// Reads Keras's model.to_json().  A Sequential model lists its layers in order.  A Functional model says which layers each layer reads
// (inbound_nodes), and which layers are inputs and outputs.  A model inside a model is read where it stands.
#include "models/keras_model.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "models/keras_layer.hpp"
#include "models/open_sizes.hpp"

namespace normrun::models {
namespace {

constexpr int kDeepest = 8;  // how deep models may lie inside models

[[noreturn]] void refuse_shared_layer(const std::string& path, const std::string& name) {
  refuse_usage(path, "layer " + name + " is used several times, and normrun has layers that are used once",
               "give each place in the model a layer of its own, with the same weights, and save it again");
}

/// Returns the names that stand behind "keras_history" in the arguments of a call, in order.  The number behind a name tells which call of
/// that layer is meant.
std::vector<std::string> read_layers(const std::string& arguments, const std::string& path) {
  const std::string key = "\"keras_history\":[\"";
  std::vector<std::string> names;
  for (std::size_t at = arguments.find(key); at != std::string::npos; at = arguments.find(key, at)) {
    at += key.size();
    const std::size_t end = arguments.find('"', at);
    if (end == std::string::npos) break;
    names.push_back(arguments.substr(at, end - at));
    if (arguments.compare(end, 4, "\",0,") != 0) refuse_shared_layer(path, names.back());
  }
  return names;
}

/// Reads the layers of a model, and of the models inside it.
class KerasReading {
 public:
  explicit KerasReading(KerasModel& model) : model_(model) {}

  KerasTensor read(const KerasConfig& config, const std::vector<KerasTensor>& inputs, const std::string& scope, int depth) {
    if (depth > kDeepest) refuse_usage(model_.path, "models inside models inside models …");
    const std::string kind = config.text("class_name");
    const std::size_t count = config.entries("config.layers");
    if (count == 0)
      refuse_usage(model_.path, "the config of " + kind + " lists no layers",
                   "save a Sequential or functional model: to_json() of others has none");
    std::map<std::string, KerasTensor> tensors;
    KerasTensor last = inputs.empty() ? KerasTensor{} : inputs[0];
    std::size_t next_input = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const KerasConfig layer = config.at("config.layers." + std::to_string(i));
      const std::string name = layer.text("config.name", layer.text("name", layer.text("class_name")));
      if (layer.text("class_name") == "InputLayer") {
        if (next_input >= inputs.size()) refuse_usage(model_.path, "the model has several inputs", "normrun reads models with one input");
        last = inputs[next_input++];
      } else {
        last = read_layer(layer, name, inputs_of(config, layer, last, tensors), scope_of(config, name, scope), depth);
      }
      tensors[name] = last;
      if (last.layer.empty()) return last;
    }
    return output_of(config, last, tensors);
  }

  const std::map<std::string, int>& unknown() const { return unknown_; }
  const std::vector<std::string>& refused() const { return refused_; }

 private:
  /// Returns what the paths of a layer's weights begin with.  That depends on which of the models around the layer was built first: it may
  /// also be the name of the layer's own model alone.
  std::string scope_of(const KerasConfig& config, const std::string& layer, const std::string& scope) const {
    const auto has = [&](const std::string& path) {
      const std::vector<files::Tensor>& tensors = model_.file.tensors;
      return std::any_of(tensors.begin(), tensors.end(), [&](const files::Tensor& tensor) { return tensor.name.rfind(path, 0) == 0; });
    };
    const std::string own = config.text("config.name") + "/";
    return !has(scope + layer + "/") && has(own + layer + "/") ? own : scope;
  }

  std::vector<KerasTensor> inputs_of(const KerasConfig& config, const KerasConfig& layer, const KerasTensor& last,
                                     const std::map<std::string, KerasTensor>& tensors) const {
    if (config.text("class_name") == "Sequential") return {last};
    if (layer.entries("inbound_nodes") > 1) refuse_shared_layer(model_.path, layer.text("config.name"));
    std::vector<KerasTensor> inputs;
    for (const std::string& name : read_layers(layer.json("inbound_nodes.0.args"), model_.path)) {
      const auto found = tensors.find(name);
      if (found == tensors.end())
        throw Error(ExitCode::kDamaged,
                    Problem{model_.path, "layer " + layer.text("config.name") + " reads \"" + name + "\", which is no layer before it",
                            "save the model again"});
      inputs.push_back(found->second);
    }
    return inputs;
  }

  KerasTensor read_layer(const KerasConfig& layer, const std::string& name, const std::vector<KerasTensor>& inputs,
                         const std::string& scope, int depth) {
    const std::string kind = layer.text("class_name");
    if (kind == "Sequential" || kind == "Functional") return read(layer, inputs, scope + name + "/", depth + 1);
    const auto found = keras_operations().find(kind);
    if (found == keras_operations().end()) {
      ++unknown_[kind];
      return inputs.empty() ? KerasTensor{} : inputs[0];
    }
    if (!unknown_.empty() || !refused_.empty()) return inputs.empty() ? KerasTensor{} : inputs[0];
    try {
      KerasLayerReader reader(model_, layer, inputs, (scope.empty() ? "" : scope) + name, scope);
      return found->second(reader);
    } catch (const Error& error) {
      if (error.code() != ExitCode::kUsage) throw;
      refused_.push_back(kind + " \"" + name + "\": " + error.problems()[0].what);
      return inputs.empty() ? KerasTensor{} : inputs[0];
    }
  }

  KerasTensor output_of(const KerasConfig& config, const KerasTensor& last, const std::map<std::string, KerasTensor>& tensors) const {
    if (!config.has("config.output_layers")) return last;
    std::string name = config.text("config.output_layers.0");
    if (name.empty()) name = config.text("config.output_layers.0.0");
    const auto found = tensors.find(name);
    if (found == tensors.end()) return last;
    return found->second;
  }

  KerasModel& model_;
  std::map<std::string, int> unknown_;
  std::vector<std::string> refused_;
};

/// Returns the sizes of an example: those of the first InputLayer, or those that the model was built for.  The open ones are -1.
std::vector<Index> input_sizes(const KerasConfig& config, const std::string& path) {
  std::vector<Index> sizes;
  for (const char* const key : {"config.layers.0.config.batch_shape", "config.layers.0.config.batch_input_shape",
                                "config.build_input_shape", "build_config.input_shape"}) {
    sizes = config.integers(key);
    if (!sizes.empty()) break;
  }
  if (sizes.size() < 2)
    refuse_usage(path, "the model does not tell the shape of its input",
                 "build it before it is saved: model.build((None, …)), or begin with an Input");
  sizes.erase(sizes.begin());
  return sizes;
}

/// Returns what the paths of all weights begin with.  A Sequential that is built as a whole puts its own name there.
std::string outer_scope(const KerasConfig& config, const files::TensorFile& file) {
  const std::string scope = config.text("config.name") + "/";
  const bool is_everywhere =
      std::all_of(file.tensors.begin(), file.tensors.end(), [&](const files::Tensor& tensor) { return tensor.name.rfind(scope, 0) == 0; });
  return is_everywhere ? scope : "";
}

void refuse_unsupported(const KerasReading& reading, const std::string& path) {
  std::string what;
  for (const auto& [kind, count] : reading.unknown()) {
    what += (what.empty() ? "layers that normrun does not have: " : ", ") + kind;
    if (count > 1) what += " (" + std::to_string(count) + " times)";
  }
  for (const std::string& text : reading.refused()) what += (what.empty() ? "" : "; ") + text;
  if (!what.empty()) refuse_usage(path, what, "replace these layers in the model, and save it again");
}

/// Reads the model for examples of these sizes.
ForeignModel model_of_sizes(const KerasConfig& config, const files::TensorFile& file, const std::string& path,
                            const std::vector<Index>& sizes) {
  ForeignModel out;
  try {
    out.input = Shape(sizes);
  } catch (const std::invalid_argument& error) {
    throw Error(ExitCode::kDamaged, Problem{path, std::string("the input: ") + error.what(), "save the model again"});
  }
  out.format = FileFormat::kKeras;
  out.path = path;
  out.producer = "keras" + (config.has("keras_version") ? " " + config.text("keras_version") : "");
  KerasModel model{.path = path, .file = file, .plan = NetworkPlan(out.input)};
  KerasReading reading(model);
  const KerasTensor output = reading.read(config, {{"input", out.input.dims()}}, outer_scope(config, file), 0);
  refuse_unsupported(reading, path);
  model.plan.keep_only(output.layer);
  std::erase_if(model.norms, [&](const ForeignNorm& norm) { return !model.plan.is_kept(norm.layer); });
  if (model.norms.empty()) refuse_usage(path, "the model has no normalization", "give a model with a normalization layer");
  out.network = model.plan.text();
  out.file_input = out.input.dims();
  out.file_output = output.shape;
  out.weights = model.plan.take_weights();
  out.norms = std::move(model.norms);
  const bool tells_updates = std::all_of(out.norms.begin(), out.norms.end(), [&](const ForeignNorm& norm) {
    return !norm.mean || out.weights.find(norm.layer + ".updates") != nullptr;
  });
  if (!tells_updates) out.untold.emplace_back("how often the moving statistics were updated");
  return out;
}

/// Returns the keras.config in the metadata.  Throws Error(kDamaged) if it is no JSON.
config::Document document_of(const files::TensorFile& file, const std::string& path) {
  try {
    return config::Document::parse(file.metadata.at(kKerasConfig), path + " keras.config");
  } catch (const Error& error) {
    throw Error(ExitCode::kDamaged, error.problems());
  }
}

std::optional<double> mask_value_in(const KerasConfig& model, int depth) {
  for (std::size_t i = 0; depth <= kDeepest && i < model.entries("config.layers"); ++i) {
    const KerasConfig layer = model.at("config.layers." + std::to_string(i));
    if (layer.text("class_name") == "Masking") return layer.number("config.mask_value");
    if (const auto value = mask_value_in(layer, depth + 1)) return value;
  }
  return std::nullopt;
}

}  // namespace

ForeignModel model_of(const files::TensorFile& file, const std::string& path, const std::vector<Index>& example) {
  const config::Document document = document_of(file, path);
  const KerasConfig config(document, "");
  std::vector<Index> sizes = input_sizes(config, path);
  const auto read = [&](const std::vector<Index>& taken) { return model_of_sizes(config, file, path, taken); };
  if (!has_open_sizes(sizes)) return read(sizes);
  if (example.empty()) return read_at_usual_size(sizes, read);
  take_sizes(example, sizes);
  if (has_open_sizes(sizes))
    refuse_usage(path,
                 "the rows have the shape " + shape_text(example) + ", but the model takes " + shape_text(sizes) + ", where -1 is any size",
                 "give rows as wide as those that the model was trained on");
  return read(sizes);
}

std::optional<double> mask_value(const files::TensorFile& file) {
  if (!file.metadata.contains(kKerasConfig)) return std::nullopt;
  const config::Document document = document_of(file, "model");
  return mask_value_in(KerasConfig(document, ""), 0);
}

}  // namespace normrun::models
