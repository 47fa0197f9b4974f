#pragma once

#include <span>
#include <string>

#include "core/error.hpp"
#include "nn/model.hpp"

namespace normrun::train {

/// The first tensor that is not finite on the way from the input to the loss.
struct NonFinite {
  std::string layer = {};   // "" if it is the batch itself or the loss
  std::string tensor = {};  // activations, kernel, gamma, moving_variance, …
  std::string why = {};     // the reason, and what to do about it; "" if the reason is not known
};

/// Returns where the first non-finite number was found: "layer dense_1, kernel", or "the loss".
std::string non_finite_place(const NonFinite& first);

/// The error that ends a run because a number is no longer finite.  Its exit code is kRunsFailed.
class Diverged : public Error {
 public:
  /// `step` counts from 1.  `what` says which number was found: "the loss is nan".
  Diverged(Index step, const std::string& what, NonFinite first);
  Index step() const { return step_; }  // counted from 1
  const NonFinite& first() const { return first_; }

 private:
  Index step_;
  NonFinite first_;
};

template <class T>
bool all_finite(std::span<const T> numbers);

/// Finds the first tensor that is not finite.  The batch comes first, then the layers in forward order, each with its parameters,
/// activations and moving statistics in this order, and the loss last.  `record` holds activations up to `last_boundary`.
template <class T>
NonFinite first_non_finite(const nn::Network<T>& network, const nn::Model<T>& model, const nn::Record<T>& record, Index last_boundary);

/// Finds the first tensor that is not finite in a pass in eval mode, of which `record` holds every activation.  Here a layer's moving
/// statistics come before the activations that they normalize.  If a moving variance has no root, `tensor` says so.
template <class T>
NonFinite first_non_finite_in_eval(const nn::Network<T>& network, const nn::Model<T>& model, const nn::Record<T>& record);

}  // namespace normrun::train
