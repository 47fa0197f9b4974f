#include "train/trainer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "files/input_file.hpp"
#include "statistics/gather.hpp"
#include "train/training_batches.hpp"

namespace normrun::train {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& hint) { throw Error(ExitCode::kUsage, Problem{"", what, hint}); }

}  // namespace

template <class T>
Trainer<T>::Trainer(const TrainingPlan<T>& plan)
    : plan_(plan),
      mode_(step_mode(plan.options->forward_mode)),
      optimizer_(plan.options->optimizer_spec().template make<T>()),
      decays_(decay_ranges(plan.network->layout(), plan.options->optimizer_spec())),
      learning_rate_(plan.options->scaled_learning_rate()) {
  const nn::Network<T>& network = *plan_.network;
  if (network.input() != plan_.data->shape) {
    refuse("the network takes examples of shape " + network.input().text() + ", the data has " + plan_.data->shape.text(), "");
  }
  check_loss_fits(plan_.loss, network.output(), plan_.data->classes, plan_.data->outputs);
  check_last_layers(plan_.loss, network);
  check_division(*plan_.options);
  plan_length();
  model_ = initial_weights(network, *plan_.options, plan_.folder, plan_.seed, plan_.norms).model;
  allocate();
}

template <class T>
void Trainer<T>::plan_length() {
  const TrainOptions& options = *plan_.options;
  if (plan_.data->resample && !options.steps) refuse("data with \"resample\" has no epochs", "give \"train\": {\"steps\": …}");
  batches_ = training_batches(plan_);
  if (!batches_) {
    total_steps_ = steps_per_epoch_ = *options.steps;
    return;
  }
  steps_per_epoch_ = batches_->steps_per_epoch();
  total_steps_ = options.steps ? *options.steps : options.epochs.value_or(1) * steps_per_epoch_;
  const Index epochs = (total_steps_ + steps_per_epoch_ - 1) / steps_per_epoch_;
  if (!options.batch_order.empty() && batches_->given_epochs() < epochs) {
    refuse(
        "train.batch_order has " + std::to_string(batches_->given_epochs()) + " epochs, but the training needs " + std::to_string(epochs),
        "write more epochs, or train for fewer");
  }
  batches_->start_epoch(0);  // starts epoch 0 here, because this allocates the memory of an epoch's order and advance() must not allocate
}

template <class T>
void Trainer<T>::allocate() {
  const nn::Network<T>& network = *plan_.network;
  const data::Split<T>& train = plan_.data->train;
  const Index capacity = batches_ ? std::min(plan_.options->batch_size, train.samples()) : plan_.options->batch_size;
  slots_.resize(model_.params.size() * static_cast<std::size_t>(plan_.options->optimizer_spec().slot_count()));
  gradient_.emplace(network, plan_.loss, plan_.options->division, capacity);
  if (plan_.loss == nn::LossKind::kMse) gradient_->count_in_units(plan_.data->target_scale);
  if (optimizer_->updates_kernels() && decays_.empty() && gradient_->is_one_pass())
    fused_ = std::make_unique<FusedUpdate<T>>(*optimizer_, network.layout().params.size(), optimizer_buffers());
  batch_ = empty_batch(*plan_.data, capacity, network.output().size());
}

template <class T>
Index Trainer<T>::take_batch() {
  const Index step_in_epoch = step_ % steps_per_epoch_;
  if (step_in_epoch == 0) totals_ = {};
  if (!batches_) {
    draw_batch(*plan_.data, step_, batch_);
    return batch_.samples();
  }
  if (step_in_epoch == 0 && step_ > 0) batches_->start_epoch(step_ / steps_per_epoch_);
  const std::span<const Index> rows = batches_->step(step_in_epoch);
  gather(rows, batches_->next_rows(step_in_epoch));
  return static_cast<Index>(rows.size());
}

