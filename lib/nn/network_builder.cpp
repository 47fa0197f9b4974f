#include "nn/network_builder.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "config/json/words.hpp"
#include "core/error.hpp"
#include "core/random.hpp"
#include "nn/frozen.hpp"

namespace normrun::nn {
namespace {

constexpr const char* kInput = "input";  // the name by which layers call the network's input
constexpr std::uint64_t kMostBranches = 1U << 16U;

[[noreturn]] void refuse_layer(const std::string& name, const std::string& what, const std::string& hint) {
  throw Error(ExitCode::kUsage, Problem{"layer " + name, what, hint});
}

std::string default_name(const std::string& stem, Index position) { return stem + "_" + std::to_string(position); }

std::string name_of(const LayerDescription& layer, Index position, const std::string& path) {
  if (!layer.local_name.empty()) return path + layer.local_name;
  if (!layer.name.empty()) return layer.name;
  if (!layer.stem.empty()) return path + default_name(layer.stem, position);
  return layer.spec->name.empty() ? path + default_name(layer.type, position) : layer.spec->name;
}

/// The name that version 0.1 would have given the layer.  It differs from today's only for a layer that takes the place of a placeholder
/// with a name of its own.
std::string former_name_of(const LayerDescription& layer, Index position) {
  const std::string& own = layer.spec->name;
  const bool is_renamed = !layer.stem.empty() || (!layer.name.empty() && layer.name != own);
  if (!is_renamed) return "";
  return own.empty() ? default_name(layer.type, position) : own;
}

}  // namespace

template <class T>
BuiltLayers<T> NetworkBuilder<T>::build(const std::vector<LayerDescription>& layers) {
  const Source output = add_list(layers, input_, {});
  built_.output = output.shape;
  built_.param_begin.push_back(built_.layout.param_count);
  refuse_equal_names();
  refuse_unknown_names();
  refuse_unread(output.boundary);
  return std::move(built_);
}

template <class T>
typename NetworkBuilder<T>::Source NetworkBuilder<T>::add_list(const std::vector<LayerDescription>& layers, Source input,
                                                               const Scope& scope) {
  for (std::size_t i = 0; i < layers.size(); ++i) input = add(layers[i], static_cast<Index>(i), input, scope);
  return input;
}

template <class T>
typename NetworkBuilder<T>::Source NetworkBuilder<T>::add(const LayerDescription& layer, Index position, const Source& before,
                                                          const Scope& scope) {
  const std::string name = name_of(layer, position, scope.path);
  std::vector<Source> inputs = named_inputs(layer, name, before);
  const bool is_block_frozen = is_frozen({name});
  const bool trainable = scope.trainable && layer.trainable && layer.spec->trainable && !is_block_frozen;
  if (!layer.branches.empty()) {
    if (inputs.size() > 1)
      refuse_layer(name, "its branches read one input, but \"inputs\" names several", "name one input, or leave the branches out");
    const Source input = inputs.front();
    inputs.clear();
    for (const BranchDescription& branch : layer.branches) {
      const auto index = static_cast<std::uint64_t>(position) * kMostBranches + inputs.size();
      const std::string path = branch.name.empty() ? name + "/" : std::string(name).append("/").append(branch.name).append("/");
      const Scope inner{path, branch_of(scope.branch, index), trainable};
      inputs.push_back(add_list(branch.layers, input, inner));
    }
  }
  if (layer.spec->joins() && inputs.size() < 2)
    refuse_layer(name, "has only one input to join", R"(give it "branches", or name the layers that it joins under "inputs")");
  if (!layer.spec->joins() && inputs.size() > 1)
    refuse_layer(name, "reads one input, but \"inputs\" names " + std::to_string(inputs.size()),
                 "join them first, by a layer of type add, concatenate, multiply or matmul");
  const std::size_t built = built_.infos.size();
  LayerDescription own = layer;
  own.trainable = trainable;
  Source output =
      add_own(own, name, inputs, {.layer = 0, .input = 0, .position = position, .branch = scope.branch, .momentum = change_.momentum});
  if (built_.infos.size() > built && scope.path.empty()) built_.infos[built].former_name = former_name_of(layer, position);
  outputs_.insert_or_assign(name, output);
  return output;
}

template <class T>
typename NetworkBuilder<T>::Source NetworkBuilder<T>::add_own(const LayerDescription& layer, const std::string& name,
                                                              const std::vector<Source>& inputs, LayerPlace place) {
  place.layer = static_cast<Index>(built_.layers.size());
  place.input = inputs.front().boundary;
  std::vector<Shape> shapes(inputs.size());
  std::transform(inputs.begin(), inputs.end(), shapes.begin(), [](const Source& source) { return source.shape; });
  const Index begin = built_.layout.param_count;
  const std::size_t norms = built_.layout.normalizations.size();
  Blueprint blueprint(built_.layout, std::move(shapes), name, place);
  auto made = layer.spec->make<T>(blueprint);
  if (made == nullptr) return {place.input, blueprint.output()};
  std::vector<std::string_view> names{layer.type, "all"};
  if (built_.layout.normalizations.size() > norms && !built_.layout.normalizations.back().kept) names.emplace_back("norms");
  if (is_frozen(names) || !layer.trainable) made = frozen(std::move(made), blueprint, begin);
  built_.traits.push_back(made->traits());
  built_.layers.push_back(std::move(made));
  built_.param_begin.push_back(begin);
  LayerInfo& info = built_.infos.emplace_back();
  info.name = name;
  info.type = layer.type;
  info.input = blueprint.input();
  info.output = blueprint.output();
  for (const Source& source : inputs) info.inputs.push_back(source.boundary);
  info.params = built_.layout.param_count - begin;
  Source output{place.layer + 1, blueprint.output()};
  auto next = layer.spec->followed_by();
  if (!next) return output;
  next->trainable = layer.trainable;
  return add_own(*next, name + "_" + next->type, {output}, place);
}

template <class T>
std::unique_ptr<const Layer<T>> NetworkBuilder<T>::frozen(std::unique_ptr<const Layer<T>> layer, Blueprint& blueprint,
                                                          Index first_param) const {
  const Index count = blueprint.param_count() - first_param;
  const LayerTraits traits = layer->traits();
  if (count == 0 && traits.is_mode_free) return layer;
  blueprint.give_role(ParamRole::kFrozen, first_param);
  return std::make_unique<Frozen<T>>(std::move(layer), ParamId{first_param, count});
}

template <class T>
bool NetworkBuilder<T>::is_frozen(const std::vector<std::string_view>& names) {
  bool is_any = false;
  for (std::size_t i = 0; i < change_.frozen.size(); ++i) {
    if (std::find(names.begin(), names.end(), change_.frozen[i]) == names.end()) continue;
    is_used_[i] = is_any = true;
  }
  return is_any;
}

template <class T>
void NetworkBuilder<T>::refuse_unknown_names() const {
  for (std::size_t i = 0; i < is_used_.size(); ++i) {
    if (is_used_[i]) continue;
    std::vector<std::string_view> names{"norms", "all"};
    for (const auto& [known, source] : outputs_) names.push_back(known);
    throw Error(ExitCode::kUsage,
                Problem{"train.phases", "\"freeze\" names \"" + change_.frozen[i] + "\", but the network has no layer of this name",
                        config::suggestion(change_.frozen[i], names, "names")});
  }
}

template <class T>
std::vector<typename NetworkBuilder<T>::Source> NetworkBuilder<T>::named_inputs(const LayerDescription& layer, const std::string& name,
                                                                                const Source& before) const {
  if (layer.inputs.empty()) return {before};
  std::vector<Source> inputs;
  for (const std::string& input : layer.inputs) {
    const auto found = outputs_.find(input);
    if (found != outputs_.end()) {
      inputs.push_back(found->second);
    } else if (input == kInput) {
      inputs.push_back(input_);
    } else {
      std::vector<std::string_view> names{kInput};
      for (const auto& [known, source] : outputs_) names.push_back(known);
      refuse_layer(name, "reads \"" + input + "\", but no layer before it has this name",
                   config::suggestion(input, names, "layers before it"));
    }
  }
  return inputs;
}

template <class T>
void NetworkBuilder<T>::refuse_equal_names() const {
  std::set<std::string> names;
  for (const LayerInfo& info : built_.infos) {
    if (!names.insert(info.name).second) refuse_layer(info.name, "two layers have this name", "give one of them another \"name\"");
  }
}

template <class T>
void NetworkBuilder<T>::refuse_unread(Index output) const {
  std::vector<bool> is_read(built_.infos.size() + 1);
  is_read[static_cast<std::size_t>(output)] = true;
  for (const LayerInfo& info : built_.infos) {
    for (const Index boundary : info.inputs) is_read[static_cast<std::size_t>(boundary)] = true;
  }
  for (std::size_t i = 0; i < built_.infos.size(); ++i) {
    if (is_read[i + 1]) continue;
    refuse_layer(built_.infos[i].name, "no layer reads its output, and it is not the network's last layer",
                 "let a later layer name it under \"inputs\", or leave it out");
  }
}

template class NetworkBuilder<float>;
template class NetworkBuilder<double>;

}  // namespace normrun::nn
