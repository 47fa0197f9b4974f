#pragma once

#include "core/parts.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layers/batch.hpp"

namespace normrun::nn::layers {

/// What batch normalization and batch renormalization share: the moments of a batch per channel, the normalized rows, and the
/// way back through both.  Of padded sequences (steps, channels) only the valid steps are counted (valid_rows.hpp).
template <class T>
class ColumnNormalizer {
 public:
  explicit ColumnNormalizer(Blueprint& blueprint, PaddedSteps padded_steps = PaddedSteps::kLeftOut);

  struct Moments {
    T* mean;      // (channels), in the caches; may be overwritten
    T* variance;  // biased
    Index rows;   // that were counted
  };
  /// Of several replicas the moments are merged, as synchronised batch normalization does.
  Moments batch_moments(const Forward<T>& call) const;
  /// y = gamma x_hat + beta, x_hat = (x - mean) / sqrt(variance + epsilon); gamma or beta may be null.
  void normalize(const Forward<T>& call, const T* mean, const T* variance, T epsilon, const T* gamma, const T* beta) const;

  struct Sums {
    T* dy;        // sum of dy over the rows, (channels)
    T* dy_x_hat;  // sum of dy * x_hat
  };
  /// The sums that the gradients of gamma and beta are made of: over all rows, whichever part of them comes.
  Sums sums(const Backward<T>& call) const;
  /// dx, after `sums`, whose numbers it may overwrite: through the moments where the batch normalized, past them otherwise.  Of padding
  /// that is left out it reads dy twice; otherwise dx may be dy.
  void input_gradient(const Backward<T>& call, const Sums& sums, const T* gamma) const;
  bool leaves_out_padding() const { return leaves_out_; }

 private:
  /// The plain moments of some of the examples, into (channels) each.
  Moments moments_of(const Forward<T>& call, const Part& examples, T* mean, T* variance) const;
  void merge(const Moments& other, Moments& merged) const;
  static Index all_rows(const Backward<T>& call);
  kernels::NormalizedColumns<T> normalized(const Backward<T>& call) const { return {call.x, call.caches[mean_], call.caches[inv_std_]}; }
  bool has_padding(const Index* lengths) const { return lengths != nullptr && leaves_out_; }

  Index channels_;
  bool leaves_out_;  // padded steps; of (steps, channels) alone, the only shape that lengths speak of
  CacheId mean_;     // what normalized, (channels) each
  CacheId inv_std_;
  CacheId batch_mean_;
  CacheId batch_variance_;
  CacheId sum_dy_;
  CacheId sum_dy_x_hat_;
  CacheId packed_;  // (rows, channels) of a sequence, its valid rows first
};

}  // namespace normrun::nn::layers