template <class T>
void Trainer<T>::gather(std::span<const Index> rows, std::span<const Index> next_rows) {
  const data::Split<T>& train = plan_.data->train;
  statistics::gather_rows<T>(train.features.view(), rows, batch_.features.view(), next_rows);
  if (!batch_.labels.empty()) statistics::gather_numbers<std::int32_t>(train.labels, rows, batch_.labels.data());
  if (train.targets.rows() > 0) statistics::gather_rows<T>(train.targets.view(), rows, batch_.targets.view());
  if (!batch_.lengths.empty()) statistics::gather_numbers<Index>(train.lengths, rows, batch_.lengths.data());
  if (!batch_.weights.empty()) statistics::gather_numbers<T>(train.weights, rows, batch_.weights.data());
}

template <class T>
void Trainer<T>::advance() {
  assert(!done());
  const Index rows = take_batch();
  const std::int32_t* const labels = batch_.labels.empty() ? nullptr : batch_.labels.data();
  const Batch<T> batch{.x = batch_.features.view().slice(0, rows),
                       .targets = {.labels = labels,
                                   .values = labels != nullptr ? View<T>() : batch_.targets.view().slice(0, rows),
                                   .weights = batch_.weights.empty() ? nullptr : batch_.weights.data()},
                       .lengths = batch_.lengths.empty() ? nullptr : batch_.lengths.data()};
  const nn::PassKey key{.seed = plan_.seed, .step = static_cast<std::uint64_t>(step_)};

  const TrainingStep step{.number = step_ + 1, .learning_rate = learning_rate_};
  if (fused_ != nullptr) fused_->start(step);
  const auto result = gradient_->compute(mode_, key, model_.params, model_.state, batch, fused_.get());
  last_loss_ = result.loss;
  check_loss(step_ + 1);
  totals_.loss_sum += result.unit_loss * static_cast<double>(rows);
  totals_.correct += result.correct;
  totals_.samples += rows;
  totals_.steps += 1;

  if (fused_ != nullptr)
    fused_->finish();
  else
    optimizer_->update(optimizer_buffers(), step, decays_);
  step_ += 1;
  if (at_epoch_end()) check_model();
}

template <class T>
void Trainer<T>::restore(const TrainerState<T>& state) {
  const bool fits = state.step >= 0 && state.step <= total_steps_ && state.slots.size() == slots_.size() &&
                    state.model.params.size() == model_.params.size() && state.model.state.size() == model_.state.size();
  if (!fits)
    throw Error(ExitCode::kDamaged,
                Problem{"", "this training state belongs to another network or optimizer, or to a longer training", ""});
  step_ = state.step;
  last_loss_ = state.last_loss;
  totals_ = state.totals;
  // Copies into the existing buffers, because the fused update keeps views of them.
  std::copy(state.model.params.begin(), state.model.params.end(), model_.params.begin());
  std::copy(state.model.state.begin(), state.model.state.end(), model_.state.begin());
  std::copy(state.slots.begin(), state.slots.end(), slots_.begin());
  // Starts the epoch that the last step belonged to.  If that step was the epoch's last, the next step itself starts the next epoch.
  if (batches_ && step_ > 0 && !done()) batches_->start_epoch((step_ - 1) / steps_per_epoch_);
}

template <class T>
void Trainer<T>::check_loss(Index step) const {
  if (std::isfinite(last_loss_)) return;
  const std::string what = std::isnan(last_loss_) ? "the loss is nan" : "the loss is infinite";
  throw Diverged(step, what, first_non_finite(*plan_.network, model_, gradient_->record(), gradient_->logits_boundary()));
}

template <class T>
void Trainer<T>::check_model() const {
  if (all_finite<T>(model_.params) && all_finite<T>(model_.state)) return;
  throw Diverged(step_, "a parameter or moving statistic is not finite",
                 first_non_finite(*plan_.network, model_, gradient_->record(), gradient_->logits_boundary()));
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace normrun::train
