#include "train/trainer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "data/input_file.hpp"
#include "data/number_array.hpp"
#include "nn/checkpoint.hpp"
#include "train/gather.hpp"

namespace normrun {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& hint) { throw Error(ExitCode::kUsage, Problem{"", what, hint}); }

}  // namespace

template <class T>
Trainer<T>::Trainer(const TrainingPlan<T>& plan)
    : plan_(plan),
      mode_(step_mode(plan.options->forward_mode)),
      logits_boundary_(plan.network->logits_boundary(plan.loss)),
      decays_(decay_ranges(plan.network->layout(), plan.options->optimizer_spec())),
      learning_rate_(plan.options->scaled_learning_rate()) {
  const Network<T>& network = *plan_.network;
  if (network.input() != plan_.data->shape) {
    refuse("the network takes examples of shape " + network.input().text() + ", the data has " + plan_.data->shape.text(), "");
  }
  check_loss_fits(plan_.loss, network.output().size(), plan_.data->classes, plan_.data->outputs);
  plan_length();
  plan_order();
  model_ = fresh_model(network, plan_.seed);
  if (!plan_.options->init_from.empty()) {
    const std::string path = resolve_path(plan_.folder, plan_.options->init_from);
    from_tensors(network.layout(), read_safetensors(path), Match::kGiven, path, model_);
  }
  allocate();
}

template <class T>
void Trainer<T>::plan_length() {
  const TrainOptions& options = *plan_.options;
  if (plan_.data->resample) {
    if (!options.steps) refuse("data with \"resample\" has no epochs", "give \"train\": {\"steps\": …}");
    total_steps_ = steps_per_epoch_ = *options.steps;
    return;
  }
  const Split<T>& train = plan_.data->train;
  if (train.samples() == 0) refuse("the data has no training rows", "");
  batches_.emplace(*plan_.batching, train.samples(), train.labels, plan_.data->classes, options.batch_size, plan_.seed);
  steps_per_epoch_ = batches_->steps_per_epoch();
  total_steps_ = options.steps ? *options.steps : options.epochs.value_or(1) * steps_per_epoch_;
}

template <class T>
void Trainer<T>::plan_order() {
  if (!plan_.options->batch_order.empty()) {
    if (!batches_) refuse("data with \"resample\" has no rows to order", "leave out train.batch_order or data.resample");
    std::vector<std::vector<Index>> order = to_index_rows(read_npy(resolve_path(plan_.folder, plan_.options->batch_order), Read::kAll));
    const Index epochs = (total_steps_ + steps_per_epoch_ - 1) / steps_per_epoch_;
    if (static_cast<Index>(order.size()) < epochs) {
      refuse("train.batch_order has " + std::to_string(order.size()) + " epochs, the training takes " + std::to_string(epochs),
             "write more epochs, or train for fewer");
    }
    batches_->set_order(std::move(order));
  }
  if (batches_) batches_->start_epoch(0);  // here, so that advance() finds the memory of an epoch's order
}

template <class T>
void Trainer<T>::allocate() {
  const Network<T>& network = *plan_.network;
  const Split<T>& train = plan_.data->train;
  const Index capacity = batches_ ? std::min(plan_.options->batch_size, train.samples()) : plan_.options->batch_size;
  grads_.resize(model_.params.size());
  slots_.resize(model_.params.size() * static_cast<std::size_t>(plan_.options->optimizer_spec().slot_count()));
  record_.emplace(network, capacity);
  batch_x_ = Matrix<T>(capacity, network.input().size());
  if (plan_.data->classes > 0)
    batch_labels_.resize(static_cast<std::size_t>(capacity));
  else
    batch_targets_ = Matrix<T>(capacity, network.output().size());
  if (!train.lengths.empty()) batch_lengths_.resize(static_cast<std::size_t>(capacity));
}

