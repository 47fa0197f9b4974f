#include "nn/layers/column_normalizer.hpp"

#include <algorithm>

#include "nn/kernels/kernels.hpp"

namespace normrun::nn::layers {

template <class T>
ColumnNormalizer<T>::ColumnNormalizer(Blueprint& blueprint, PaddedSteps padded_steps, Calls calls)
    : channels_(blueprint.channels()),
      leaves_out_(blueprint.input().rank() == 2 && padded_steps != PaddedSteps::kCounted),
      to_longest_(padded_steps == PaddedSteps::kToLongest) {
  for (CacheId* cache : {&mean_, &inv_std_, &batch_mean_, &batch_variance_, &sum_dy_, &sum_dy_x_hat_})
    *cache = calls == Calls::kOne ? blueprint.per_call(channels_) : blueprint.per_example(channels_);
  packed_ = blueprint.per_example(leaves_out_ ? blueprint.input().size() : 0);
}

template <class T>
ValidSteps ColumnNormalizer<T>::counted_steps(const Index* lengths, Index examples, Index first) const {
  return {lengths + first, to_longest_ ? std::max<Index>(*std::max_element(lengths, lengths + examples), 1) : 0};
}

template <class T>
typename ColumnNormalizer<T>::Moments ColumnNormalizer<T>::moments_of(const Forward<T>& call, const Part& examples, T* mean,
                                                                      T* variance) const {
  const Index positions = call.x.rows / std::max<Index>(call.examples, 1);
  const ConstView<T> x = call.x.slice(examples.first * positions, examples.count * positions);
  if (has_padding(call.lengths)) {
    const ValidSteps valid = counted_steps(call.lengths, call.examples, examples.first);
    return {mean, variance, plain_valid_moments<T>(x, valid, examples.count, call.caches[packed_], mean, variance)};
  }
  kernels::column_moments<T>(x, mean, variance);
  return {mean, variance, x.rows};
}

template <class T>
typename ColumnNormalizer<T>::Moments ColumnNormalizer<T>::batch_moments(const Forward<T>& call) const {
  Moments merged = moments_of(call, even_part(call.examples, call.replicas, 0), call.caches[batch_mean_], call.caches[batch_variance_]);
  for (Index replica = 1; replica < call.replicas; ++replica) {
    const Part examples = even_part(call.examples, call.replicas, replica);
    if (examples.count > 0) merge(moments_of(call, examples, call.caches[sum_dy_], call.caches[sum_dy_x_hat_]), merged);
  }
  // All replicas together are one batch, so the divisor of padded sequences is applied once, to the merged moments.
  if (has_padding(call.lengths) && !to_longest_) take_count_epsilon<T>(merged.rows, channels_, merged.mean, merged.variance);
  return merged;
}

/// Merges the moments of two sets of rows (Chan, Golub and LeVeque 1983, eq. 2.1).  The method is accurate because it never computes E[x^2]
/// - E[x]^2.
template <class T>
void ColumnNormalizer<T>::merge(const Moments& other, Moments& merged) const {
  const Index rows = merged.rows + other.rows;
  if (other.rows == 0) return;
  const double share = static_cast<double>(other.rows) / static_cast<double>(rows);
  for (Index c = 0; c < channels_; ++c) {
    const double mean = static_cast<double>(merged.mean[c]);
    const double variance = static_cast<double>(merged.variance[c]);
    const double shift = static_cast<double>(other.mean[c]) - mean;
    const double change = static_cast<double>(other.variance[c]) - variance;
    merged.mean[c] = static_cast<T>(mean + share * shift);
    merged.variance[c] = static_cast<T>(variance + share * change + share * (1.0 - share) * shift * shift);
  }
  merged.rows = rows;
}

template <class T>
void ColumnNormalizer<T>::normalize(const Forward<T>& call, const T* mean, const T* variance, T epsilon, const T* gamma,
                                    const T* beta) const {
  T* inv_std = call.caches[inv_std_];
  std::copy_n(mean, channels_, call.caches[mean_]);
  kernels::inverse_std<T>(variance, epsilon, inv_std, channels_);
  kernels::normalize_columns<T>({call.x, call.caches[mean_], inv_std}, {gamma, beta}, call.y);
}

template <class T>
Index ColumnNormalizer<T>::all_rows(const Backward<T>& call) {
  return call.examples == call.all ? call.dy.rows : call.dy.rows / call.examples * call.all;
}

template <class T>
typename ColumnNormalizer<T>::Sums ColumnNormalizer<T>::sums(const Backward<T>& call) const {
  const Sums sums{call.caches[sum_dy_], call.caches[sum_dy_x_hat_]};
  if (call.first > 0) return sums;
  const Index rows = all_rows(call);
  const kernels::NormalizedColumns<T> x_hat{{call.x.data, rows, channels_}, call.caches[mean_], call.caches[inv_std_]};
  kernels::column_gradient_sums<T>(x_hat, {call.dy.data, rows, channels_}, sums.dy, sums.dy_x_hat);
  return sums;
}

template <class T>
void ColumnNormalizer<T>::input_gradient(const Backward<T>& call, const Sums& sums, const T* gamma) const {
  const T* inv_std = call.caches[inv_std_];
  T* factor = call.caches[batch_mean_];  // reuses the cache, whose numbers nobody needs any more
  if (call.mode.statistics == Statistics::kMoving) {
    for (Index c = 0; c < channels_; ++c) factor[c] = gamma != nullptr ? gamma[c] * inv_std[c] : inv_std[c];
    kernels::scale_columns<T>(call.dy, factor, call.dx);
  } else if (has_padding(call.lengths)) {
    normalize_valid_backward<T>({counted_steps(call.lengths, call.examples), call.examples, normalized(call), call.dy, gamma, sums.dy,
                                 sums.dy_x_hat, factor, call.dx});
  } else {
    kernels::normalize_columns_backward<T>(normalized(call), call.dy, gamma, {sums.dy, sums.dy_x_hat, all_rows(call)}, call.dx);
  }
}

template class ColumnNormalizer<float>;
template class ColumnNormalizer<double>;

}  // namespace normrun::nn::layers
