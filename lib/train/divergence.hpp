#pragma once

#include <string>

#include "core/error.hpp"
#include "nn/model.hpp"

namespace normrun::train {

/// The first numbers on the way from the input to the loss that are no longer finite.
struct NonFinite {
  std::string layer;   // "" for the batch itself and for the loss
  std::string tensor;  // activations, kernel, gamma, moving_variance, …
  std::string why;     // and what to do about it; "" where it is not known
};

/// A number that is no longer finite ended the run.
class Diverged : public Error {
 public:
  /// `what` says which number was met first: "the loss is nan".
  Diverged(Index step, const std::string& what, NonFinite first);
  Index step() const { return step_; }  // counted from 1
  const NonFinite& first() const { return first_; }

 private:
  Index step_;
  NonFinite first_;
};

template <class T>
bool all_finite(std::span<const T> numbers);

/// Walks the layers in forward order; of each, its parameters, then the activations that `record` holds up to
/// `last_boundary`, then its moving statistics.
template <class T>
NonFinite first_non_finite(const nn::Network<T>& network, const nn::Model<T>& model, const nn::Record<T>& record, Index last_boundary);

}  // namespace normrun::train