template <class T>
Index Trainer<T>::take_batch() {
  const Index step_in_epoch = step_ % steps_per_epoch_;
  if (step_in_epoch == 0) totals_ = {};
  if (!batches_) {
    const View<T> targets = plan_.data->outputs > 0 ? batch_targets_.view() : View<T>();
    plan_.data->resample->generate(static_cast<std::uint64_t>(step_), batch_x_.rows(), batch_x_.view(), batch_labels_.data(), targets);
    return batch_x_.rows();
  }
  if (step_in_epoch == 0 && step_ > 0) batches_->start_epoch(step_ / steps_per_epoch_);
  const std::span<const Index> rows = batches_->step(step_in_epoch);
  gather(rows);
  return static_cast<Index>(rows.size());
}

template <class T>
void Trainer<T>::gather(std::span<const Index> rows) {
  const Split<T>& train = plan_.data->train;
  gather_rows<T>(train.features.view(), rows, batch_x_.view());
  if (!batch_labels_.empty()) gather_numbers<std::int32_t>(train.labels, rows, batch_labels_.data());
  if (train.targets.rows() > 0) gather_rows<T>(train.targets.view(), rows, batch_targets_.view());
  if (!batch_lengths_.empty()) gather_numbers<Index>(train.lengths, rows, batch_lengths_.data());
}

template <class T>
void Trainer<T>::advance() {
  assert(!done());
  const Network<T>& network = *plan_.network;
  const Index rows = take_batch();
  const Targets<T> targets{.labels = batch_labels_.empty() ? nullptr : batch_labels_.data(),
                           .values = batch_labels_.empty() ? batch_targets_.view().slice(0, rows) : View<T>()};
  const typename Network<T>::Pass pass{.mode = mode_,
                                       .lengths = batch_lengths_.empty() ? nullptr : batch_lengths_.data(),
                                       .key = {.seed = plan_.seed, .step = static_cast<std::uint64_t>(step_)},
                                       .last_boundary = logits_boundary_};
  T* const next_state = mode_.tracking == Tracking::kUpdate ? model_.state.data() : nullptr;

  const ConstView<T> logits = network.forward(pass, model_.params, model_.state, next_state, *record_, batch_x_.view().slice(0, rows));
  const View<T> dlogits = record_->gradient(logits_boundary_);
  last_loss_ = loss_and_gradient(plan_.loss, logits, targets, dlogits);
  check_loss(step_ + 1);
  totals_.loss_sum += last_loss_ * static_cast<double>(rows);
  if (targets.labels != nullptr) totals_.correct += count_correct(logits, targets.labels);
  totals_.samples += rows;
  totals_.steps += 1;

  network.backward(model_.params, *record_, logits_boundary_, dlogits, grads_);
  plan_.options->optimizer_spec().update(model_.params, grads_, slots_, step_ + 1, learning_rate_, decays_);
  step_ += 1;
  if (at_epoch_end()) check_model();
}

template <class T>
void Trainer<T>::restore(TrainerState<T> state) {
  const bool fits = state.step >= 0 && state.step <= total_steps_ && state.slots.size() == slots_.size() &&
                    state.model.params.size() == model_.params.size() && state.model.state.size() == model_.state.size();
  if (!fits)
    throw Error(ExitCode::kDamaged, Problem{"", "the training state of another network or optimizer, or of a longer training", ""});
  step_ = state.step;
  last_loss_ = state.last_loss;
  totals_ = state.totals;
  model_ = std::move(state.model);
  slots_ = std::move(state.slots);
  // At an epoch's end the next step starts the order of the next one itself.
  if (batches_ && step_ > 0 && !done()) batches_->start_epoch((step_ - 1) / steps_per_epoch_);
}

template <class T>
void Trainer<T>::check_loss(Index step) const {
  if (std::isfinite(last_loss_)) return;
  const std::string what = std::isnan(last_loss_) ? "the loss is nan" : "the loss is infinite";
  throw Diverged(step, what, first_non_finite(*plan_.network, model_, *record_, logits_boundary_));
}

template <class T>
void Trainer<T>::check_model() const {
  if (all_finite<T>(model_.params) && all_finite<T>(model_.state)) return;
  throw Diverged(step_, "a parameter or moving statistic is not finite",
                 first_non_finite(*plan_.network, model_, *record_, logits_boundary_));
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace normrun
