#include "report/results/layer_names.hpp"

#include <algorithm>

#include "fmt/format.h"

namespace normrun::report {
namespace {

/// Whether a layer has the name that normrun gives it by its place: its type and a number, or the path of a block.
bool is_named_by_place(const std::string& layer, const std::string& type) {
  if (layer.find('/') != std::string::npos) return true;
  if (!layer.starts_with(type + "_")) return false;
  const std::string rest = layer.substr(type.size() + 1);
  return !rest.empty() && rest.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

LayerNames::LayerNames(const ResultsFolder& results) {
  tables::RunRows runs = results.runs_of(tables::TableId::kLayers);
  while (runs.next()) {
    long place = 0;
    for (const tables::RunRows::Row* row : runs.final_rows()) {
      const std::string& layer = runs.text(*row, "layer");
      layers_.try_emplace(layer, Layer{++place, !is_named_by_place(layer, runs.text(*row, "type"))});
    }
  }
}

std::string LayerNames::spoken(const std::string& layer) const {
  const auto found = layers_.find(layer);
  if (found == layers_.end()) return layer;
  return found->second.is_named ? fmt::format("the layer \"{}\"", layer) : fmt::format("normalization layer {}", found->second.place);
}

long LayerNames::place(const std::string& layer) const {
  const auto found = layers_.find(layer);
  return found == layers_.end() ? 0 : found->second.place;
}

}  // namespace normrun::report
