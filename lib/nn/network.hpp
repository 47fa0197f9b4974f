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

/// Everything a pass writes: activations at every boundary, caches, gradients.  Allocated once for `capacity` examples.
template <class T>
class Record;

/// A chain of layers.  Const after construction; shared by threads, each with its own Record and buffers.
template <class T>
class Network {
 public:
  /// The layers as the config lists them, every {"type": "norm"} already replaced.  A layer's name is given or <type>_<place>.
  /// Throws Error(kUsage) "layer NAME: …" for shapes that do not fit, two equal names, or more than 2^31 parameters.
  Network(const std::vector<LayerDescription>& layers, const Shape& input);
  ~Network();
  Network(Network&&) noexcept;

  const Layout& layout() const;
  const Shape& input() const;
  const Shape& output() const;
  /// Built layers (`none` and `flatten` build nothing): name, type, output shape, parameters.
  struct LayerInfo {
    std::string name;
    std::string type;
    Shape input;
    Shape output;
    Index params = 0;
  };
  const std::vector<LayerInfo>& layers() const;

  /// The boundary whose activations are the logits of `loss`: before a last softmax (cross-entropy) or sigmoid (binary
  /// cross-entropy), else the output.  Boundary 0 is the input, boundary i the output of built layer i-1.
  Index logits_boundary(LossKind loss) const;
  Index output_boundary() const { return static_cast<Index>(layers().size()); }
  /// Up to there a row's activations follow from the row and the parameters alone: every mode has the same.
  Index mode_free_boundary() const;

  /// Fresh parameters and statistics.  A parameter depends on the seed, its layer's place in the config and its name, so
  /// that it is the same for every normalization and batch size.
  void initialize(std::uint64_t seed, std::span<T> params, std::span<T> state) const;

  /// Runs the layers on x: (examples, size); returns the activations of the last boundary, a part of `record`.
  /// `next_state` may be null where mode.tracking is kFreeze; it may be the same buffer as `state`.  Leaves in `record` what
  /// backward needs, x itself by reference.  Throws std::invalid_argument for more examples than the record has room for.
  struct Pass {
    Mode mode = kEvalMode;
    const Index* lengths = nullptr;
    PassKey key = {};
    Index first_boundary = 0;  // start there: x are its activations, and backward cannot follow
    Index last_boundary = -1;  // stop there; -1: run to the output
    Index replicas = 1;        // that share the examples and synchronise their batch statistics
  };
  ConstView<T> forward(const Pass& pass, std::span<const T> params, std::span<const T> state, T* next_state, Record<T>& record,
                       ConstView<T> x) const;
  /// Gradients of the last forward in `record`, from dy at `boundary` (examples, size there), which it may overwrite.
  /// `grads` gets every parameter's gradient below that boundary; parameters above it get zeros.
  /// dx: (examples, size of the input), the gradient with respect to the input; not computed where its data is null.
  /// A record that keeps activations for backward is used up by it.  With a `taker`, the kernels it takes have no gradient in `grads`, and
  /// may have changed when this returns.  Throws std::invalid_argument after a pass that it cannot follow.
  void backward(std::span<const T> params, Record<T>& record, Index boundary, View<T> dy, std::span<T> grads, View<T> dx = {},
                ProductTaker<T>* taker = nullptr) const;

 private:
  friend class Record<T>;
  /// Layers that a pass takes through the batch together, part by part.
  struct Chain {
    Index begin;
    Index end;
    Index examples;  // at a time
  };
  static Part next_part(const Chain& chain, Index examples, const Part& done);
  /// Fills record.gradients_at_ from `boundary`, where dy is, down to the lowest layer that needs one.
  void place_gradients(Record<T>& record, Index boundary, Index lowest, View<T> dy, View<T> dx) const;
  /// Whether a built layer may write its output over its input.
  bool works_in_place(Index layer) const;
  /// Whether its backward may write dx over its input.
  bool may_write_over_x(Index layer, Index examples) const;

  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

/// What a record keeps: all activations, those that backward reads, which is less memory to pass through, or all of them and nothing for
/// backward, which then cannot follow.
enum class Keep { kAllActivations, kForBackward, kNoGradients };

template <class T>
class Record {
 public:
  Record(const Network<T>& network, Index capacity, Keep keep = Keep::kAllActivations);
  /// Activations of a boundary after a forward pass: (examples, size of that boundary).  With kForBackward a layer that works in
  /// place has written over those below it.
  ConstView<T> activations(Index boundary) const;
  /// Where the loss writes its gradient: (examples, size of `boundary`).
  View<T> gradient(Index boundary);

 private:
  friend class Network<T>;
  void set_activations(Index boundary, ConstView<T> x);  // of boundary 0 by reference
  View<T> gradient_at(Index boundary) const;             // of the backward pass under way
  /// What the layers get of a pass for some of its examples.
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
  std::vector<std::size_t> places_;  // of boundary 1 … last among them
  Matrix<T> gradients_[2];           // taken in turns on the way down
  std::vector<T*> gradients_at_;     // of each boundary
  Buffer<T> cache_per_example_;
  Buffer<T> cache_fixed_;
  std::vector<Index> sizes_;  // of each boundary
};

}  // namespace normrun::nn
