#include "models/keras_layer.hpp"

#include <algorithm>
#include <numeric>

#include "core/error.hpp"

namespace normrun::models {
namespace {

bool begins_with(const std::string& text, const std::string& start) { return text.compare(0, start.size(), start) == 0; }
bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

const KerasTensor& KerasLayerReader::input() const {
  if (inputs_.size() != 1) refuse("it has " + std::to_string(inputs_.size()) + " inputs");
  return inputs_[0];
}

KerasTensor KerasLayerReader::add(const std::string& type, const std::vector<KerasTensor>& inputs, const OptionsText& options) {
  const std::string layer = model_.plan.free_name(is_name_used_ ? name_ + "_" + type : name_);
  is_name_used_ = true;
  std::vector<std::string> names(inputs.size());
  std::transform(inputs.begin(), inputs.end(), names.begin(), [](const KerasTensor& tensor) { return tensor.layer; });
  return {layer, model_.plan.add({.type = type, .name = layer, .options = options, .inputs = std::move(names)})};
}

KerasTensor KerasLayerReader::add_beside(const std::string& suffix, const std::string& type, const KerasTensor& input,
                                         const OptionsText& options) {
  const std::string layer = model_.plan.free_name(name_ + "_" + suffix);
  return {layer, model_.plan.add({.type = type, .name = layer, .options = options, .inputs = {input.layer}})};
}

const files::Tensor* KerasLayerReader::find(const std::string& role, const InnerLayer& inner) const {
  const std::string start = scope_ + config_.text("config.name", name_) + "/";
  const auto is_own = [&](const std::string& path) {
    if (!ends_with(path, "/" + role)) return false;
    if (begins_with(path, start) && path.find(inner.word, start.size()) != std::string::npos) return true;
    return !inner.name.empty() && (begins_with(path, start + inner.name + "/") || begins_with(path, scope_ + inner.name + "/"));
  };
  const files::Tensor* found = nullptr;
  for (const files::Tensor& tensor : model_.file.tensors) {
    if (!is_own(tensor.name)) continue;
    if (found != nullptr) refuse("two tensors may be its " + role + ": " + found->name + " and " + tensor.name);
    found = &tensor;
  }
  return found;
}

void KerasLayerReader::take(const KerasTensor& layer, const std::string& role, const std::string& file_role, std::vector<Index> shape,
                            const InnerLayer& inner) {
  const files::Tensor* const tensor = find(file_role, inner);
  const Index count = std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>());
  if (tensor == nullptr || static_cast<Index>(tensor->values.size()) != count) {
    const std::string what = tensor == nullptr ? "has no tensor for the " + file_role + " of layer " + name_
                                               : "has " + std::to_string(tensor->values.size()) + " numbers in " + tensor->name +
                                                     ", and the layer wants " + std::to_string(count);
    throw Error(ExitCode::kDamaged, Problem{model_.path, what, "save it again: save_file({w.path: w.numpy() for w in model.weights}, …)"});
  }
  model_.plan.add_weight(layer.layer, role, std::move(shape), tensor->values);
}

TensorPlace KerasLayerReader::place(const std::string& file_role) const {
  TensorPlace place;
  const files::Tensor* const tensor = find(file_role);
  if (tensor == nullptr) return place;
  const Index each = tensor->dtype == "F64" || tensor->dtype == "I64" ? 8 : tensor->dtype == "F16" || tensor->dtype == "BF16" ? 2 : 4;
  place.tensor = tensor->name;
  place.file = model_.path;
  place.begin = tensor->begin;
  place.bytes = each * static_cast<Index>(tensor->values.size());
  place.dtype = tensor->dtype;
  return place;
}

KerasTensor KerasLayerReader::activated(const KerasTensor& input, const std::string& option) {
  const std::string word = config_.text("config." + option, "linear");
  if (config_.is_given("config." + option) && config_.json("config." + option).front() != '"') refuse("its " + option + " is no word");
  static const std::map<std::string, std::string, std::less<>> kTypes = {{"relu", "relu"},
                                                                         {"relu6", "relu6"},
                                                                         {"elu", "elu"},
                                                                         {"gelu", "gelu"},
                                                                         {"silu", "silu"},
                                                                         {"swish", "silu"},
                                                                         {"sigmoid", "sigmoid"},
                                                                         {"softmax", "softmax"},
                                                                         {"softplus", "softplus"},
                                                                         {"tanh", "tanh"},
                                                                         {"hard_silu", "hard_swish"},
                                                                         {"hard_swish", "hard_swish"},
                                                                         {"hard_sigmoid", "hard_sigmoid"},
                                                                         {"leaky_relu", "leaky_relu"}};
  if (word == "linear") return input;
  OptionsText options;
  if (word == "leaky_relu") options.number("negative_slope", 0.2);
  if (word == "exponential") {
    options.word("function", "exp");
    return add("math", {input}, options);
  }
  if (word == "selu") {  // an elu times a constant; both numbers are those of Keras
    const KerasTensor elu = add_beside("elu", "elu", input, options.number("alpha", 1.6732632423543772));
    OptionsText scaled;
    return add("rescaling", {elu}, scaled.number("scale", 1.0507009873554805));
  }
  if (word == "log_softmax") {
    const KerasTensor softmax = add_beside("softmax", "softmax", input);
    return add("math", {softmax}, options.word("function", "log"));
  }
  const auto found = kTypes.find(word);
  if (found == kTypes.end()) refuse("it has the activation " + word);
  return add(found->second, {input}, options);
}

void KerasLayerReader::refuse(const std::string& what) const { refuse_usage("layer " + name_, what); }

}  // namespace normrun::models
