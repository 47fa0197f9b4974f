#pragma once

#include <string>

#include "nn/layers/recurrent.hpp"

namespace normrun::nn::layers {

/// Batch normalization inside a recurrent cell, where each step has statistics of its own: y = gamma z_hat + shift, and
/// z_hat = (z - mean_t) / sqrt(var_t + epsilon).  mean_t and var_t (biased) are of the examples that reach step t, or moving averages.  The
/// shift is the caller's.
/// Steps beyond "longest_step" have no moving averages of their own and use those of the last step that has some; batch statistics are
/// always those of the step itself.  Source: Cooijmans et al. 2017, section 3.
template <class T>
class CellBatchNorm {
 public:
  /// name: what the norm's parameter and statistics begin with.  kept: a cache of all steps, in which the caller keeps z: (width) a step.
  CellBatchNorm(const std::string& name, Index width, const CacheId& kept, const RecurrentOptions& options, Index time, StateId updates,
                Blueprint& blueprint);

  /// Normalizes z of one step, and moves the averages where the call says so.  shift: (width), or null.  y: (examples, width)
  void forward(const Steps<T>& steps, const Forward<T>& call, Index step, const T* shift, View<T> y) const;
  /// Clears the gradient of gamma, to which every call of backward adds.
  void start_gradient(T* grads) const;
  /// Adds to the gradients of gamma and of the shift; dshift may be null.  dy must be 0 in the rows of examples that have ended, and dz
  /// will be.  dz may be dy.
  void backward(const Steps<T>& steps, const Backward<T>& call, Index step, ConstView<T> dy, T* dshift, View<T> dz) const;

 private:
  View<T> z(const Steps<T>& steps, Index step) const { return steps.at(kept_, step, width_); }
  T* mean(const Steps<T>& steps, Index step) const { return steps.caches[mean_] + step * width_; }
  T* inv_std(const Steps<T>& steps, Index step) const { return steps.caches[inv_std_] + step * width_; }
  /// The rows of z whose examples reach the step.
  ConstView<T> reaching(const Steps<T>& steps, Index step) const;

  Index width_;
  T epsilon_;
  T momentum_;
  Index stored_steps_;  // steps with moving averages of their own
  CacheId kept_;
  ParamId gamma_;
  StateId moving_mean_;  // (stored steps, width), as the following one
  StateId moving_variance_;
  CacheId mean_;  // what normalized; (time, width), as the following one
  CacheId inv_std_;
  CacheId batch_mean_;  // (width) of one step, as the following one; in backward the sums of dy and dy z_hat
  CacheId batch_variance_;
  CacheId packed_;  // (examples, width)
};

}  // namespace normrun::nn::layers
