#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/parts.hpp"
#include "core/shape.hpp"
#include "nn/gradient_plan.hpp"
#include "nn/layer.hpp"
#include "nn/network_builder.hpp"

namespace normrun::nn {

enum class LossKind { kMse, kMae, kHuber, kSoftmaxCrossEntropy, kBinaryCrossEntropy };
/// Whether a loss compares numbers with numbers.  Such a loss takes the network's outputs as they are, not as logits.
constexpr bool compares_numbers(LossKind loss) { return loss == LossKind::kMse || loss == LossKind::kMae || loss == LossKind::kHuber; }

/// The memory of a pass: the activations at every boundary, the caches and the gradients.  It is allocated once, for `capacity` examples.
template <class T>
class Record;

/// What a record keeps of a pass.
enum class Keep {
  kAllActivations,  // the activations of every boundary, and buffers for backward
  kForBackward,     // only what backward reads, so that a pass goes through less memory
  kNoGradients,     // the activations of every boundary, but no gradient buffers; backward throws
};

/// Layers that read one another's outputs: a chain, or a graph without circles, with one input and one output.  A network is const after
/// its construction, so threads can share it.  Each of them has a Record and buffers of its own.
template <class T>
class Network {
 public:
  /// layers: as the config lists them, with a layer in place of every {"type": "norm"}.  A layer is called by the name in its description,
  /// or else by the name in its spec, or else <type>_<place>, and in a branch <block>/<branch>/<type>_<place>.
  /// Throws Error(kUsage) "layer NAME: …" for shapes that do not fit, two equal names, inputs that are no earlier layers, outputs that no
  /// layer reads, or more than 2^31 parameters.
  Network(const std::vector<LayerDescription>& layers, const Shape& input, const NetworkChange& change = {});
  /// Returns a network of the same layers with a change.  It reads the same buffers as this one.  Throws Error(kUsage) if `change` has a
  /// name that no layer has.
  Network changed(const NetworkChange& change) const;
  ~Network();
  Network(Network&&) noexcept;

  const Layout& layout() const;
  const Shape& input() const;
  const Shape& output() const;
  using LayerInfo = nn::LayerInfo;
  /// The built layers in the order in which they run.  Each of them reads boundaries below its own output.
  const std::vector<LayerInfo>& layers() const;

  /// The boundary whose activations are the logits of `loss`.  It lies before a last softmax if `loss` is the softmax cross-entropy, and
  /// before a last sigmoid if `loss` is the binary cross-entropy; otherwise it is the output.  Boundary 0 is the input, and boundary i is
  /// the output of built layer i - 1.
  Index logits_boundary(LossKind loss) const;
  /// Whether any layer drops elements at random.
  bool drops_out() const;
  /// The boundary before a last softmax, sigmoid, tanh or relu, whatever the loss; without such a layer the output.
  Index pre_activation_boundary() const;
  Index output_boundary() const { return static_cast<Index>(layers().size()); }
  /// Whether the boundary is a cut: no layer above it reads anything below it.  In a chain, every boundary is a cut.
  bool is_cut(Index boundary) const;
  /// The highest cut at or below the boundary.
  Index cut_below(Index boundary) const;
  /// How often layers read the boundary.  A layer that names a boundary twice reads it twice.
  Index readers(Index boundary) const;
  /// The end of the stem, which is a cut.  Up to this boundary, the activations of an example follow from the example and the parameters
  /// alone, so they are the same in every mode.
  Index mode_free_boundary() const;

  /// Fills params and state with initial values.  The values of a parameter depend only on the seed, on the layer's place in the config,
  /// and on the number of the parameter in the layer.  They are therefore the same for every normalization and batch size.
  void initialize(std::uint64_t seed, std::span<T> params, std::span<T> state) const;

  /// What a forward pass does.
  struct Pass {
    Mode mode = kEvalMode;
    const Index* lengths = nullptr;  // (examples): how many steps of the network's input are valid
    PassKey key = {};
    Index first_boundary = 0;  // x is the activations of this boundary, a cut; backward can only follow a pass from boundary 0
    Index last_boundary = -1;  // the pass stops at this boundary; -1: at the output
    Index replicas = 1;        // how many replicas share the examples and synchronise their batch statistics
  };
  /// Runs the layers on x: (examples, size).  Returns the activations of the last boundary, which lie in `record`.  `record` also keeps
  /// what backward needs; it refers to x and does not copy it.  `next_state` may be null if mode.tracking is kFreeze, and it may be the
  /// same buffer as `state`.  Throws std::invalid_argument if there are more examples than the record has room for, or if the first
  /// boundary is no cut.
  ConstView<T> forward(const Pass& pass, std::span<const T> params, std::span<const T> state, T* next_state, Record<T>& record,
                       ConstView<T> x) const;
  /// Computes the gradients of the last forward pass in `record` from dy, the gradient at `boundary`: (examples, size of the boundary).  It
  /// may overwrite dy.
  /// Layers run from the last to the first.  If several layers read a boundary, the first of them to run writes the boundary's gradient and
  /// the others add theirs; a layer adds for one of its inputs after another.
  /// `grads` gets the gradient of every parameter below the boundary, and zeros for the parameters above it.  Unless its data is null, dx
  /// gets the gradient with respect to the network's input: (examples, size of the input).
  /// If the forward pass moved the state, its next_state must still be there, because `power` moves its statistics of gradients in it.
  /// A record with Keep::kForBackward serves only one call.  A kernel that `kernel_updater` updates gets no gradient in `grads`, and may
  /// have changed when this function returns.  Throws std::invalid_argument after a pass that backward cannot follow.
  void backward(std::span<const T> params, Record<T>& record, Index boundary, View<T> dy, std::span<T> grads, View<T> dx = {},
                KernelUpdater<T>* kernel_updater = nullptr) const;

