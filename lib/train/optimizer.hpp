#pragma once

#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "config/options/options.hpp"
#include "core/matrix.hpp"
#include "nn/blueprint.hpp"
#include "nn/layer.hpp"

namespace normrun::train {

enum class Convention { kKeras, kTorch };

/// A step of training.  `number` counts from 1, and `learning_rate` is already scaled (learning_rate_scaling).
struct TrainingStep {
  Index number = 1;
  double learning_rate = 0.0;
};

/// The factors of a step, which an optimizer computes from the learning rate and the step's number.
struct StepSize {
  double rate = 0.0;
  double root_scale = 1.0;  // used by Adam alone, which may correct the root separately from the rate
};

/// A range of consecutive parameters in the flat buffer.
struct ParamRange {
  Index offset;
  Index size;
};

/// The flat buffers that an optimizer works on.  `slots` holds slot_count() buffers of the parameters' size, one after another.  All slots
/// are zeros before the first step.
template <class T>
struct OptimizerBuffers {
  std::span<T> params;
  std::span<const T> grads;
  std::span<T> slots;
};

/// Weight decay.  Keras: w -= learning_rate * rate * w before the update (decoupled).  PyTorch: rate * w is added to the gradient.
struct WeightDecay {
  Convention convention = Convention::kKeras;
  double rate = 0.0;
};

/// The update of an optimizer in one precision.  It is const: every number lives in the caller's buffers.
template <class T>
class Optimizer {
 public:
  explicit Optimizer(const WeightDecay& decay) : decay_(decay) {}
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// Does one whole step.  Parameters in the ranges `decays` decay; those in `frozen` stay as they are, with their slots.  Both lists are
  /// in ascending order, and their ranges do not overlap.
  void update(const OptimizerBuffers<T>& buffers, const TrainingStep& step, std::span<const ParamRange> decays,
              std::span<const ParamRange> frozen = {}) const;

  // The functions below do the same step in pieces, without weight decay. step_size() comes first.  Then each range of parameters is
  // updated once: by update_range(), or, if updates_kernels() is true, by update_kernel().

  /// Returns the factors of this step.
  virtual StepSize step_size(const TrainingStep& step) const { return {.rate = step.learning_rate}; }
  /// Updates a range by its gradient.  g[0] belongs to the range's first parameter.
  virtual void update_range(const OptimizerBuffers<T>& buffers, const ParamRange& range, const T* g, const StepSize& size) const = 0;
  /// Whether the optimizer implements update_kernel().
  virtual bool updates_kernels() const { return false; }
  /// Updates a kernel from x and dy.  Its gradient is their product x^T dy, which is never stored.
  virtual void update_kernel(const OptimizerBuffers<T>& buffers, const nn::KernelGradient<T>& gradient, const StepSize& size) const;

 private:
  void update_decayed(const OptimizerBuffers<T>& buffers, const ParamRange& range, const StepSize& size) const;

  WeightDecay decay_;
};

/// The options of an optimizer, and the factory of its update in both precisions.
class OptimizerSpec : public config::Described {
 public:
  double learning_rate = 1e-3;
  double weight_decay = 0.0;        // Keras's form: w -= lr * decay * w before the update (decoupled); PyTorch's form: g += decay * w
  bool decay_normalization = true;  // whether gamma and beta of normalization layers decay too; biases always decay, as kernels do

  /// Returns the framework whose form of the update this is.
  virtual Convention convention() const = 0;
  /// Returns the number of slots per parameter: 0 (sgd), 1 (sgd with momentum, rmsprop) or 2 (adam, adamw).
  virtual Index slot_count() const = 0;
  template <class T>
  std::unique_ptr<const Optimizer<T>> make() const {
    if constexpr (std::is_same_v<T, float>) {
      return make_float();
    } else {
      return make_double();
    }
  }

 private:
  virtual std::unique_ptr<const Optimizer<float>> make_float() const = 0;
  virtual std::unique_ptr<const Optimizer<double>> make_double() const = 0;
};

/// The optimizers: sgd, adam, adamw, rmsprop.
const config::Family& optimizer_family();

/// Returns the ranges of the parameters that no optimizer changes, in ascending order.  Ranges that touch are joined.
std::vector<ParamRange> frozen_ranges(const nn::Layout& layout);

/// Returns the ranges of the parameters that decay, in ascending order.  Ranges that touch are joined.  Returns none if weight_decay is 0.
std::vector<ParamRange> decay_ranges(const nn::Layout& layout, const OptimizerSpec& optimizer);

}  // namespace normrun::train
