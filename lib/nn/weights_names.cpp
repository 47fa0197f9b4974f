#include "nn/weights_names.hpp"

#include <algorithm>
#include <optional>

#include "core/error.hpp"
#include "core/shape.hpp"

namespace normrun::nn {
namespace {

/// If a tensor's name begins with the former name of a layer, returns the tensor's name as it is now.
std::optional<std::string> renamed(const std::vector<WantedLayer>& layers, const std::string& name, const files::TensorFile& file) {
  for (const WantedLayer& layer : layers) {
    if (layer.former_name.empty() || name.compare(0, layer.former_name.size() + 1, layer.former_name + ".") != 0) continue;
    const std::string role = name.substr(layer.former_name.size() + 1);
    const std::string present = layer.name + "." + role;
    if (layer.find(role) != nullptr && file.find(present) == nullptr) return present;
  }
  return std::nullopt;
}

/// Returns our name of a tensor by the map: that of an entry about the tensor itself, or about its layer.  "" if the map does not say.
std::string mapped(const WeightsRules& rules, const std::string& name) {
  for (const auto& [ours, theirs] : rules.map) {
    if (name == theirs) return ours;
    if (name.compare(0, theirs.size() + 1, theirs + ".") == 0) return ours + name.substr(theirs.size());
  }
  return "";
}

void check_map(const WeightsRules& rules, const files::TensorFile& file) {
  for (const auto& [ours, theirs] : rules.map) {
    const auto is_meant = [&, &begin = theirs](const files::Tensor& tensor) {
      return tensor.name == begin || tensor.name.compare(0, begin.size() + 1, begin + ".") == 0;
    };
    if (std::none_of(file.tensors.begin(), file.tensors.end(), is_meant))
      refuse_usage(rules.path, "init_map names \"" + theirs + "\", which the file does not have",
                   "`normrun inspect` lists the file's tensors");
  }
}

}  // namespace

std::string tensor_text(const std::string& name, const std::vector<Index>& shape) { return name + " " + shape_text(shape); }

const WantedTensor* WantedLayer::find(const std::string& role) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const WantedTensor& tensor) { return tensor.role == role; });
  return found == tensors.end() ? nullptr : &*found;
}

template <class T>
std::vector<WantedLayer> wanted_layers(const Network<T>& network) {
  const Layout& layout = network.layout();
  std::vector<WantedLayer> layers;
  struct Output {
    Shape shape;
    std::vector<Index> flattened;  // if a flatten made the numbers: the shape that it flattened
  };
  std::vector<Output> outputs{{network.input(), {}}};  // for each boundary, what lies there
  for (const LayerInfo& info : network.layers()) {
    auto [before, flattened] = outputs[static_cast<std::size_t>(info.inputs.front())];
    if (before.rank() == 3 && info.input.rank() == 1) flattened = before.dims();
    if (info.input.rank() != 1) flattened.clear();
    WantedLayer layer{.name = info.name, .type = info.type, .former_name = info.former_name, .flattened = flattened, .tensors = {}};
    const auto take = [&](const auto& entries, bool is_state) {
      for (const auto& entry : entries) {
        if (entry.layer != info.name) continue;
        layer.tensors.push_back({entry.layer, entry.name, entry.shape, entry.id.offset, entry.id.size, is_state});
      }
    };
    take(layout.params, false);
    take(layout.states, true);
    for (const Normalization& norm : layout.normalizations) {
      if (norm.name != info.name) continue;
      layer.is_norm = true;
      layer.counts_batches = norm.average == Average::kCumulative;
    }
    if (!layer.tensors.empty()) layers.push_back(std::move(layer));
    if (info.output.size() != info.input.size() || info.type == "dense") flattened.clear();
    outputs.push_back({info.output, std::move(flattened)});
  }
  return layers;
}

OfferedWeights offer_by_name(const std::vector<WantedLayer>& layers, const files::TensorFile& file, const WeightsRules& rules) {
  check_map(rules, file);
  OfferedWeights offered;
  std::set<std::string> former;
  for (const files::Tensor& tensor : file.tensors) {
    const std::optional<std::string> present = renamed(layers, tensor.name, file);
    if (present) former.insert(tensor.name.substr(0, tensor.name.rfind('.')) + " as " + present->substr(0, present->rfind('.')));
    const std::string by_map = mapped(rules, tensor.name);
    offered.tensors.push_back({by_map.empty() ? present.value_or(tensor.name) : by_map, tensor.name, tensor.shape, tensor.values});
  }
  for (const std::string& layer : former)
    offered.notes.push_back("read layer " + layer + ": since version 0.2 a placeholder's own name is the layer's");
  return offered;
}

template std::vector<WantedLayer> wanted_layers(const Network<float>&);
template std::vector<WantedLayer> wanted_layers(const Network<double>&);

}  // namespace normrun::nn
