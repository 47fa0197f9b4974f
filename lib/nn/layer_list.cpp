#include "nn/layer_list.hpp"

namespace normrun::nn {
namespace {

bool is_placeholder(const config::Described& layer) { return layer.type == "norm"; }

/// Puts one normalization in the place of every placeholder.
class Replacement {
 public:
  Replacement(const LayerList& layers, const std::shared_ptr<config::Described>& norm) : norm_(norm) {
    each_layer(layers, [this](const LayerSpec& layer) { placeholders_ += is_placeholder(layer) ? 1 : 0; });
  }

  std::vector<LayerDescription> describe(const LayerList& layers) const {
    std::vector<LayerDescription> descriptions;
    descriptions.reserve(layers.size());
    for (const auto& layer : layers) descriptions.push_back(describe_one(layer));
    return descriptions;
  }

 private:
  LayerDescription describe_one(const std::shared_ptr<config::Described>& layer) const {
    const bool is_replaced = norm_ != nullptr && is_placeholder(*layer);
    const auto own = std::static_pointer_cast<const LayerSpec>(layer);
    const auto spec = is_replaced ? std::static_pointer_cast<const LayerSpec>(norm_) : own;
    LayerDescription description{.type = spec->type,
                                 .spec = spec,
                                 .name = own->name,
                                 .local_name = own->local_name,
                                 .inputs = own->inputs.value_or(std::vector<std::string>())};
    description.trainable = own->trainable;
    if (is_replaced && placeholders_ > 1 && own->name.empty()) description.stem = spec->name;
    for (const LayerSpec::Branch& branch : own->branches()) description.branches.push_back({branch.name, describe(branch.layers)});
    return description;
  }

  const std::shared_ptr<config::Described>& norm_;
  int placeholders_ = 0;
};

}  // namespace

std::vector<LayerDescription> describe_layers(const LayerList& layers, const std::shared_ptr<config::Described>& norm) {
  return Replacement(layers, norm).describe(layers);
}

}  // namespace normrun::nn
