#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "config/options/options.hpp"
#include "core/matrix.hpp"
#include "core/mode.hpp"
#include "core/text.hpp"
#include "nn/blueprint.hpp"

namespace normrun::nn {

/// The memory in which forward keeps numbers for backward.  It has room for `capacity` examples.
template <class T>
struct Caches {
  T* per_example = nullptr;
  T* fixed = nullptr;
  Index capacity = 0;
  Index first = 0;  // the place of the call's first example in the pass
  T* operator[](CacheId id) const {
    return id.per_example > 0 ? per_example + id.offset * capacity + first * id.per_example : fixed + id.offset;
  }
};

/// Selects the dropped elements of a pass: each layer adds its own index to the stream (seed, step).  Several passes may share the examples
/// of a step.  Each of them draws the numbers of its own examples, so that an example drops the same elements however the step is divided.
struct PassKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  Index first_example = 0;  // the place of the pass's first example in the step
};

/// One forward call of a layer.  x: (examples * positions, channels) in the layer's input shape.  y: (examples * positions, channels) in
/// its output shape.
template <class T>
struct Forward {
  Mode mode = kEvalMode;
  Index examples = 0;
  Index replicas = 1;  // even_part divides the examples among them, and they merge their statistics
  const Index* lengths =
      nullptr;  // (examples): how many steps of each sequence that the layer reads are valid; null: all are, or x holds no sequences
  ConstView<T> x;
  std::span<const ConstView<T>> more = {};  // the other inputs of a layer that joins several: (examples, numbers of an example) each
  View<T> y;
  const T* params = nullptr;  // all parameters of the network; a layer finds its own numbers by id, here and in both states
  const T* state = nullptr;
  T* next_state = nullptr;  // null unless mode.tracking is kUpdate; at first a copy of `state`
  Caches<T> caches;
  PassKey key;
};

/// The gradient of a kernel as the two factors of x^T dy.
template <class T>
struct KernelGradient {
  ParamId kernel;
  ConstView<T> x;
  ConstView<T> dy;
  View<T> dx;  // gets dy kernel^T, unless its data is null; dx and x may be the same matrix
};

/// Updates a kernel inside the backward pass, as soon as both factors of its gradient are known, so that the gradient never reaches memory.
template <class T>
class KernelUpdater {
 public:
  KernelUpdater() = default;
  KernelUpdater(const KernelUpdater&) = delete;
  KernelUpdater& operator=(const KernelUpdater&) = delete;
  virtual ~KernelUpdater() = default;
  /// Computes gradient.dx by the kernel as it is; afterwards it may change the kernel.
  virtual void update(const KernelGradient<T>& gradient) = 0;
};

/// One backward call of a layer, after the forward call for the same examples.  The layer fills dx and each of dmore, unless their data is
/// null, and overwrites its own numbers in grads.  It does not read the state, because forward may have moved the statistics in place; the
/// caches hold what backward needs of them.
template <class T>
struct Backward {
  Mode mode = kEvalMode;  // the mode of the forward call
  Index examples = 0;     // how many examples this call has: fewer than `all` if the pass goes part by part
  Index first = 0;        // the place of the call's first example in the pass
  Index all = 0;          // how many examples the pass has
  const Index* lengths = nullptr;
  ConstView<T> x;
  std::span<const ConstView<T>> more = {};
  ConstView<T> y;
  ConstView<T> dy;
  View<T> dx;
  std::span<const View<T>> dmore = {};
  const T* params = nullptr;
  T* grads = nullptr;
  T* next_state = nullptr;  // of the forward call; for statistics of gradients
  Caches<T> caches;
  PassKey key;
  KernelUpdater<T>* kernel_updater = nullptr;  // null: the layer writes every gradient to grads
};

/// Which passes may give the layer its batch part by part, in ascending order.  The layers of a chain then find each other's outputs in the
/// cache.
enum class PartByPart {
  kNever,
  kBackward,  // backward alone; the call for the first part may read x and dy of the whole batch
  kBoth,
};

enum class Activation {
  kLinear,
  kRelu,
  kTanh,
  kSigmoid,
  kSoftmax,
  kLeakyRelu,
  kPrelu,
  kElu,
  kRelu6,
  kHardSigmoid,
  kHardSwish,
  kSoftplus,
  kSilu,
  kGelu,
  kGeluTanh,
};

/// How many steps of a layer's output are valid: as many as of its input (kKept); as many as valid_steps says (kChanged); or the output is
/// no sequence (kLost).
enum class Lengths { kKept, kChanged, kLost };

/// What a layer promises beside forward and backward.  A network reads the traits once, when it plans its passes.  The members that begin
/// with "may" or "most", and part_by_part, let the network save time or memory; the others say what the layer does, and must be right.  If
/// a layer joins several inputs, x and dx are those of the first one.
struct LayerTraits {
  /// A caller of forward may pass a y that is x's memory.
  bool may_write_y_over_x = false;
  /// A caller of backward may pass a dx that is dy's memory.
  bool may_write_dx_over_dy = false;
  /// A caller of backward may pass a dx that is x's memory, if the call has at most so many examples.
  Index most_examples_with_dx_over_x = 0;
  PartByPart part_by_part = PartByPart::kNever;
  /// Backward reads y, so the next layer must not overwrite y.
  bool reads_y = false;
  /// An example's y follows from its x and the parameters alone: the mode, the statistics and the other examples change nothing.
  bool is_mode_free = true;
  /// The layer drops elements of x at random if the mode says so.
  bool drops_out = false;
  /// What becomes of the valid steps of a sequence.
  Lengths lengths = Lengths::kKept;
  /// The function that the layer applies; kLinear if the layer is no activation.
  Activation activation = Activation::kLinear;
};

