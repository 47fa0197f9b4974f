#pragma once

#include <optional>
#include <span>

#include "config/options/options.hpp"
#include "nn/blueprint.hpp"
#include "train/optimizer.hpp"

namespace normrun::train {

/// Limits of the gradient.  They apply in the order of the members, before weight decay.
struct ClipOptions : config::Described {
  std::optional<double> value;        // of each number
  std::optional<double> tensor_norm;  // of each tensor's own norm
  std::optional<double> norm;         // of the norm of the whole gradient

  void describe(config::OptionVisitor& visitor) override;
  bool clips() const { return value || tensor_norm || norm; }
};

/// Clips a gradient in place.  A norm is the root of the sum of squares in double, added in the order of the parameters.  `convention` says
/// whose formula scales by a norm: Keras multiplies by limit / norm, PyTorch by limit / (norm + 1e-6).
/// Source: Keras 3 clipvalue, clipnorm, global_clipnorm; torch.nn.utils.clip_grad_value_, clip_grad_norm_ (2.13).
template <class T>
void clip_gradient(const ClipOptions& options, Convention convention, const nn::Layout& layout, std::span<T> gradient);

}  // namespace normrun::train
