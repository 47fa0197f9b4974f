#pragma once

#include <span>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::nn {

/// Which boundaries each layer of a network reads.  Boundary 0 is the network's input, and boundary i is the output of layer i - 1.
struct Graph {
  std::vector<std::vector<Index>> inputs;  // for each layer the boundaries that it reads, all below its own output
  std::vector<Index> readers;              // for each boundary how often layers read it
  std::vector<bool> is_cut;                // for each boundary whether no layer above it reads anything below it
};
Graph make_graph(std::vector<std::vector<Index>> inputs);

/// Where a gradient lies during a backward pass.
struct GradientPlace {
  enum class Memory {
    kNone,         // nowhere: nobody needs the gradient
    kBuffer,       // in a gradient buffer, whose number GradientPlace holds
    kActivations,  // in the memory of the boundary's activations, which nothing reads any more
    kOutside,      // in the caller's dx
  };
  Memory memory = Memory::kNone;
  Index number = 0;
  friend bool operator==(const GradientPlace&, const GradientPlace&) = default;
};

/// Where a layer writes the gradient for one of its inputs.
struct InputGradient {
  GradientPlace place;
  bool is_added = false;  // whether `place` is scratch memory, whose numbers are then added to the boundary's gradient
};

/// The memory for each gradient of a backward pass.  A buffer is free again as soon as the layer that reads its gradient has run, so there
/// are as few buffers as the graph allows: two in a chain.  Layers run in descending order.  The first layer to run of those that read a
/// boundary writes the boundary's gradient, and the others add theirs, so every sum has one order.
class GradientPlan {
 public:
  struct Layer {
    bool has_params = false;
    bool writes_dx_over_dy = false;
    bool writes_dx_over_x = false;
  };
  GradientPlan() = default;
  /// Finds out how many buffers any later plan needs.  The graph must outlive the plan.
  GradientPlan(const Graph& graph, std::vector<Layer> layers);

  enum class Wanted { kParameters, kParametersAndInput };
  /// Plans the pass that starts at `boundary`, whose gradient lies in buffer 0 or in memory of the caller.  Allocates nothing.
  void plan(Index boundary, Wanted wanted);

  Index buffer_count() const { return static_cast<Index>(is_free_.size()); }
  /// Whether backward calls the layer: a gradient reaches it, and somebody needs a gradient that it computes.
  bool runs(Index layer) const { return runs_[static_cast<std::size_t>(layer)]; }
  const GradientPlace& place(Index boundary) const { return places_[static_cast<std::size_t>(boundary)]; }
  /// For each input of the layer, where its gradient goes.
  std::span<const InputGradient> inputs(Index layer) const { return inputs_[static_cast<std::size_t>(layer)]; }

 private:
  using Memory = GradientPlace::Memory;
  void plan_layer(Index layer, Wanted wanted);
  bool is_needed(Index boundary, Wanted wanted) const {
    return wanted == Wanted::kParametersAndInput || has_params_below_[static_cast<std::size_t>(boundary)];
  }
  GradientPlace take_buffer();
  void release(const GradientPlace& place);

  const Graph* graph_ = nullptr;
  std::vector<Layer> layers_;
  std::vector<bool> has_params_below_;  // for each boundary
  std::vector<bool> is_free_;           // for each buffer
  std::vector<bool> runs_;
  std::vector<GradientPlace> places_;
  std::vector<std::vector<InputGradient>> inputs_;
  Index boundary_ = -1;  // where the present plan starts
  Wanted wanted_ = Wanted::kParameters;
};

}  // namespace normrun::nn
