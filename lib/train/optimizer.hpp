#pragma once

#include <memory>
#include <span>
#include <vector>

#include "config/options/options.hpp"
#include "core/matrix.hpp"
#include "nn/blueprint.hpp"

namespace normrun::train {

/// What an optimizer makes of the learning rate at a step.
struct StepSize {
  double rate = 0.0;
  double root_scale = 1.0;  // Adam's, where the root is corrected apart from the rate
};

enum class Convention { kKeras, kTorch };

/// The options of an optimizer; the update itself is a pure function over flat buffers.
class OptimizerSpec : public config::Described {
 public:
  double learning_rate = 1e-3;
  double weight_decay = 0.0;         // Keras form: w -= lr * decay * w before the update (decoupled); PyTorch form: g += decay * w
  bool decay_normalization = false;  // whether gamma and beta of normalization layers decay too; biases decay like kernels

  /// Slots per parameter: 0 (sgd), 1 (momentum, rmsprop), 2 (adam).
  virtual Index slot_count() const = 0;
  /// One update.  slots: slot_count buffers of the parameters' size, one after another, zeros before the first step;
  /// `step` counts from 1; `learning_rate` is the scaled one; `decays` are the parts of the buffer that decay, ascending.
  struct Decay {
    Index offset;
    Index size;
  };
  virtual void update(std::span<float> params, std::span<const float> grads, std::span<float> slots, Index step, double learning_rate,
                      std::span<const Decay> decays) const = 0;
  virtual void update(std::span<double> params, std::span<const double> grads, std::span<double> slots, Index step, double learning_rate,
                      std::span<const Decay> decays) const = 0;

  /// An update in pieces, of parameters that do not decay: the same numbers.  First the step's size, in the training precision,
  virtual StepSize step_size(Index /*step*/, double rate, float) const { return {rate}; }
  virtual StepSize step_size(Index /*step*/, double rate, double) const { return {rate}; }
  /// then some parameters at a time,
  virtual void update_part(std::span<float> params, std::span<const float> grads, std::span<float> slots, nn::ParamId part,
                           const StepSize& size) const = 0;
  virtual void update_part(std::span<double> params, std::span<const double> grads, std::span<double> slots, nn::ParamId part,
                           const StepSize& size) const = 0;
  /// or a kernel by its gradient x^T dy, which is never written down, and dx = dy kernel^T (KernelUpdater); only where takes_products().
  virtual bool takes_products() const { return false; }
  virtual void update_product(std::span<float> params, std::span<float> slots, nn::ParamId kernel, ConstView<float> x, ConstView<float> dy,
                              View<float> dx, const StepSize& size) const;
  virtual void update_product(std::span<double> params, std::span<double> slots, nn::ParamId kernel, ConstView<double> x,
                              ConstView<double> dy, View<double> dx, const StepSize& size) const;
};

/// sgd, adam, rmsprop.
const config::Family& optimizer_family();

/// The parts of the parameter buffer that weight decay reaches, ascending, neighbours joined; none where weight_decay is 0.
std::vector<OptimizerSpec::Decay> decay_ranges(const nn::Layout& layout, const OptimizerSpec& optimizer);

}  // namespace normrun::train
