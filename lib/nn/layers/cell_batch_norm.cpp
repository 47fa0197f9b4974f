#include "nn/layers/cell_batch_norm.hpp"

#include <algorithm>

#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/reaching_rows.hpp"

namespace normrun::nn::layers {

template <class T>
CellBatchNorm<T>::CellBatchNorm(const std::string& name, Index width, const CacheId& kept, const RecurrentOptions& options, Index time,
                                StateId updates, Blueprint& blueprint)
    : width_(width),
      epsilon_(static_cast<T>(options.epsilon)),
      momentum_(static_cast<T>(blueprint.momentum(options.momentum))),
      stored_steps_(options.longest_step.word == "all" ? time : std::min(options.longest_step.value, time)),
      kept_(kept),
      gamma_(blueprint.param(name + "_gamma", {width}, {.kind = Init::kConstant, .a = options.initial_gamma})),
      moving_mean_(blueprint.state(name + "_moving_mean", {stored_steps_, width}, 0.0)),
      moving_variance_(blueprint.state(name + "_moving_variance", {stored_steps_, width}, 1.0)),
      mean_(blueprint.per_call(time * width)),
      inv_std_(blueprint.per_call(time * width)),
      batch_mean_(blueprint.per_call(width)),
      batch_variance_(blueprint.per_call(width)),
      packed_(blueprint.per_example(width)) {
  blueprint.normalization({.name = name,
                           .type = "batch",
                           .features = stored_steps_ * width,
                           .steps = stored_steps_,
                           .kept = KeptSteps{kept, time},
                           .epsilon = options.epsilon,
                           .momentum = blueprint.momentum(options.momentum),
                           .moving_mean = moving_mean_,
                           .moving_variance = moving_variance_,
                           .updates = updates});
  blueprint.give_role(ParamRole::kNormalization, gamma_.offset);
}

template <class T>
ConstView<T> CellBatchNorm<T>::reaching(const Steps<T>& steps, Index step) const {
  const View<T> all = z(steps, step);
  if (steps.lengths == nullptr) return all;
  return reaching_rows<T>(all, 0, width_, steps.lengths, step, steps.caches[packed_]);
}

template <class T>
void CellBatchNorm<T>::forward(const Steps<T>& steps, const Forward<T>& call, Index step, const T* shift, View<T> y) const {
  const bool by_batch = call.mode.statistics == Statistics::kBatch;
  const bool moves = call.mode.tracking == Tracking::kUpdate;
  T* const batch_mean = steps.caches[batch_mean_];
  T* const batch_variance = steps.caches[batch_variance_];
  if (by_batch || moves) kernels::column_moments<T>(reaching(steps, step), batch_mean, batch_variance);
  if (by_batch) {
    std::copy_n(batch_mean, width_, mean(steps, step));
    kernels::inverse_std<T>(batch_variance, epsilon_, inv_std(steps, step), width_);
  } else if (step < stored_steps_) {
    std::copy_n(call.state + moving_mean_.offset + step * width_, width_, mean(steps, step));
    kernels::inverse_std<T>(call.state + moving_variance_.offset + step * width_, epsilon_, inv_std(steps, step), width_);
  } else {
    std::copy_n(mean(steps, step - 1), width_, mean(steps, step));
    std::copy_n(inv_std(steps, step - 1), width_, inv_std(steps, step));
  }
  kernels::normalize_columns<T>({z(steps, step), mean(steps, step), inv_std(steps, step)}, {call.params + gamma_.offset, shift}, y);
  if (!moves || step >= stored_steps_) return;
  kernels::blend<T>(momentum_, batch_mean, call.next_state + moving_mean_.offset + step * width_, width_);
  kernels::blend<T>(momentum_, batch_variance, call.next_state + moving_variance_.offset + step * width_, width_);
}

template <class T>
void CellBatchNorm<T>::start_gradient(T* grads) const {
  std::fill_n(grads + gamma_.offset, width_, T{0});
}

template <class T>
void CellBatchNorm<T>::backward(const Steps<T>& steps, const Backward<T>& call, Index step, ConstView<T> dy, T* dshift, View<T> dz) const {
  const kernels::NormalizedColumns<T> z_hat{z(steps, step), mean(steps, step), inv_std(steps, step)};
  const T* const gamma = call.params + gamma_.offset;
  T* const sum_dy = steps.caches[batch_mean_];
  T* const sum_dy_z_hat = steps.caches[batch_variance_];
  kernels::column_gradient_sums<T>(z_hat, dy, sum_dy, sum_dy_z_hat);
  kernels::add<T>(sum_dy_z_hat, call.grads + gamma_.offset, width_);
  if (dshift != nullptr) kernels::add<T>(sum_dy, dshift, width_);
  if (call.mode.statistics == Statistics::kMoving) {
    T* const factor = sum_dy;
    for (Index c = 0; c < width_; ++c) factor[c] = gamma[c] * z_hat.inv_std[c];
    return kernels::scale_columns<T>(dy, factor, dz);
  }
  kernels::normalize_columns_backward<T>(z_hat, dy, gamma, {sum_dy, sum_dy_z_hat, count_reaching(steps.lengths, steps.examples, step)}, dz);
  for (Index e = 0; e < steps.examples; ++e) {
    if (!steps.is_valid(e, step)) std::fill_n(dz.row(e), width_, T{0});
  }
}

template class CellBatchNorm<float>;
template class CellBatchNorm<double>;

}  // namespace normrun::nn::layers