 private:
  friend class Record<T>;
  bool changes_lengths(std::size_t layer) const;
  /// Notes in the record how many steps are valid at each layer.
  void place_lengths(const Index* lengths, Record<T>& record) const;
  /// Neighbouring layers through which a pass takes the batch part by part.
  struct Chain {
    Index begin;
    Index end;
    Index examples;  // how many examples a part has
  };
  static Part next_part(const Chain& chain, Index examples, const Part& done);
  /// The arguments of a pass, for the functions that run its layers.
  struct ForwardPass {
    const Pass& pass;
    std::span<const T> params;
    std::span<const T> state;
    T* next_state;
    Record<T>& record;
  };
  struct BackwardPass {
    std::span<const T> params;
    std::span<T> grads;
    KernelUpdater<T>* kernel_updater;
    Record<T>& record;
  };
  void forward_part(const Chain& chain, const ForwardPass& pass, const Part& part) const;
  void backward_part(const Chain& chain, const BackwardPass& pass, const Part& part) const;
  void zero_gradient(Index layer, std::span<T> grads) const;
  /// Whether nothing needs the layer's first input any more once the layer has run.
  bool may_overwrite_input(Index layer) const;
  GradientPlan gradient_plan(Index capacity, Keep keep) const;
  /// Whether the network lets a built layer write y over x.
  bool works_in_place(Index layer) const;
  /// Whether the network lets backward of a built layer write dx over x.
  bool may_write_over_x(Index layer, Index examples) const;

  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

template <class T>
class Record {
 public:
  Record(const Network<T>& network, Index capacity, Keep keep = Keep::kAllActivations);
  /// The activations of a boundary after a forward pass: (examples, size of the boundary).  With kForBackward they may be lost: a layer
  /// that works in place writes its output over its input.
  ConstView<T> activations(Index boundary) const;
  /// The memory into which the loss writes its gradient: (examples, size of `boundary`).
  View<T> gradient(Index boundary);
  /// How many steps are valid in each sequence that a built layer reads: one number for each example of the last pass.  Empty if all steps
  /// are valid.
  std::span<const Index> lengths(Index layer) const;
  /// How many steps are valid in each sequence that the layer gives.  Empty if all steps are valid, or if the output is no sequence.
  std::span<const Index> lengths_behind(Index layer) const;
  /// What a normalization inside a layer read in the last pass at one of its steps, of all examples, the ended ones too: (examples, cols).
  /// steps: how many steps the pass ran.
  ConstView<T> kept(const KeptSteps& kept, Index steps, Index step, Index cols) const;

 private:
  friend class Network<T>;
  void set_activations(Index boundary, ConstView<T> x);  // refers to x for boundary 0, and copies it otherwise
  /// Plans the backward pass that starts from dy at `boundary`.
  void start_backward(Index boundary, View<T> dy, View<T> dx);
  View<T> gradient_at(Index boundary);  // for the backward pass under way
  View<T> in_memory(const GradientPlace& place, Index boundary);
  /// The inputs of a layer but the first one, for a part of the examples; and the places for their gradients.
  std::span<const ConstView<T>> more_inputs(const LayerInfo& layer, const Part& part) {
    return layer.inputs.size() > 1 ? inputs_but_first(layer, part) : std::span<const ConstView<T>>();
  }
  std::span<const View<T>> more_gradients(Index layer, const LayerInfo& info, const Part& part) {
    return info.inputs.size() > 1 ? gradients_but_first(layer, info, part) : std::span<const View<T>>();
  }
  std::span<const ConstView<T>> inputs_but_first(const LayerInfo& layer, const Part& part);
  std::span<const View<T>> gradients_but_first(Index layer, const LayerInfo& info, const Part& part);
  /// Adds the gradients that the layer left in scratch memory to those of their boundaries, to which a later layer has already given.
  void add_gradients(Index layer, const LayerInfo& info, const Part& part);
  /// What all layers need for one part of a pass's examples.
  struct PassPart {
    Caches<T> caches;
    PassKey key;
  };
  PassPart pass_part(const Part& part);
  const Index* lengths_of(Index layer, const Part& part) const;
  std::span<const Index> of_examples(const Index* lengths) const {
    return lengths != nullptr ? std::span<const Index>(lengths, static_cast<std::size_t>(examples_)) : std::span<const Index>();
  }

  Index capacity_ = 0;
  Keep keep_;
  Index examples_ = 0;
  Mode mode_ = kEvalMode;
  T* next_state_ = nullptr;                          // null unless the last pass moved the state
  std::vector<const Index*> lengths_at_;             // for each layer, the valid steps of its input
  std::vector<const Index*> lengths_behind_;         // for each boundary, the valid steps there
  std::vector<std::vector<Index>> changed_lengths_;  // for each layer that changes lengths, the lengths of its output
  PassKey key_;
  ConstView<T> input_;
  std::vector<Matrix<T>> activations_;
  std::vector<std::size_t> places_;  // which matrix of activations_ holds boundary 1, 2, …
  GradientPlan plan_;
  std::vector<Matrix<T>> gradients_;  // the buffers of the plan
  Index start_ = 0;                   // the boundary of dy in the backward pass under way
  View<T> dy_;
  View<T> dx_;
  std::vector<ConstView<T>> more_inputs_;
  std::vector<View<T>> more_gradients_;
  Buffer<T> cache_per_example_;
  Buffer<T> cache_fixed_;
  std::vector<Index> sizes_;  // how many numbers an example has at each boundary
};

}  // namespace normrun::nn
