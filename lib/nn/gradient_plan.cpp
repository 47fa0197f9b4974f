#include "nn/gradient_plan.hpp"

#include <algorithm>
#include <utility>

namespace normrun::nn {

Graph make_graph(std::vector<std::vector<Index>> inputs) {
  const std::size_t layers = inputs.size();
  Graph graph{.inputs = std::move(inputs), .readers = std::vector<Index>(layers + 1, 0), .is_cut = std::vector<bool>(layers + 1, true)};
  Index lowest = static_cast<Index>(layers);  // the lowest boundary that layer i or a later one reads
  for (std::size_t i = layers; i-- > 0;) {
    for (const Index boundary : graph.inputs[i]) {
      ++graph.readers[static_cast<std::size_t>(boundary)];
      lowest = std::min(lowest, boundary);
    }
    graph.is_cut[i] = lowest == static_cast<Index>(i);
  }
  return graph;
}

GradientPlan::GradientPlan(const Graph& graph, std::vector<Layer> layers)
    : graph_(&graph),
      layers_(std::move(layers)),
      has_params_below_(layers_.size() + 1, false),
      runs_(layers_.size(), false),
      places_(layers_.size() + 1) {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::vector<Index>& inputs = graph.inputs[i];
    has_params_below_[i + 1] = layers_[i].has_params || std::any_of(inputs.begin(), inputs.end(), [&](Index boundary) {
                                 return has_params_below_[static_cast<std::size_t>(boundary)];
                               });
    inputs_.emplace_back(inputs.size());
  }
  // The pass over all layers keeps the most gradients at a time, so planning it finds out how many buffers any pass needs.
  plan(static_cast<Index>(layers_.size()), Wanted::kParametersAndInput);
}

void GradientPlan::plan(Index boundary, Wanted wanted) {
  if (boundary == boundary_ && wanted == wanted_) return;
  boundary_ = boundary;
  wanted_ = wanted;
  std::fill(places_.begin(), places_.end(), GradientPlace{});
  std::fill(runs_.begin(), runs_.end(), false);
  std::fill(is_free_.begin(), is_free_.end(), true);
  places_[static_cast<std::size_t>(boundary)] = take_buffer();
  for (Index layer = boundary - 1; layer >= 0; --layer) plan_layer(layer, wanted);
}

void GradientPlan::plan_layer(Index layer, Wanted wanted) {
  const auto l = static_cast<std::size_t>(layer);
  const GradientPlace dy = place(layer + 1);
  std::vector<InputGradient>& targets = inputs_[l];
  std::fill(targets.begin(), targets.end(), InputGradient{});
  if (dy.memory == Memory::kNone || !is_needed(layer + 1, wanted)) return;
  runs_[l] = true;
  bool is_dy_kept = false;
  for (std::size_t k = 0; k < targets.size(); ++k) {
    const Index boundary = graph_->inputs[l][k];
    if (!is_needed(boundary, wanted)) continue;
    GradientPlace& own = places_[static_cast<std::size_t>(boundary)];
    const bool is_first = own.memory == Memory::kNone;
    GradientPlace to;
    if (boundary == 0 && is_first) {
      to = {Memory::kOutside, 0};
    } else if (k == 0 && is_first && layers_[l].writes_dx_over_x) {
      to = {Memory::kActivations, boundary};
    } else if (k == 0 && layers_[l].writes_dx_over_dy) {
      to = dy;
      is_dy_kept = is_first;
    } else {
      to = take_buffer();
    }
    targets[k] = {to, !is_first};
    if (is_first) own = to;
  }
  for (const InputGradient& target : targets) {
    if (target.is_added) release(target.place);
  }
  if (!is_dy_kept) release(dy);
}

GradientPlace GradientPlan::take_buffer() {
  auto free = std::find(is_free_.begin(), is_free_.end(), true);
  if (free == is_free_.end()) free = is_free_.insert(free, true);
  *free = false;
  return {Memory::kBuffer, free - is_free_.begin()};
}

void GradientPlan::release(const GradientPlace& place) {
  if (place.memory == Memory::kBuffer) is_free_[static_cast<std::size_t>(place.number)] = true;
}

}  // namespace normrun::nn
