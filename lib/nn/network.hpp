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
/// Whether a loss compares numbers with numbers, and so takes the network's outputs as they are.
constexpr bool compares_numbers(LossKind loss) { return loss == LossKind::kMse || loss == LossKind::kMae || loss == LossKind::kHuber; }

/// Everything that a pass writes: the activations at every boundary, the caches and the gradients.  It is allocated once, for `capacity`
/// examples.
template <class T>
class Record;

/// What a record keeps of a pass.
enum class Keep {
  kAllActivations,  // the activations of every boundary, and buffers for backward
  kForBackward,     // only what backward reads: less memory to pass through
  kNoGradients,     // the activations of every boundary and no gradient buffers; backward throws
};

/// Layers that read one another's outputs: a chain, or a graph without circles that has one input and one output.  It is const after
/// construction, so threads share it, each with a Record and buffers of its own.
template <class T>
class Network {
 public:
  /// The layers as the config lists them, every {"type": "norm"} already replaced.  A layer's name is the description's, else that of its
  /// spec, else <type>_<place>; in a branch <block>/<branch>/<type>_<place>.
  /// Throws Error(kUsage) "layer NAME: …" for shapes that do not fit, two equal names, inputs that are no earlier layers, outputs that no
  /// layer reads, or more than 2^31 parameters.
  Network(const std::vector<LayerDescription>& layers, const Shape& input, const NetworkChange& change = {});
  /// Returns the same layers with a change.  The new network reads the same buffers as this one.  Throws Error(kUsage) for a name in
  /// `change` that no layer has.
  Network changed(const NetworkChange& change) const;
  ~Network();
  Network(Network&&) noexcept;

  const Layout& layout() const;
  const Shape& input() const;
  const Shape& output() const;
  using LayerInfo = nn::LayerInfo;
  /// The built layers in the order in which they run: each reads boundaries below its own output.
  const std::vector<LayerInfo>& layers() const;

  /// The boundary whose activations are the logits of `loss`: the one before a last softmax (cross-entropy) or sigmoid (binary
  /// cross-entropy), else the output.  Boundary 0 is the input, and boundary i is the output of built layer i - 1.
  Index logits_boundary(LossKind loss) const;
  /// Whether a layer drops out.
  bool drops_out() const;
  /// The boundary before a last activation (softmax, sigmoid, tanh, relu), whatever the loss; else the output.
  Index pre_activation_boundary() const;
  Index output_boundary() const { return static_cast<Index>(layers().size()); }
  /// Whether no layer above the boundary reads anything below it.  In a chain, every boundary is such a cut.
  bool is_cut(Index boundary) const;
  /// The highest cut that is not above the boundary.
  Index cut_below(Index boundary) const;
  /// How often layers read the boundary.
  Index readers(Index boundary) const;
  /// The end of the stem, which is a cut: up to this boundary, the activations of a row follow from the row and the parameters alone, so
  /// every mode has the same.
  Index mode_free_boundary() const;

  /// Fills params and state with initial values.  A parameter's values depend only on the seed, on its layer's place in the config and on
  /// which of the layer's parameters it is, so they are the same for every normalization and batch size.
  void initialize(std::uint64_t seed, std::span<T> params, std::span<T> state) const;

  /// How forward runs.
  struct Pass {
    Mode mode = kEvalMode;
    const Index* lengths = nullptr;  // (examples), the valid steps of the network's input
    PassKey key = {};
    Index first_boundary = 0;  // where x belongs, a cut; after another than 0, backward cannot follow
    Index last_boundary = -1;  // where to stop; -1: at the output
    Index replicas = 1;        // they share the examples and synchronise their batch statistics
  };
  /// Runs the layers on x: (examples, size).  Returns the activations of the last boundary, which lie in `record`.  `record` also keeps
  /// what backward needs, x itself by reference.  `next_state` may be null where mode.tracking is kFreeze, and it may be the same buffer as
  /// `state`.  Throws std::invalid_argument for more examples than the record has room for, or where the first boundary is no cut.
  ConstView<T> forward(const Pass& pass, std::span<const T> params, std::span<const T> state, T* next_state, Record<T>& record,
                       ConstView<T> x) const;
  /// Computes the gradients of the last forward pass in `record` from dy at `boundary`: (examples, size there).  It may overwrite dy.
  /// Layers run from the last to the first.  Where several read a boundary, the first to run writes its gradient and the others add theirs,
  /// each for its inputs in their order.
  /// `grads` gets the gradient of every parameter below that boundary, and zeros for the parameters above it.
  /// dx: (examples, size of the input) gets the gradient with respect to the input, unless its data is null.
  /// A record with Keep::kForBackward can be used only once.  The kernels that a `kernel_updater` updates get no gradient in `grads`, and
  /// may have changed when this returns.  Throws std::invalid_argument after a pass that backward cannot follow.
  void backward(std::span<const T> params, Record<T>& record, Index boundary, View<T> dy, std::span<T> grads, View<T> dx = {},
                KernelUpdater<T>* kernel_updater = nullptr) const;

