#pragma once

#include <span>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::nn {

/// How a network's layers hang together: boundary 0 is the network's input, and boundary i the output of layer i - 1.
struct Graph {
  std::vector<std::vector<Index>> inputs;  // the boundaries that each layer reads, all below its own output
  std::vector<Index> readers;              // how often each boundary is read
  std::vector<bool> is_cut;                // of each boundary: whether no layer above it reads anything below it
};
Graph make_graph(std::vector<std::vector<Index>> inputs);

/// Where a gradient lies during a backward pass.
struct GradientPlace {
  enum class Memory {
    kNone,         // nobody needs it
    kBuffer,       // the gradient buffer of that number
    kActivations,  // the memory of that boundary's activations, which nothing reads any more
    kOutside,      // the caller's dx
  };
  Memory memory = Memory::kNone;
  Index number = 0;
  friend bool operator==(const GradientPlace&, const GradientPlace&) = default;
};

/// What becomes of the gradient that a layer gives for one of its inputs.
struct InputGradient {
  GradientPlace place;
  bool is_added = false;  // the place is scratch, and its numbers are added to the boundary's gradient
};

/// Which of a network's gradients lie where during a backward pass.  A buffer is free again as soon as the layer has run that reads its
/// gradient, so there are as few as the graph allows: two in a chain.  Layers run in descending order.  The first reader of a boundary
/// writes the boundary's gradient and later ones add theirs, so a sum has one order.
class GradientPlan {
 public:
  struct Layer {
    bool has_params = false;
    bool writes_dx_over_dy = false;
    bool writes_dx_over_x = false;
  };
  GradientPlan() = default;
  /// The graph must outlive the plan.  Finds out how many buffers every later plan needs.
  GradientPlan(const Graph& graph, std::vector<Layer> layers);

  enum class Wanted { kParameters, kParametersAndInput };
  /// Plans the pass that starts at `boundary`, whose gradient lies in buffer 0 or wherever the caller has it.  Allocates nothing.
  void plan(Index boundary, Wanted wanted);

  Index buffer_count() const { return static_cast<Index>(is_free_.size()); }
  /// Whether backward calls the layer: a gradient reaches it, and somebody needs what it gives.
  bool runs(Index layer) const { return runs_[static_cast<std::size_t>(layer)]; }
  const GradientPlace& place(Index boundary) const { return places_[static_cast<std::size_t>(boundary)]; }
  /// For each input of the layer.
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
  std::vector<bool> has_params_below_;  // of each boundary
  std::vector<bool> is_free_;           // of each buffer
  std::vector<bool> runs_;
  std::vector<GradientPlace> places_;
  std::vector<std::vector<InputGradient>> inputs_;
  Index boundary_ = -1;  // of the present plan
  Wanted wanted_ = Wanted::kParameters;
};

}  // namespace normrun::nn
