#include "nn/weights_foreign.hpp"

#include <algorithm>
#include <optional>

#include "config/options/document.hpp"
#include "core/error.hpp"
#include "core/nearest_word.hpp"

namespace normrun::nn {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// The module of the file that each layer takes its tensors from.
class Pairing {
 public:
  Pairing(const std::vector<WantedLayer>& layers, const std::vector<ForeignModule>& modules, WeightsLayout layout)
      : layers_(layers), modules_(modules), layout_(layout), module_of_(layers.size(), kNone), is_taken_(modules.size(), false) {}

  void pair(std::size_t layer, std::size_t module) {
    module_of_[layer] = module;
    is_taken_[module] = true;
  }
  bool is_free(std::size_t layer, std::size_t module) const { return module_of_[layer] == kNone && !is_taken_[module]; }
  std::size_t module_of(std::size_t layer) const { return module_of_[layer]; }
  bool is_taken(std::size_t module) const { return is_taken_[module]; }

  /// Pairs by name, if each layer without a module has a module of its name and shape.  Otherwise a name proves nothing: Keras's second
  /// dense layer is "dense_1", which may be the name of our first.
  void pair_by_name() {
    std::vector<std::pair<std::size_t, std::size_t>> found;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      if (module_of_[l] != kNone) continue;
      const std::size_t module = module_named(layers_[l].name);
      if (module == kNone || signature_of(modules_[module], layout_) != signature_of(layers_[l])) return;
      found.emplace_back(l, module);
    }
    for (const auto& [layer, module] : found) pair(layer, module);
  }

  /// Pairs by kind and shape.  Several layers of one kind and shape take their modules in the order of the numbers in the modules' names.
  void pair_by_shape() {
    std::map<std::string, std::pair<std::vector<std::size_t>, std::vector<std::size_t>>> groups;
    for (std::size_t l = 0; l < layers_.size(); ++l)
      if (module_of_[l] == kNone) groups[signature_of(layers_[l])].first.push_back(l);
    for (std::size_t m = 0; m < modules_.size(); ++m)
      if (!is_taken_[m]) groups[signature_of(modules_[m], layout_)].second.push_back(m);
    for (const auto& [signature, group] : groups) {
      const auto& [layers, modules] = group;
      if (layers.size() != modules.size()) continue;
      if (layers.size() > 1 && !are_counted(modules))
        add_ambiguity(layers, modules);
      else
        for (std::size_t i = 0; i < layers.size(); ++i) pair(layers[i], modules[i]);
    }
  }

  /// Says which tensors cannot be told apart; "" if there are none.
  std::string ambiguity() const {
    if (candidates_.empty()) return "";
    return "the names of several tensors of one shape do not tell which layer each belongs to: pair them beside \"init_from\", in the "
           "right "
           "order, "
           "by \"init_map\": {" +
           candidates_ + "}";
  }
  /// Whether a module is part of the ambiguity.  The message about the ambiguity names it, so that it is not listed as unknown, too.
  bool is_ambiguous(std::size_t module) const { return std::find(ambiguous_.begin(), ambiguous_.end(), module) != ambiguous_.end(); }
  bool is_ambiguous_layer(std::size_t layer) const {
    return std::find(ambiguous_layers_.begin(), ambiguous_layers_.end(), layer) != ambiguous_layers_.end();
  }

 private:
  std::size_t module_named(const std::string& name) const {
    std::size_t found = kNone;
    for (std::size_t m = 0; m < modules_.size(); ++m) {
      const std::string& module = modules_[m].name;
      if (module == name) return is_taken_[m] ? kNone : m;
      const bool ends_so = module.size() > name.size() && module.compare(module.size() - name.size(), name.size(), name) == 0 &&
                           (module[module.size() - name.size() - 1] == '.' || module[module.size() - name.size() - 1] == '/');
      if (!ends_so || is_taken_[m]) continue;
      if (found != kNone) return kNone;
      found = m;
    }
    return found;
  }

  /// Whether the modules' names differ in their numbers alone.  Their order is then that of the layers.
  bool are_counted(const std::vector<std::size_t>& modules) const {
    const std::string stem = stem_of(modules_[modules.front()].name);
    return std::all_of(modules.begin(), modules.end(), [&](std::size_t module) { return stem_of(modules_[module].name) == stem; });
  }

  void add_ambiguity(const std::vector<std::size_t>& layers, const std::vector<std::size_t>& modules) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const WantedLayer& layer = layers_[layers[i]];
      const ForeignModule& module = modules_[modules[i]];
      for (const WantedTensor& wanted : layer.tensors) {
        const files::Tensor* const tensor = module.find(wanted.role);
        if (tensor == nullptr || wanted.role == "updates") continue;
        candidates_ += (candidates_.empty() ? "\"" : ", \"") + wanted.name() + "\": \"" + tensor->name + "\"";
      }
      ambiguous_.push_back(modules[i]);
      ambiguous_layers_.push_back(layers[i]);
    }
  }

  const std::vector<WantedLayer>& layers_;
  const std::vector<ForeignModule>& modules_;
  WeightsLayout layout_;
  std::vector<std::size_t> module_of_;
  std::vector<bool> is_taken_;
  std::vector<std::size_t> ambiguous_;
  std::vector<std::size_t> ambiguous_layers_;
  std::string candidates_;  // the tensors that cannot be told apart, as members of a JSON object
};

/// One entry of init_map, which pairs two layers or two tensors.
struct MapEntry {
  std::size_t layer = kNone;
  std::string role;  // the role of the tensor in the layer; "" if the entry is about the whole layer
  std::size_t module = kNone;
  const files::Tensor* tensor = nullptr;  // null if the entry is about the whole module
};

