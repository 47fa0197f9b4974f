#pragma once

#include "core/parts.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layers/batch.hpp"
#include "nn/layers/valid_rows.hpp"

namespace normrun::nn::layers {

/// What batch normalization and batch renormalization share: the moments of a batch for each channel, the normalized rows, and the backward
/// pass through both.  In padded sequences (steps, channels), only the valid steps count in the moments, or the steps up to the end of the
/// longest sequence (valid_rows.hpp).
template <class T>
class ColumnNormalizer {
 public:
  /// Whose moments the caches hold: those of one call for the whole pass, or those of several calls.  Several calls are told apart by their
  /// first examples (call.caches.first).
  enum class Calls { kOne, kSeveral };
  explicit ColumnNormalizer(Blueprint& blueprint, PaddedSteps padded_steps = PaddedSteps::kLeftOut, Calls calls = Calls::kOne);

  struct Moments {
    T* mean;      // (channels), in the caches; the caller may overwrite them
    T* variance;  // (channels), biased
    Index rows;   // how many rows were counted
  };
  /// Returns the moments of all rows.  As in synchronised batch normalization, the moments of several replicas are merged.
  Moments batch_moments(const Forward<T>& call) const;
  /// y = gamma x_hat + beta, x_hat = (x - mean) / sqrt(variance + epsilon); gamma or beta may be null.
  void normalize(const Forward<T>& call, const T* mean, const T* variance, T epsilon, const T* gamma, const T* beta) const;

  struct Sums {
    T* dy;        // (channels), the sum of dy over the rows
    T* dy_x_hat;  // (channels), the sum of dy * x_hat
  };
  /// Returns the sums that give the gradients of gamma and beta.  They are over all rows of the pass, even if the call is for a part.
  Sums sums(const Backward<T>& call) const;
  /// Computes dx.  It comes after `sums`, whose numbers it may overwrite.  If the batch's moments normalized, the gradient also passes
  /// through them; moving ones are constants.  dx may be dy, unless padding is left out, because dy is then read twice.
  void input_gradient(const Backward<T>& call, const Sums& sums, const T* gamma) const;
  bool leaves_out_padding() const { return leaves_out_; }

 private:
  /// Computes the plain moments of some of the examples, and writes them to mean and variance: (channels) each.
  Moments moments_of(const Forward<T>& call, const Part& examples, T* mean, T* variance) const;
  void merge(const Moments& other, Moments& merged) const;
  static Index all_rows(const Backward<T>& call);
  kernels::NormalizedColumns<T> normalized(const Backward<T>& call) const { return {call.x, call.caches[mean_], call.caches[inv_std_]}; }
  bool has_padding(const Index* lengths) const { return lengths != nullptr && leaves_out_; }
  /// The steps that are counted of the examples of a call from `first` on.
  ValidSteps counted_steps(const Index* lengths, Index examples, Index first = 0) const;

  Index channels_;
  bool leaves_out_;  // whether padded steps are left out, which only inputs (steps, channels) have
  bool to_longest_;  // whether only the steps behind the longest sequence are left out
  CacheId mean_;     // (channels): the mean that normalized; the next caches have the same shape
  CacheId inv_std_;
  CacheId batch_mean_;
  CacheId batch_variance_;
  CacheId sum_dy_;
  CacheId sum_dy_x_hat_;
  CacheId packed_;  // (rows, channels) for sequences: the valid rows come first
};

}  // namespace normrun::nn::layers