 private:
  friend class Record<T>;
  bool changes_lengths(std::size_t layer) const;
  /// Notes how many steps are valid at each layer.
  void place_lengths(const Index* lengths, Record<T>& record) const;
  /// Neighbouring layers that a pass takes through the batch together, part by part.
  struct Chain {
    Index begin;
    Index end;
    Index examples;  // in a part
  };
  static Part next_part(const Chain& chain, Index examples, const Part& done);
  /// What a pass is given, for each of its layers.
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
  /// Whether nothing needs the layer's first input once the layer has run.
  bool may_overwrite_input(Index layer) const;
  GradientPlan gradient_plan(Index capacity, Keep keep) const;
  /// Whether a built layer may write y over x.
  bool works_in_place(Index layer) const;
  /// Whether its backward may write dx over x.
  bool may_write_over_x(Index layer, Index examples) const;

  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

template <class T>
class Record {
 public:
  Record(const Network<T>& network, Index capacity, Keep keep = Keep::kAllActivations);
  /// The activations of a boundary after a forward pass: (examples, size of that boundary).  With kForBackward, a layer that works in place
  /// has overwritten those of the boundary below it.
  ConstView<T> activations(Index boundary) const;
  /// Where the loss writes its gradient: (examples, size of `boundary`).
  View<T> gradient(Index boundary);
  /// The valid steps of the sequences that a built layer reads, one for each example of the last pass; empty where all are valid.
  std::span<const Index> lengths(Index layer) const;
  /// The same of the sequences that the layer gives; empty, too, where its output is no sequence of steps.
  std::span<const Index> lengths_behind(Index layer) const;

 private:
  friend class Network<T>;
  void set_activations(Index boundary, ConstView<T> x);  // those of boundary 0 by reference
  /// Plans the backward pass from dy at `boundary`.
  void start_backward(Index boundary, View<T> dy, View<T> dx);
  View<T> gradient_at(Index boundary);  // in the backward pass under way
  View<T> in_memory(const GradientPlace& place, Index boundary);
  /// The further inputs of a layer that joins several, for a part of the examples, and their gradients.
  std::span<const ConstView<T>> more_inputs(const LayerInfo& layer, const Part& part);
  std::span<const View<T>> more_gradients(Index layer, const LayerInfo& info, const Part& part);
  /// Adds what the layer gave to the gradients of boundaries that a later layer reads, too.
  void add_gradients(Index layer, const LayerInfo& info, const Part& part);
  /// What the layers get of a pass for one part of its examples.
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
  std::vector<const Index*> lengths_at_;             // for each layer
  std::vector<const Index*> lengths_behind_;         // for each boundary
  std::vector<std::vector<Index>> changed_lengths_;  // the lengths of the output of each layer that changes them
  PassKey key_;
  ConstView<T> input_;
  std::vector<Matrix<T>> activations_;
  std::vector<std::size_t> places_;  // which of them holds boundary 1, 2, …
  GradientPlan plan_;
  std::vector<Matrix<T>> gradients_;  // the plan's buffers
  Index start_ = 0;                   // of the backward pass under way: the boundary of dy
  View<T> dy_;
  View<T> dx_;
  std::vector<ConstView<T>> more_inputs_;
  std::vector<View<T>> more_gradients_;
  Buffer<T> cache_per_example_;
  Buffer<T> cache_fixed_;
  std::vector<Index> sizes_;  // numbers of an example at each boundary
};

}  // namespace normrun::nn
