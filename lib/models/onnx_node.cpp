#include "models/onnx_node.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace normrun::models {

bool OnnxNodeReader::is_constant(std::size_t input) const {
  return has(input) && std::holds_alternative<Constant>(graph_.value(node_.inputs[input]));
}

bool OnnxNodeReader::is_signal(std::size_t input) const {
  return has(input) && std::holds_alternative<Signal>(graph_.value(node_.inputs[input]));
}

bool OnnxNodeReader::are_all_constant() const {
  for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
    if (has(i) && !is_constant(i)) return false;
  }
  return true;
}

const Constant& OnnxNodeReader::constant(std::size_t input, std::string_view what) const {
  if (!is_constant(input)) refuse(std::string(what) + (has(input) ? " depends on the input" : " is missing"));
  return std::get<Constant>(graph_.value(node_.inputs[input]));
}

Signal OnnxNodeReader::signal(std::size_t input) const {
  if (!is_signal(input))
    refuse("its input " + std::to_string(input) + (has(input) ? " does not depend on the model's input" : " is missing"));
  return std::get<Signal>(graph_.value(node_.inputs[input]));
}

std::optional<std::vector<Index>> OnnxNodeReader::integers(std::size_t input, std::string_view attribute) const {
  if (has(input)) return constant(input, attribute).integers();
  const files::OnnxAttribute* const found = node_.find(attribute);
  if (found == nullptr) return std::nullopt;
  return found->integers;
}

std::optional<double> OnnxNodeReader::number(std::size_t input, std::string_view attribute) const {
  if (has(input)) {
    const Constant& value = constant(input, attribute);
    if (value.count() != 1) refuse(std::string(attribute) + " is not one number");
    return value.set == NumberSet::kWhole ? value.numbers()[0] : shortest(static_cast<float>(value.numbers()[0]));
  }
  const files::OnnxAttribute* const found = node_.find(attribute);
  if (found == nullptr) return std::nullopt;
  return shortest(found->number);
}

Index OnnxNodeReader::integer(std::string_view attribute, Index fallback) const {
  const files::OnnxAttribute* const found = node_.find(attribute);
  return found == nullptr ? fallback : found->integer;
}

std::vector<Index> OnnxNodeReader::integers(std::string_view attribute, const std::vector<Index>& fallback) const {
  const files::OnnxAttribute* const found = node_.find(attribute);
  return found == nullptr ? fallback : found->integers;
}

double OnnxNodeReader::number(std::string_view attribute, double fallback) const {
  const files::OnnxAttribute* const found = node_.find(attribute);
  return found == nullptr ? fallback : shortest(found->number);
}

std::string OnnxNodeReader::text(std::string_view attribute, const std::string& fallback) const {
  const files::OnnxAttribute* const found = node_.find(attribute);
  return found == nullptr ? fallback : found->text;
}

void OnnxNodeReader::give(std::size_t output, Value value) {
  if (output < node_.outputs.size()) graph_.set_value(node_.outputs[output], std::move(value));
}

const std::string& OnnxNodeReader::name() {
  if (name_.empty()) name_ = plan().free_name(module_of(node_));
  return name_;
}

OnnxNodeReader::Added OnnxNodeReader::add(const std::string& type, const std::vector<Signal>& signals, const OptionsText& options) {
  if (is_name_used_) return add_beside(type, signals, options);
  is_name_used_ = true;
  return add_named(name(), type, signals, options);
}

OnnxNodeReader::Added OnnxNodeReader::add_beside(const std::string& type, const std::vector<Signal>& signals, const OptionsText& options) {
  return add_named(plan().free_name(name() + "_" + type), type, signals, options);
}

OnnxNodeReader::Added OnnxNodeReader::add_named(const std::string& layer, const std::string& type, const std::vector<Signal>& signals,
                                                const OptionsText& options) {
  std::vector<std::string> inputs(signals.size());
  std::transform(signals.begin(), signals.end(), inputs.begin(), [](const Signal& signal) { return signal.layer; });
  return {layer, plan().add({.type = type, .name = layer, .options = options, .inputs = std::move(inputs)})};
}

Signal OnnxNodeReader::elementwise(const std::string& type, const Signal& signal, const OptionsText& options) {
  Signal out = signal;
  out.layer = add(type, {signal}, options).layer;
  return out;
}

void OnnxNodeReader::refuse(const std::string& what) const { refuse_usage("", what); }

}  // namespace normrun::models
