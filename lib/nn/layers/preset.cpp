#include "nn/layers/preset.hpp"

#include "config/options/document.hpp"
#include "core/error.hpp"
#include "fmt/format.h"
#include "nn/registry.hpp"

namespace normrun::nn::layers {
namespace {

/// What the text of an expansion is parsed into.
struct Expansion final : config::Described {
  LayerList layers;
  void describe(config::OptionVisitor& visitor) override { visitor.tagged_list({"layers", "the layers"}, layers, layer_family()); }
};

/// Makes the names of the layers local: each follows the path of the block that the layer is in.
void make_local(const LayerList& layers) {
  for (const auto& layer : layers) {
    auto& spec = static_cast<LayerSpec&>(*layer);
    spec.local_name = std::move(spec.name);
    spec.name.clear();
    for (const LayerSpec::Branch& branch : spec.branches()) make_local(branch.layers);
  }
}

}  // namespace

std::vector<LayerSpec::Branch> PresetSpec::branches() const {
  Expansion expansion_read;
  std::vector<Problem> problems;
  config::Document::parse("{\"layers\": " + expansion() + "}", "the layers of " + type).read("", expansion_read, problems);
  if (!problems.empty()) throw Error(ExitCode::kUsage, problems);
  make_local(expansion_read.layers);
  return {{"", expansion_read.layers}};
}

std::string layer_text(std::string_view type, std::string_view name, std::string_view options) {
  return fmt::format(R"({{"type": "{}", "name": "{}"{}{}}})", type, name, options.empty() ? "" : ", ", options);
}

std::string list_text(const std::vector<std::string>& layers) { return fmt::format("[{}]", fmt::join(layers, ", ")); }

}  // namespace normrun::nn::layers
