#include "models/network_plan.hpp"

#include <algorithm>
#include <memory>

#include "config/options/document.hpp"
#include "core/error.hpp"
#include "nn/layer.hpp"
#include "nn/registry.hpp"

namespace normrun::models {
namespace {

/// The most numbers that an example of one layer's output may have: more than a large image with many channels has.
constexpr Index kMostNumbers = Index{1} << 25;

std::shared_ptr<const nn::LayerSpec> spec_of(const NetworkPlan::Layer& layer) {
  const auto spec = std::dynamic_pointer_cast<nn::LayerSpec>(nn::layer_family().make(layer.type));
  if (spec == nullptr)
    refuse_usage(layer.name, "no layer of type " + layer.type, "export the model with the layers that `normrun list layers` names");
  std::vector<Problem> problems;
  OptionsText options = layer.options;
  if (layer.inputs.size() > 1) options.words("inputs", layer.inputs);
  config::Document::parse("{" + options.members() + "}", layer.name).read("", *spec, problems);
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
  return spec;
}

}  // namespace

NetworkPlan::NetworkPlan(const Shape& input) {
  shapes_.emplace("input", input);
  names_.insert("input");
}

std::string NetworkPlan::free_name(const std::string& wanted) {
  std::string name = wanted;
  for (int i = 2; names_.contains(name); ++i) name = wanted + "_" + std::to_string(i);
  names_.insert(name);
  return name;
}

std::vector<Index> NetworkPlan::add(const Layer& layer) {
  std::vector<Shape> inputs;
  inputs.reserve(layer.inputs.size());
  for (const std::string& input : layer.inputs) inputs.push_back(shapes_.at(input));
  nn::Blueprint blueprint(layout_, std::move(inputs), layer.name, {});
  spec_of(layer)->make<float>(blueprint);
  if (blueprint.output().size() > kMostNumbers)
    refuse_usage(
        "layer " + layer.name,
        "an example of its output has " + std::to_string(blueprint.output().size()) + " numbers, more than " + std::to_string(kMostNumbers),
        "export the model for smaller inputs");
  shapes_.insert_or_assign(layer.name, blueprint.output());
  layers_.push_back(layer);
  return blueprint.output().dims();
}

void NetworkPlan::add_weight(const std::string& layer, const std::string& role, std::vector<Index> shape, std::vector<double> values) {
  weights_.tensors.push_back({.name = layer + "." + role, .shape = std::move(shape), .is_double = true, .values = std::move(values)});
}

void NetworkPlan::reshape(Signal& signal, const std::vector<Index>& shape, const std::string& name) {
  if (signal.shape == shape) return;
  Layer layer{.type = "reshape", .name = free_name(name + "_reshape"), .options = {}, .inputs = {signal.layer}};
  layer.options.integers("target_shape", shape);
  signal.shape = add(layer);
  signal.layer = layer.name;
}

Signal NetworkPlan::arranged(const Signal& signal, const std::vector<Signal::Axis>& groups, const std::string& name) {
  Signal out = signal;
  std::vector<Index> shape;
  shape.reserve(groups.size());
  Signal::Axis order;
  for (const Signal::Axis& group : groups) {
    shape.push_back(out.size_of(group, 1));
    order.insert(order.end(), group.begin(), group.end());
  }
  if (!std::is_sorted(order.begin(), order.end())) {
    // Factors that stay next to each other are one dimension of the permuted shape: a run.
    std::vector<std::size_t> run_of(order.size());
    std::vector<std::size_t> first_of_run;  // for each run, its first factor in the old memory
    std::vector<Index> sizes;
    std::vector<std::size_t> place(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
    for (std::size_t f = 0; f < order.size(); ++f) {
      const bool goes_on = f > 0 && place[f] == place[f - 1] + 1;
      if (!goes_on) {
        first_of_run.push_back(f);
        sizes.push_back(1);
      }
      sizes.back() *= out.factors[f];
      run_of[f] = first_of_run.size() - 1;
    }
    std::vector<Index> dims;
    for (const std::size_t factor : order) {
      if (factor == first_of_run[run_of[factor]]) dims.push_back(static_cast<Index>(run_of[factor]) + 1);
    }
    reshape(out, sizes, name);
    Layer layer{.type = "permute", .name = free_name(name + "_permute"), .options = {}, .inputs = {out.layer}};
    layer.options.integers("dims", dims);
    out.shape = add(layer);
    out.layer = layer.name;
    std::vector<Index> factors(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) factors[i] = out.factors[order[i]];
    out.factors = std::move(factors);
    for (Signal::Axis& axis : out.axes) {
      for (std::size_t& factor : axis) factor = factor == Signal::kBatch ? factor : place[factor];
    }
  }
  reshape(out, shape, name);
  return out;
}

void NetworkPlan::keep_only(const std::string& output) {
  std::set<std::string> needed{output};
  for (std::size_t i = layers_.size(); i-- > 0;) {
    if (needed.contains(layers_[i].name)) needed.insert(layers_[i].inputs.begin(), layers_[i].inputs.end());
  }
  std::erase_if(layers_, [&](const Layer& layer) { return !needed.contains(layer.name); });
  std::erase_if(weights_.tensors,
                [&](const files::Tensor& tensor) { return !needed.contains(tensor.name.substr(0, tensor.name.rfind('.'))); });
  std::erase_if(shapes_, [&](const auto& entry) { return !needed.contains(entry.first); });
}

std::string NetworkPlan::text() const {
  std::string text = "[";
  std::string before = "input";
  for (const Layer& layer : layers_) {
    OptionsText head;
    head.word("type", layer.type).word("name", layer.name);
    if (layer.inputs != std::vector<std::string>{before}) head.words("inputs", layer.inputs);
    text.append(text.size() == 1 ? "\n  {" : ",\n  {").append(head.members());
    if (!layer.options.members().empty()) text.append(", ").append(layer.options.members());
    text += "}";
    before = layer.name;
  }
  return text + "\n]";
}

}  // namespace normrun::models
