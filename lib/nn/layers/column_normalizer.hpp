#pragma once

#include "core/parts.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layers/batch.hpp"

namespace normrun::nn::layers {

/// The operations that batch normalization and batch renormalization share: the moments of a batch per channel, the normalized rows, and
/// the backward pass through both.  Of padded sequences (steps, channels), only the valid steps are counted (valid_rows.hpp).
template <class T>
class ColumnNormalizer {
 public:
  /// How many moments the caches hold: those of one call for the whole pass; or those of several calls, each of which has its own first
  /// example (call.caches.first).
  enum class Calls { kOne, kSeveral };
  explicit ColumnNormalizer(Blueprint& blueprint, PaddedSteps padded_steps = PaddedSteps::kLeftOut, Calls calls = Calls::kOne);

  struct Moments {
    T* mean;      // (channels), in the caches; the caller may overwrite it
    T* variance;  // biased
    Index rows;   // how many rows were counted
  };
  /// The moments of all rows.  Those of several replicas are merged, as in synchronised batch normalization.
  Moments batch_moments(const Forward<T>& call) const;
  /// y = gamma x_hat + beta, x_hat = (x - mean) / sqrt(variance + epsilon); gamma or beta may be null.
  void normalize(const Forward<T>& call, const T* mean, const T* variance, T epsilon, const T* gamma, const T* beta) const;

  struct Sums {
    T* dy;        // (channels), the sum of dy over the rows
    T* dy_x_hat;  // (channels), the sum of dy * x_hat
  };
  /// The sums from which the gradients of gamma and beta follow.  They are over all rows of the pass, whichever part the call is for.
  Sums sums(const Backward<T>& call) const;
  /// Computes dx, after `sums`, whose numbers it may overwrite.  The gradient also passes through the moments where the batch's normalized;
  /// moving ones are constants.  dx may be dy, except where padding is left out, because dy is then read twice.
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
  bool leaves_out_;  // padded steps, of inputs (steps, channels) alone: only these have lengths
  CacheId mean_;     // the mean that normalized; (channels), as the following ones
  CacheId inv_std_;
  CacheId batch_mean_;
  CacheId batch_variance_;
  CacheId sum_dy_;
  CacheId sum_dy_x_hat_;
  CacheId packed_;  // (rows, channels) of sequences, the valid rows first
};

}  // namespace normrun::nn::layers
