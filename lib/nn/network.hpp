#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/parts.hpp"
#include "core/shape.hpp"
#include "nn/layer.hpp"

namespace normrun::nn {

enum class LossKind { kMse, kSoftmaxCrossEntropy, kBinaryCrossEntropy };

/// Everything that a pass writes: the activations at every boundary, the caches and the gradients.  It is allocated once, for `capacity`
/// examples.
template <class T>
class Record;

/// A sequence of layers.  It is const after construction, so threads share it, each with a Record and buffers of its own.
template <class T>
class Network {
 public:
  /// The layers as the config lists them, every {"type": "norm"} already replaced.  A layer's name is the description's, else that of its
  /// spec, else <type>_<place>.
  /// Throws Error(kUsage) "layer NAME: …" for shapes that do not fit, two equal names, or more than 2^31 parameters.
  Network(const std::vector<LayerDescription>& layers, const Shape& input);
  ~Network();
  Network(Network&&) noexcept;

  const Layout& layout() const;
  const Shape& input() const;
  const Shape& output() const;
  /// A built layer; `none` and `flatten` build none.
  struct LayerInfo {
    std::string name;
    std::string type;
    Shape input;
    Shape output;
    Index params = 0;         // how many parameters it has
    std::string former_name;  // the name that version 0.1 gave it, which ignored a placeholder's own name; "" where it is the same
  };
  const std::vector<LayerInfo>& layers() const;

  /// The boundary whose activations are the logits of `loss`: the one before a last softmax (cross-entropy) or sigmoid (binary
  /// cross-entropy), else the output.  Boundary 0 is the input, and boundary i is the output of built layer i - 1.
  Index logits_boundary(LossKind loss) const;
  /// Whether a layer drops out.
  bool drops_out() const;
  /// The boundary before a last activation (softmax, sigmoid, tanh, relu), whatever the loss; else the output.
  Index pre_activation_boundary() const;
  Index output_boundary() const { return static_cast<Index>(layers().size()); }
  /// The end of the stem: up to this boundary, the activations of a row follow from the row and the parameters alone, so every mode has the
  /// same.
  Index mode_free_boundary() const;

  /// Fills params and state with initial values.  A parameter's values depend only on the seed, on its layer's place in the config and on
  /// which of the layer's parameters it is, so they are the same for every normalization and batch size.
  void initialize(std::uint64_t seed, std::span<T> params, std::span<T> state) const;

  /// How forward runs.
  struct Pass {
    Mode mode = kEvalMode;
    const Index* lengths = nullptr;
    PassKey key = {};
    Index first_boundary = 0;  // where x belongs; after another than 0, backward cannot follow
    Index last_boundary = -1;  // where to stop; -1: at the output
    Index replicas = 1;        // they share the examples and synchronise their batch statistics
  };
  /// Runs the layers on x: (examples, size).  Returns the activations of the last boundary, which lie in `record`.  `record` also keeps
  /// what backward needs, x itself by reference.  `next_state` may be null where mode.tracking is kFreeze, and it may be the same buffer as
  /// `state`.  Throws std::invalid_argument for more examples than the record has room for.
  ConstView<T> forward(const Pass& pass, std::span<const T> params, std::span<const T> state, T* next_state, Record<T>& record,
                       ConstView<T> x) const;
  /// Computes the gradients of the last forward pass in `record` from dy at `boundary`: (examples, size there).  It may overwrite dy.
  /// `grads` gets the gradient of every parameter below that boundary, and zeros for the parameters above it.
  /// dx: (examples, size of the input) gets the gradient with respect to the input, unless its data is null.
  /// A record with Keep::kForBackward can be used only once.  The kernels that a `kernel_updater` updates get no gradient in `grads`, and
  /// may have changed when this returns.  Throws std::invalid_argument after a pass that backward cannot follow.
  void backward(std::span<const T> params, Record<T>& record, Index boundary, View<T> dy, std::span<T> grads, View<T> dx = {},
                KernelUpdater<T>* kernel_updater = nullptr) const;

 private:
  friend class Record<T>;
  /// Neighbouring layers that a pass takes through the batch together, part by part.
  struct Chain {
    Index begin;
    Index end;
    Index examples;  // in a part
  };
  static Part next_part(const Chain& chain, Index examples, const Part& done);
  /// Decides where each boundary's gradient lies: fills record.gradients_at_ from `boundary`, where dy is, down to the lowest layer that
  /// needs one.
  void place_gradients(Record<T>& record, Index boundary, Index lowest, View<T> dy, View<T> dx) const;
  /// Whether a built layer may write y over x.
  bool works_in_place(Index layer) const;
  /// Whether its backward may write dx over x.
  bool may_write_over_x(Index layer, Index examples) const;

  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

/// What a record keeps of a pass.
enum class Keep {
  kAllActivations,  // the activations of every boundary, and buffers for backward
  kForBackward,     // only what backward reads: less memory to pass through
  kNoGradients,     // the activations of every boundary and no gradient buffers; backward throws
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

 private:
  friend class Network<T>;
  void set_activations(Index boundary, ConstView<T> x);  // those of boundary 0 by reference
  View<T> gradient_at(Index boundary) const;             // in the backward pass under way
  /// What the layers get of a pass for one part of its examples.
  struct PassPart {
    const Index* lengths;
    Caches<T> caches;
    PassKey key;
  };
  PassPart pass_part(const Part& part);

  Index capacity_ = 0;
  Keep keep_;
  Index examples_ = 0;
  Mode mode_ = kEvalMode;
  const Index* lengths_ = nullptr;
  PassKey key_;
  ConstView<T> input_;
  std::vector<Matrix<T>> activations_;
  std::vector<std::size_t> places_;  // which of them holds boundary 1, 2, …
  Matrix<T> gradients_[2];           // backward uses them in turns
  std::vector<T*> gradients_at_;     // where each boundary's gradient lies
  Buffer<T> cache_per_example_;
  Buffer<T> cache_fixed_;
  std::vector<Index> sizes_;  // numbers of an example at each boundary
};

}  // namespace normrun::nn
