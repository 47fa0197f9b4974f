#include "nn/layers/column_normalizer.hpp"

#include <algorithm>

#include "nn/kernels/kernels.hpp"
#include "nn/layers/valid_rows.hpp"

namespace normrun::layers {

template <class T>
ColumnNormalizer<T>::ColumnNormalizer(Blueprint& blueprint, PaddedSteps padded_steps)
    : channels_(blueprint.channels()),
      leaves_out_(blueprint.input().rank() == 2 && padded_steps == PaddedSteps::kLeftOut),
      mean_(blueprint.per_call(channels_)),
      inv_std_(blueprint.per_call(channels_)),
      batch_mean_(blueprint.per_call(channels_)),
      batch_variance_(blueprint.per_call(channels_)),
      sum_dy_(blueprint.per_call(channels_)),
      sum_dy_x_hat_(blueprint.per_call(channels_)),
      packed_(blueprint.per_example(leaves_out_ ? blueprint.input().size() : 0)),
      x_hat_(blueprint.per_example(blueprint.input().size())) {}

template <class T>
typename ColumnNormalizer<T>::Moments ColumnNormalizer<T>::batch_moments(const Forward<T>& call) const {
  const Moments moments{call.caches[batch_mean_], call.caches[batch_variance_], call.x.rows};
  if (has_padding(call.lengths)) {
    const ValidRows valid = valid_moments<T>(call.x, call.lengths, call.examples, call.caches[packed_], moments.mean, moments.variance);
    return {moments.mean, moments.variance, valid.count};
  }
  kernels::column_moments<T>(call.x, moments.mean, moments.variance);
  return moments;
}

template <class T>
void ColumnNormalizer<T>::normalize(const Forward<T>& call, const T* mean, const T* variance, T epsilon, const T* gamma,
                                    const T* beta) const {
  T* inv_std = call.caches[inv_std_];
  std::copy_n(mean, channels_, call.caches[mean_]);
  kernels::inverse_std<T>(variance, epsilon, inv_std, channels_);
  const bool by_batch = call.mode.statistics == Statistics::kBatch;
  T* x_hat = by_batch ? call.caches[x_hat_] : nullptr;  // otherwise backward, which may never come, computes it again
  kernels::normalize_columns<T>(call.x, call.caches[mean_], inv_std, gamma, beta, x_hat, call.y);
}

template <class T>
typename ColumnNormalizer<T>::Sums ColumnNormalizer<T>::sums(const Backward<T>& call) const {
  const View<T> x_hat(call.caches[x_hat_], call.x.rows, channels_);
  if (call.mode.statistics == Statistics::kMoving) {
    kernels::normalize_columns<T>(call.x, call.caches[mean_], call.caches[inv_std_], nullptr, nullptr, nullptr, x_hat);
  }
  const Sums sums{call.caches[sum_dy_], call.caches[sum_dy_x_hat_]};
  kernels::column_sums<T>(call.dy, sums.dy);
  kernels::column_dots<T>(call.dy, x_hat, sums.dy_x_hat);
  return sums;
}

template <class T>
void ColumnNormalizer<T>::input_gradient(const Backward<T>& call, const Sums& sums, const T* gamma) const {
  const ConstView<T> x_hat(call.caches[x_hat_], call.x.rows, channels_);
  const T* inv_std = call.caches[inv_std_];
  T* factor = call.caches[batch_mean_];  // free by now
  if (call.mode.statistics == Statistics::kMoving) {
    for (Index c = 0; c < channels_; ++c) factor[c] = gamma != nullptr ? gamma[c] * inv_std[c] : inv_std[c];
    kernels::scale_columns<T>(call.dy, factor, call.dx);
  } else if (has_padding(call.lengths)) {
    normalize_valid_backward<T>(
        {call.lengths, call.examples, x_hat, call.dy, gamma, call.caches[mean_], inv_std, sums.dy, sums.dy_x_hat, factor, call.dx});
  } else {
    kernels::normalize_columns_backward<T>(x_hat, call.dy, gamma, inv_std, sums.dy, sums.dy_x_hat, call.dx);
  }
}

template class ColumnNormalizer<float>;
template class ColumnNormalizer<double>;

}  // namespace normrun::layers