/// A layer is a const recipe of options and handles.  Every number lives in the caller's buffers, so one network serves many threads, and
/// to copy a model is to copy buffers.  Neither forward nor backward allocates.
template <class T>
class Layer {
 public:
  Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;
  virtual ~Layer() = default;
  virtual void forward(const Forward<T>& call) const = 0;
  virtual void backward(const Backward<T>& call) const = 0;
  virtual LayerTraits traits() const { return {}; }
  /// If the traits say kChanged: how many steps of the output are valid, when `length` steps of the input are.
  virtual Index valid_steps(Index length) const { return length; }
};

class LayerSpec;
struct LayerDescription;

/// One of a block's lists of layers.
struct BranchDescription {
  /// "body", "shortcut", or its place among the branches; "" in a preset: the names of its layers follow the block's name directly
  std::string name;
  std::vector<LayerDescription> layers;
};

/// A layer of a network before it is built: its registered type and its options.
struct LayerDescription {
  std::string type;
  std::shared_ptr<const LayerSpec> spec;
  std::string name = {};                 // replaces the spec's name unless it is empty; a placeholder passes its own name on in this way
  std::string stem = {};                 // replaces the spec's name, too, unless it is empty: the layer's name is then <stem>_<place>
  std::string local_name = {};           // set in a preset, where it replaces all other names: the path of the block is put before it
  std::vector<std::string> inputs = {};  // the names of the layers that it reads; empty: it reads the layer before it
  bool trainable = true;                 // whether the layer and its branches train; spec->trainable must be true, too
  /// empty unless the layer is a block; the branches read the block's input, and the layer joins their outputs
  std::vector<BranchDescription> branches = {};
};

/// The layers of a list in a config.  Each of them is a LayerSpec.
using LayerList = std::vector<std::shared_ptr<config::Described>>;

/// The options of a layer as a config gives them.  It makes the layer in both precisions.
class LayerSpec : public config::Described {
 public:
  struct Branch {
    std::string name;
    LayerList layers;
  };

  std::string name;        // "" stands for <type>_<place>
  std::string local_name;  // set in a preset, where it replaces `name`: the path of the block is put before it
  bool trainable = true;
  std::optional<std::vector<std::string>> inputs;  // the names of the layers that it reads; without a value it reads the layer before it
  /// The layer that follows this one as if the config listed it next, such as the activation of a dense layer.
  virtual std::optional<LayerDescription> followed_by() const { return std::nullopt; }
  /// The lists of layers inside a block.  Other layers have none.
  virtual std::vector<Branch> branches() const { return {}; }
  /// Whether the layer joins several inputs: the outputs of its branches, or of the layers that it names.
  virtual bool joins() const { return false; }
  /// Returns the layer, or null if the type computes nothing (`none`, `flatten`).  Throws Error(kUsage) for a shape that does not fit.
  template <class T>
  std::unique_ptr<const Layer<T>> make(Blueprint& blueprint) const {
    if constexpr (std::is_same_v<T, float>) {
      return make_float(blueprint);
    } else {
      return make_double(blueprint);
    }
  }

 protected:
  /// The options that every layer has.
  void describe_common(config::OptionVisitor& visitor) {
    visitor.text(
        {"name",
         "the layer's name in tables and checkpoints; default <type>_<place in the network>.  A layer {\"type\": \"norm\"} keeps its "
         "own name whatever stands in for it"},
        name);
    visitor.require(!has_control_characters(name), "name", "a name without control characters");
    visitor.texts({"inputs",
                   "the names of the layers whose outputs it reads, instead of the one before it; \"input\" is the network's input.  Only "
                   "layers that join (add, concatenate, multiply, matmul) read several"},
                  inputs);
    visitor.flag({"trainable",
                  "false: the layer is frozen, as for fine-tuning; its parameters stay, and a normalization normalizes by its moving "
                  "statistics in every mode, which stay as well (Keras).  A block freezes what is in it"},
                 trainable);
  }

 private:
  virtual std::unique_ptr<const Layer<float>> make_float(Blueprint& blueprint) const = 0;
  virtual std::unique_ptr<const Layer<double>> make_double(Blueprint& blueprint) const = 0;
};

/// Implements both factories by the member template make_layer<T>(blueprint) of Spec.
template <class Spec>
class SpecWithFactory : public LayerSpec {
 private:
  std::unique_ptr<const Layer<float>> make_float(Blueprint& blueprint) const final {
    return static_cast<const Spec&>(*this).template make_layer<float>(blueprint);
  }
  std::unique_ptr<const Layer<double>> make_double(Blueprint& blueprint) const final {
    return static_cast<const Spec&>(*this).template make_layer<double>(blueprint);
  }
};

/// Implements both factories by constructing LayerT<T>(spec, blueprint).
template <class Spec, template <class> class LayerT>
class SpecOf : public SpecWithFactory<SpecOf<Spec, LayerT>> {
 public:
  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint& blueprint) const {
    return std::make_unique<LayerT<T>>(static_cast<const Spec&>(*this), blueprint);
  }
};

}  // namespace normrun::nn
