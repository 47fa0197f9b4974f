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

/// The memory in which forward keeps numbers for backward, with room for `capacity` examples.
template <class T>
struct Caches {
  T* per_example = nullptr;
  T* fixed = nullptr;
  Index capacity = 0;
  Index first = 0;  // the call's first example
  T* operator[](CacheId id) const {
    return id.per_example > 0 ? per_example + id.offset * capacity + first * id.per_example : fixed + id.offset;
  }
};

/// The dropout stream of a pass: (seed, step), to which each layer adds its own index.  Where several passes share the rows of a step, each
/// draws the numbers of its own rows, so that a row drops the same elements however the step is divided.
struct PassKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  Index first_example = 0;  // the place of the pass's first row in the step
};

/// One forward call.  x: (examples * positions, channels) of the layer's input shape; y: the same of its output shape.
template <class T>
struct Forward {
  Mode mode = kEvalMode;
  Index examples = 0;
  Index replicas = 1;  // even_part divides the examples among them, and they merge their statistics
  const Index* lengths =
      nullptr;  // (examples), the valid steps of the sequences that the layer reads; null: all are valid, or no sequences
  ConstView<T> x;
  std::span<const ConstView<T>> more = {};  // the further inputs of a layer that joins several: (examples, numbers of an example) each
  View<T> y;
  const T* params = nullptr;  // the whole buffers; a layer finds its own numbers by id
  const T* state = nullptr;
  T* next_state = nullptr;  // null unless mode.tracking is kUpdate; it starts as a copy of state
  Caches<T> caches;
  PassKey key;
};

/// The gradient x^T dy of a kernel, as its two factors.
template <class T>
struct KernelGradient {
  ParamId kernel;
  ConstView<T> x;
  ConstView<T> dy;
  View<T> dx;  // gets dy kernel^T, unless its data is null; it may be x
};

/// Updates a kernel inside the backward pass, as soon as the factors of its gradient are known, so that the gradient never reaches memory.
template <class T>
class KernelUpdater {
 public:
  KernelUpdater() = default;
  KernelUpdater(const KernelUpdater&) = delete;
  KernelUpdater& operator=(const KernelUpdater&) = delete;
  virtual ~KernelUpdater() = default;
  /// Computes dx by the kernel as it is, then may change the kernel.
  virtual void update(const KernelGradient<T>& gradient) = 0;
};

/// One backward call, which follows the forward call of the same examples.  It fills dx, unless its data is null, and each of dmore in the
/// same way, and overwrites the layer's own numbers in grads.  It gets no state, because forward may have moved the state in place: what
/// backward needs of it lies in the caches.
template <class T>
struct Backward {
  Mode mode = kEvalMode;  // the mode of the forward call
  Index examples = 0;     // in this call: fewer than `all` where the pass goes part by part
  Index first = 0;        // the place of the call's first example in the pass
  Index all = 0;          // examples of the whole pass
  const Index* lengths = nullptr;
  ConstView<T> x;
  std::span<const ConstView<T>> more = {};
  ConstView<T> y;
  ConstView<T> dy;
  View<T> dx;
  std::span<const View<T>> dmore = {};
  const T* params = nullptr;
  T* grads = nullptr;
  Caches<T> caches;
  PassKey key;
  KernelUpdater<T>* kernel_updater = nullptr;  // null: every gradient goes to grads
};

/// Which passes a layer can process part by part, in ascending order, so that the layers of a chain find each other's output in the cache.
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

/// What becomes of a sequence's valid steps: the output has the same ones; or as many as valid_steps says; or it is no sequence of steps.
enum class Lengths { kKept, kChanged, kLost };

/// What a layer promises beside forward and backward.  A network reads the traits once, when it plans its passes.  Each promise saves time
/// or memory; a layer that promises nothing is correct, too.  Where a layer joins several inputs, x and dx are those of the first one.
struct LayerTraits {
  /// Forward may be called with y in x's memory.
  bool may_write_y_over_x = false;
  /// Backward may be called with dx in dy's memory.
  bool may_write_dx_over_dy = false;
  /// Backward of at most so many examples may be called with dx in x's memory.
  Index most_examples_with_dx_over_x = 0;
  PartByPart part_by_part = PartByPart::kNever;
  /// Backward reads y, so the next layer must not overwrite it.
  bool reads_y = false;
  /// y of an example follows from its x and the parameters alone, whatever the mode, the statistics and the other examples.
  bool is_mode_free = true;
  /// It drops elements of x at random where the mode says so.
  bool drops_out = false;
  /// What becomes of a sequence's steps.
  Lengths lengths = Lengths::kKept;
  /// The function that the layer applies; kLinear for layers that are no activation.
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
  /// How many steps of the output are valid where so many of the input are, where the traits say that lengths are changed.
  virtual Index valid_steps(Index length) const { return length; }
};

class LayerSpec;
struct LayerDescription;

/// One of the lists of layers of a block.
struct BranchDescription {
  std::string name;  // "body", "shortcut", or its place among the branches; "" in a preset, whose path goes on without it
  std::vector<LayerDescription> layers;
};

/// A layer of a network before it is built: its registered type and its options.
struct LayerDescription {
  std::string type;
  std::shared_ptr<const LayerSpec> spec;
  std::string name = {};                 // instead of the spec's own name where it is not empty: a placeholder passes its name on
  std::string stem = {};                 // instead of the spec's name, too: the name is <stem>_<place>
  std::string local_name = {};           // instead of all these, in a preset: what follows the path of the block that the layer is in
  std::vector<std::string> inputs = {};  // the names of the layers that it reads; empty: the one before
  bool trainable = true;                 // whether the layer and its branches train; its spec has to allow it, too
  std::vector<BranchDescription> branches = {};  // of a block: each of them reads the block's input, and the layer itself their outputs
};

/// The layers of a list in a config, each a LayerSpec.
using LayerList = std::vector<std::shared_ptr<config::Described>>;

/// The options of a layer as a config gives them, and the factory of the layer in both precisions.
class LayerSpec : public config::Described {
 public:
  struct Branch {
    std::string name;
    LayerList layers;
  };

  std::string name;        // "": <type>_<place>
  std::string local_name;  // in a preset, instead of `name`: what follows the path of the block
  bool trainable = true;
  std::optional<std::vector<std::string>> inputs;  // the names of the layers that it reads; none: the one before
  /// The layer that follows this one as if the config listed it next, such as the activation of a dense layer.
  virtual std::optional<LayerDescription> followed_by() const { return std::nullopt; }
  /// The lists of layers inside a block, none in other layers.
  virtual std::vector<Branch> branches() const { return {}; }
  /// Whether the layer joins several inputs: those of its branches, or those that it names.
  virtual bool joins() const { return false; }
  /// The layer, or null where the type computes nothing (`none`, `flatten`).  Throws Error(kUsage) for a shape that does not fit.
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

/// Implements both factories by Spec's member template make_layer<T>(blueprint).
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
