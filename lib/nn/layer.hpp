#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "config/options/options.hpp"
#include "core/matrix.hpp"
#include "core/mode.hpp"
#include "nn/blueprint.hpp"

namespace normrun::nn {

/// The scratch memory that forward fills for backward, for up to `capacity` examples.
template <class T>
struct Caches {
  T* per_example = nullptr;
  T* fixed = nullptr;
  Index capacity = 0;
  Index first = 0;  // example of the call
  T* operator[](CacheId id) const {
    return id.per_example > 0 ? per_example + id.offset * capacity + first * id.per_example : fixed + id.offset;
  }
};

/// The dropout stream of a pass: (seed, step); each layer adds its own index.  Where several passes share the rows of a step,
/// each draws its rows' part of the stream, so that a row drops the same elements however the step is divided.
struct PassKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  Index first_example = 0;  // the place in the step of the pass's first row
};

/// One forward call.  x: (examples * positions, channels) of the layer's input shape, y likewise of its output shape.
template <class T>
struct Forward {
  Mode mode = kEvalMode;
  Index examples = 0;
  Index replicas = 1;              // that hold the examples, as even_part divides them, and merge their statistics
  const Index* lengths = nullptr;  // (examples) valid time steps of a sequence input; null: all of them
  ConstView<T> x;
  View<T> y;
  const T* params = nullptr;  // the whole buffers; a layer takes its part by id
  const T* state = nullptr;
  T* next_state = nullptr;  // null unless mode.tracking is kUpdate; starts as a copy of state
  Caches<T> caches;
  PassKey key;
};

/// Takes the gradient x^T dy of a kernel when backward comes by it, in place of the buffer of gradients, and may change the kernel
/// at once: an update that never writes the gradient to memory.  dx, unless its data is null, gets dy kernel^T by the kernel that was;
/// it may be x.
template <class T>
class ProductTaker {
 public:
  ProductTaker() = default;
  ProductTaker(const ProductTaker&) = delete;
  ProductTaker& operator=(const ProductTaker&) = delete;
  virtual ~ProductTaker() = default;
  virtual void take(ParamId kernel, ConstView<T> x, ConstView<T> dy, View<T> dx) = 0;
};

/// The call that undoes it.  Fills dx (unless its data is null) and the layer's own part of grads, which it overwrites.
/// There is no state: forward may have moved it in place, so what backward needs of it lies in the caches.
template <class T>
struct Backward {
  Mode mode = kEvalMode;  // as forward recorded it
  Index examples = 0;
  Index first = 0;  // of them, among all that the pass has: less than all where backward comes in parts
  Index all = 0;
  const Index* lengths = nullptr;
  ConstView<T> x;
  ConstView<T> y;
  ConstView<T> dy;
  View<T> dx;
  const T* params = nullptr;
  T* grads = nullptr;
  Caches<T> caches;
  PassKey key;
  ProductTaker<T>* taker = nullptr;  // null: every gradient goes to grads
};

/// Whether a layer may be called for some of a batch's examples after others, so that the layers of a chain meet each other's numbers
/// in the cache.  Parts are consecutive and come in ascending order.
enum class Parts {
  kNone,
  kBackward,  // backward alone, whose first part finds x and dy of all the examples behind its own
  kBoth,
};

/// A layer is a const recipe: options and handles.  Every number lives in the caller's buffers, so one network serves many
/// threads and copying a model is copying buffers.  Neither call allocates.
template <class T>
class Layer {
 public:
  Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;
  virtual ~Layer() = default;
  virtual void forward(const Forward<T>& call) const = 0;
  virtual void backward(const Backward<T>& call) const = 0;
  /// Whether forward may be called with y in x's memory, and backward with dx in dy's: they then touch half as much.
  virtual bool takes_x_in_place() const { return false; }
  virtual bool takes_dx_in_place() const { return false; }
  /// Whether backward of so many examples may be called with dx in x's memory.
  virtual bool puts_dx_over_x(Index /*examples*/) const { return false; }
  virtual Parts takes_parts() const { return Parts::kNone; }
  /// Whether y of an example follows from its x and the parameters alone, whatever the mode, the statistics and the other examples.
  virtual bool is_mode_free() const { return true; }
  /// Whether backward reads y, which the next layer must then leave as it is.
  virtual bool reads_y() const { return false; }
};

class LayerSpec;

/// A layer of a network before it is built: its registered type and its options.
struct LayerDescription {
  std::string type;
  std::shared_ptr<const LayerSpec> spec;
  std::string name = {};  // instead of the spec's own name where it is not empty: a placeholder passes its name on
};

/// The options of a layer as a config gives them, and the factory of the layer for both precisions.
class LayerSpec : public config::Described {
 public:
  std::string name;  // "" : type_index
  /// What follows the layer as if the config listed it next (the activation of a dense layer).
  virtual std::optional<LayerDescription> followed_by() const { return std::nullopt; }
  /// The layer, or null where the type computes nothing (`none`, `flatten`).  Throws Error(kUsage) for a shape that does not fit.
  virtual std::unique_ptr<const Layer<float>> make(Blueprint& blueprint, float) const = 0;
  virtual std::unique_ptr<const Layer<double>> make(Blueprint& blueprint, double) const = 0;

 protected:
  /// The option every layer has.
  void describe_name(config::OptionVisitor& visitor) {
    visitor.text({"name", "the layer's name in tables and checkpoints; default <type>_<place in the network>"}, name);
  }
};

/// Implements both factories of `Spec` by constructing LayerT<T>(spec, blueprint).
template <class Spec, template <class> class LayerT>
class SpecOf : public LayerSpec {
 public:
  std::unique_ptr<const Layer<float>> make(Blueprint& blueprint, float) const override {
    return std::make_unique<LayerT<float>>(static_cast<const Spec&>(*this), blueprint);
  }
  std::unique_ptr<const Layer<double>> make(Blueprint& blueprint, double) const override {
    return std::make_unique<LayerT<double>>(static_cast<const Spec&>(*this), blueprint);
  }
};

}  // namespace normrun::nn
