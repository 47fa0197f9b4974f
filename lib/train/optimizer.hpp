#pragma once

#include <memory>
#include <span>
#include <vector>

#include "config/options.hpp"
#include "core/matrix.hpp"
#include "nn/blueprint.hpp"

namespace normrun {

enum class Convention { kKeras, kTorch, kFlax };

/// The options of an optimizer; the update itself is a pure function over flat buffers.
class OptimizerSpec : public Described {
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
};

/// sgd, adam, rmsprop.
const Family& optimizer_family();

/// The parts of the parameter buffer that weight decay reaches, ascending, neighbours joined; none where weight_decay is 0.
std::vector<OptimizerSpec::Decay> decay_ranges(const Layout& layout, const OptimizerSpec& optimizer);

}  // namespace normrun
