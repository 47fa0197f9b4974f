#include "train/batch_gradient.hpp"

#include <cmath>

#include "train/unit_loss.hpp"

namespace normrun::train {

template <class T>
Batch<T> Batch<T>::part(const Part& rows) const {
  return {.x = x.slice(rows.first, rows.count),
          .targets = targets.slice(rows.first, rows.count),
          .lengths = lengths != nullptr ? lengths + rows.first : nullptr};
}

template <class T>
BatchGradient<T>::BatchGradient(const nn::Network<T>& network, nn::LossKind loss, const Division& division, Index capacity)
    : network_(network),
      loss_(loss),
      division_(division),
      logits_boundary_(network.logits_boundary(loss)),
      record_(network, even_part(even_part(capacity, division.accumulate, 0).count, passes(), 0).count, nn::Keep::kForBackward),
      gradient_(static_cast<std::size_t>(network.layout().param_count)),
      part_gradient_(division.accumulate * passes() > 1 ? gradient_.size() : 0),
      start_state_(passes() > 1 ? static_cast<std::size_t>(network.layout().state_count) : 0),
      replica_state_(division.sync == Sync::kMovingStatistics ? start_state_.size() : 0) {}

template <class T>
typename BatchGradient<T>::Result BatchGradient<T>::compute(const Mode& mode, const nn::PassKey& key, std::span<const T> params,
                                                            std::span<T> state, const Batch<T>& batch,
                                                            nn::KernelUpdater<T>* kernel_updater) {
  return compute({.mode = mode, .key = key, .params = params, .kernel_updater = kernel_updater}, state, batch);
}

template <class T>
typename BatchGradient<T>::Result BatchGradient<T>::move_statistics(const Mode& mode, const nn::PassKey& key, std::span<const T> params,
                                                                    std::span<T> state, const Batch<T>& batch) {
  return compute({.mode = mode, .key = key, .params = params, .has_backward = false}, state, batch);
}

template <class T>
typename BatchGradient<T>::Result BatchGradient<T>::compute(const Pass& pass, std::span<T> state, const Batch<T>& batch) {
  Result result;
  result.counted = batch.targets.counted(batch.x.rows);
  is_first_ = true;
  for (Index micro = 0; micro < division_.accumulate && std::isfinite(result.loss); ++micro) {
    const Part rows = even_part(batch.x.rows, division_.accumulate, micro);
    if (rows.count > 0) add_micro_batch(pass, state, batch, rows, result);
  }
  return result;
}

template <class T>
void BatchGradient<T>::add_micro_batch(Pass pass, std::span<T> state, const Batch<T>& batch, const Part& rows, Result& result) {
  T* const moved = pass.mode.tracking == Tracking::kUpdate ? state.data() : nullptr;
  pass.state = state;
  pass.next_state = moved;
  if (passes() == 1) {
    pass.replicas = division_.replicas;
    return add_pass(pass, batch, rows, result);
  }
  std::copy(state.begin(), state.end(), start_state_.begin());
  pass.state = start_state_;
  for (Index replica = 0; replica < passes() && std::isfinite(result.loss); ++replica) {
    const Part own = even_part(rows.count, passes(), replica);
    if (own.count == 0) return;
    const bool is_averaged = replica > 0 && moved != nullptr && division_.sync == Sync::kMovingStatistics;
    if (replica > 0) pass.next_state = is_averaged ? replica_state_.data() : nullptr;
    if (pass.next_state == nullptr) pass.mode.tracking = Tracking::kFreeze;
    add_pass(pass, batch, {rows.first + own.first, own.count}, result);
    if (!is_averaged) continue;
    const T share = T{1} / static_cast<T>(replica + 1);  // a running mean: equal numbers average to the same bits
    for (std::size_t i = 0; i < state.size(); ++i) state[i] += share * (replica_state_[i] - state[i]);
  }
}

template <class T>
void BatchGradient<T>::add_pass(Pass pass, const Batch<T>& batch, const Part& rows, Result& result) {
  const Batch<T> own = batch.part(rows);
  pass.key.first_example = rows.first;
  const bool has_targets = result.counted > 0;  // without any, the loss is 0, whatever the shares
  const Index own_targets = has_targets ? own.targets.counted(rows.count) : rows.count;
  pass.share = static_cast<double>(own_targets) / static_cast<double>(has_targets ? result.counted : batch.x.rows);
  const typename nn::Network<T>::Pass forward{
      .mode = pass.mode, .lengths = own.lengths, .key = pass.key, .last_boundary = logits_boundary_, .replicas = pass.replicas};
  const ConstView<T> logits = network_.forward(forward, pass.params, pass.state, pass.next_state, record_, own.x);
  const View<T> dlogits = record_.gradient(logits_boundary_);
  result.loss += pass.share * nn::loss_and_gradient(loss_, logits, own.targets, dlogits);
  result.unit_loss = scale_.empty() ? result.loss : result.unit_loss + pass.share * error_in_units(loss_, logits, own.targets, scale_);
  if (!std::isfinite(result.loss)) return;
  if (own.targets.labels != nullptr) result.correct += nn::count_correct(loss_, logits, own.targets.labels, own.targets.positions);
  if (pass.has_backward) add_gradient(pass, dlogits);
}

template <class T>
void BatchGradient<T>::add_gradient(const Pass& pass, View<T> dlogits) {
  const T share = static_cast<T>(pass.share);
  if (share == T{1}) return network_.backward(pass.params, record_, logits_boundary_, dlogits, gradient_, {}, pass.kernel_updater);
  network_.backward(pass.params, record_, logits_boundary_, dlogits, part_gradient_);
  if (is_first_) std::fill(gradient_.begin(), gradient_.end(), T{0});
  is_first_ = false;
  for (std::size_t i = 0; i < gradient_.size(); ++i) gradient_[i] += share * part_gradient_[i];
}

template struct Batch<float>;
template struct Batch<double>;
template class BatchGradient<float>;
template class BatchGradient<double>;

}  // namespace normrun::train
