#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "nn/network.hpp"

namespace normrun::nn {

/// What a network knows of its layers.  Only network.cpp and record.cpp include this file.
template <class T>
struct Network<T>::Impl : BuiltLayers<T> {
  Shape input;
  Graph graph;
  std::vector<bool> reads_sequences;  // for each layer
  std::vector<bool> gives_sequences;  // for each layer
  std::vector<Chain> forward_chains;  // for each layer the chain that it belongs to
  std::vector<Chain> backward_chains;

  using BuiltLayers<T>::infos;
  using BuiltLayers<T>::traits;

  std::vector<LayerDescription> descriptions;

  Impl(const std::vector<LayerDescription>& given, const Shape& input_shape, const NetworkChange& change)
      : BuiltLayers<T>(NetworkBuilder<T>(input_shape, change).build(given)), input(input_shape), descriptions(given) {
    std::vector<std::vector<Index>> inputs(infos.size());
    std::transform(infos.begin(), infos.end(), inputs.begin(), [](const LayerInfo& info) { return info.inputs; });
    graph = make_graph(std::move(inputs));
    follow_time();
    plan_chains(forward_chains, [](const LayerTraits& layer) { return layer.part_by_part == PartByPart::kBoth; });
    // All layers above the chain's lowest write dx over dy, so only the lowest switches gradient buffers.  Nothing that it writes can
    // overwrite a part that is not yet processed.
    plan_chains(backward_chains,
                [](const LayerTraits& layer) { return layer.part_by_part != PartByPart::kNever && layer.may_write_dx_over_dy; });
  }

  /// Finds out which layers read or give sequences whose steps are those of the network's input, or follow from them.
  void follow_time() {
    std::vector<Index> time(infos.size() + 1, 0);  // the steps at each boundary; 0 if its steps do not follow from the network's input
    if (input.rank() == 2) time[0] = input.dims()[0];
    for (std::size_t i = 0; i < infos.size(); ++i) {
      const Index steps = time[static_cast<std::size_t>(infos[i].inputs.front())];
      const auto has_steps = [](const Shape& shape, Index count) { return count > 0 && shape.rank() == 2 && shape.dims()[0] == count; };
      reads_sequences.push_back(has_steps(infos[i].input, steps));
      const Index left = infos[i].output.rank() == 2 ? infos[i].output.dims()[0] : 0;
      const bool has_steps_left = left == steps || traits[i].lengths == Lengths::kChanged;
      gives_sequences.push_back(reads_sequences.back() && traits[i].lengths != Lengths::kLost && left > 0 && has_steps_left);
      if (gives_sequences.back()) time[i + 1] = left;
    }
  }

  /// Whether the layer is the only reader of the layer below it, and reads no other layer.
  bool follows(std::size_t layer) const {
    const std::vector<Index>& inputs = infos[layer].inputs;
    return inputs.size() == 1 && inputs.front() == static_cast<Index>(layer) && graph.readers[layer] == 1;
  }

  /// Joins each layer whose traits `joins` accepts to the layers below it, as long as these process both passes part by part.
  template <class Joins>
  void plan_chains(std::vector<Chain>& chains, const Joins& joins) const {
    const std::size_t count = infos.size();
    for (std::size_t begin = 0, end = 0; begin < count; begin = end) {
      for (end = begin + 1; end < count && follows(end) && traits[end - 1].part_by_part == PartByPart::kBoth && joins(traits[end]);) ++end;
      chains.insert(chains.end(), end - begin, chain_of(begin, end));
    }
  }

  Chain chain_of(std::size_t begin, std::size_t end) const {
    constexpr Index kBytes = Index{1} << 19;  // half of the second cache of a usual processor
    Chain chain{static_cast<Index>(begin), static_cast<Index>(end), std::numeric_limits<Index>::max()};
    if (end - begin == 1) return chain;
    Index numbers = 0;
    for (const Index boundary : infos[begin].inputs) numbers += size_at(boundary);
    for (std::size_t i = begin; i < end; ++i) numbers += infos[i].output.size();
    chain.examples = std::max<Index>(1, kBytes / static_cast<Index>(sizeof(T)) / numbers);
    return chain;
  }

  Index size_at(Index boundary) const { return boundary == 0 ? input.size() : infos[static_cast<std::size_t>(boundary - 1)].output.size(); }
};

}  // namespace normrun::nn
