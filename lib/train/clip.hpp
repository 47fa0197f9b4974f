#pragma once

#include <optional>
#include <span>

#include "config/options/options.hpp"
#include "nn/blueprint.hpp"
#include "train/optimizer.hpp"

namespace normrun::train {

/// Limits of the gradient.  They apply one after the other, in the order of the members, and before weight decay.
struct ClipOptions : config::Described {
  std::optional<double> value;        // for each number
  std::optional<double> tensor_norm;  // for the norm of each tensor
  std::optional<double> norm;         // for the norm of the whole gradient

  void describe(config::OptionVisitor& visitor) override;
  bool clips() const { return value || tensor_norm || norm; }
};

/// Clips a gradient in place.  A norm is the root of the sum of squares, which is taken in double in the order of the parameters.  A
/// gradient whose norm exceeds the limit is multiplied by limit / norm in Keras's convention, and by limit / (norm + 1e-6) in PyTorch's.
/// Source: Keras 3 clipvalue, clipnorm, global_clipnorm; torch.nn.utils.clip_grad_value_, clip_grad_norm_ (2.13).
template <class T>
void clip_gradient(const ClipOptions& options, Convention convention, const nn::Layout& layout, std::span<T> gradient);

}  // namespace normrun::train