class MapReader {
 public:
  MapReader(const std::vector<WantedLayer>& layers, const std::vector<ForeignModule>& modules, const WeightsRules& rules)
      : layers_(layers), modules_(modules), rules_(rules) {}

  /// Returns the entries about layers that this run's network has.
  std::vector<MapEntry> read() const {
    std::vector<MapEntry> entries;
    for (const auto& [ours, theirs] : rules_.map) {
      MapEntry entry;
      const bool is_known = find_ours(ours, entry);
      find_theirs(theirs, entry);
      if (is_known && entry.role.empty() != (entry.tensor == nullptr))
        refuse_usage(rules_.path,
                     std::string("init_map joins a tensor to a whole layer: \"").append(ours).append("\": \"").append(theirs).append("\""),
                     "pair a tensor with a tensor, or a layer with a layer");
      if (is_known) entries.push_back(entry);
    }
    return entries;
  }

 private:
  bool find_ours(const std::string& name, MapEntry& entry) const {
    std::vector<std::string_view> known;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      known.emplace_back(layers_[l].name);
      if (layers_[l].name == name) entry.layer = l;
      for (const WantedTensor& tensor : layers_[l].tensors) {
        if (tensor.name() != name) continue;
        entry.layer = l;
        entry.role = tensor.role;
      }
    }
    if (entry.layer != kNone) return true;
    if (rules_.norms.is_swept) return false;  // the layer belongs to another run of the sweep
    const std::string near = nearest_word(name, known);
    refuse_usage(rules_.path, "init_map names \"" + name + "\", which the network does not have",
                 near.empty() ? "`normrun describe` lists the layers" : "did you mean \"" + near + "\"?");
  }
  void find_theirs(const std::string& name, MapEntry& entry) const {
    for (std::size_t m = 0; m < modules_.size(); ++m) {
      if (modules_[m].name == name) entry.module = m;
      for (const auto& [role, tensor] : modules_[m].tensors) {
        if (tensor->name != name) continue;
        entry.module = m;
        entry.tensor = tensor;
        return;
      }
    }
    if (entry.module == kNone)
      refuse_usage(rules_.path, "init_map names \"" + name + "\", which the file does not have",
                   "`normrun inspect` lists the file's tensors");
  }

  const std::vector<WantedLayer>& layers_;
  const std::vector<ForeignModule>& modules_;
  const WeightsRules& rules_;
};

/// Pairs the layers and modules that the map names.  Returns the entries about single tensors that a layer takes from another module, or in
/// another role than its module gives them.
std::vector<MapEntry> pair_by_map(const std::vector<MapEntry>& entries, const std::vector<ForeignModule>& modules, Pairing& pairing) {
  std::vector<MapEntry> single;
  for (const MapEntry& entry : entries) {
    if (pairing.is_free(entry.layer, entry.module)) pairing.pair(entry.layer, entry.module);
    const bool is_its_module = pairing.module_of(entry.layer) == entry.module;
    const bool is_its_role = entry.tensor == nullptr || modules[entry.module].find(entry.role) == entry.tensor;
    if (entry.tensor != nullptr && !(is_its_module && is_its_role)) single.push_back(entry);
  }
  return single;
}

}  // namespace

OfferedWeights offer_foreign(const std::vector<WantedLayer>& layers, const files::TensorFile& file, WeightsLayout layout,
                             const WeightsRules& rules) {
  const std::vector<ForeignModule> modules = foreign_modules(file, layout);
  Pairing pairing(layers, modules, layout);
  const std::vector<MapEntry> single = pair_by_map(MapReader(layers, modules, rules).read(), modules, pairing);
  pairing.pair_by_name();
  pairing.pair_by_shape();

  OfferedWeights offered;
  std::set<std::string> done;  // the names of ours and of the file's that the map decides about
  for (const MapEntry& entry : single) {
    offered.tensors.push_back(converted_tensor(layers[entry.layer], entry.role, *entry.tensor, layout));
    done.insert({layers[entry.layer].name + "." + entry.role, entry.tensor->name});
  }
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (pairing.is_ambiguous_layer(l)) {
      for (const WantedTensor& wanted : layers[l].tensors) offered.undecided.insert(wanted.name());
    }
    if (pairing.module_of(l) == kNone) continue;
    for (OfferedTensor& tensor : converted_module(layers[l], modules[pairing.module_of(l)], layout)) {
      if (!done.contains(tensor.name) && !done.contains(tensor.from.substr(0, tensor.from.find(", "))))
        offered.tensors.push_back(std::move(tensor));
    }
  }
  const auto has_statistics = [](const auto& norm) { return norm.find("moving_mean") != nullptr; };
  for (std::size_t m = 0; m < modules.size(); ++m) {
    if (pairing.is_taken(m)) continue;
    // If a layer of the same kind has no module yet, it wants this module in another shape.
    bool is_anothers = modules[m].kind == ModuleKind::kNorm;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const bool is_free = layers[l].is_norm && pairing.module_of(l) == kNone;
      if (is_free && has_statistics(layers[l]) == has_statistics(modules[m])) is_anothers = false;
    }
    for (const auto& [role, tensor] : modules[m].tensors) {
      if (done.contains(tensor->name)) continue;
      if (is_anothers) offered.left_norms.insert(tensor->name);
      if (pairing.is_ambiguous(m)) offered.undecided.insert(tensor->name);
      offered.tensors.push_back({tensor->name, tensor->name, tensor->shape, {}});
    }
  }
  offered.ambiguity = pairing.ambiguity();
  return offered;
}

}  // namespace normrun::nn
