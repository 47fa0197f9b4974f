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
      base_rate_(plan.options->scaled_learning_rate()) {
  const nn::Network<T>& network = *plan_.network;
  if (network.input() != plan_.data->shape) {
    refuse("the network takes examples of shape " + network.input().text() + ", the data has " + plan_.data->shape.text(), "");
  }
  check_loss_fits(plan_.loss, network.output(), plan_.data->classes, plan_.data->outputs);
  check_last_layers(plan_.loss, network);
  check_division(*plan_.options);
  check_monitors(*plan_.options, plan_.data->validation.samples(), plan_.data->test.samples(), plan_.data->classes);
  plan_length();
  if (plan_.options->schedule_spec() != nullptr) plateau_ = plan_.options->schedule_spec()->plateau();
  progress_.plateau.learning_rate = base_rate_;
  running_ = initial_weights(network, *plan_.options, plan_.folder, plan_.seed, plan_.norms).model;
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
  if (plan_.options->average_spec() != nullptr) averaged_ = running_;
  if (plan_.options->early_stopping.patience && plan_.options->early_stopping.restore_best_weights) best_ = running_;
  slots_.resize(running_.params.size() * static_cast<std::size_t>(plan_.options->optimizer_spec().slot_count()));
  gradient_.emplace(network, plan_.loss, plan_.options->division, capacity);
  if (plan_.loss == nn::LossKind::kMse) gradient_->count_in_units(plan_.data->target_scale);
  if (optimizer_->updates_kernels() && decays_.empty() && gradient_->is_one_pass() && !plan_.options->clip.clips())
    fused_ = std::make_unique<FusedUpdate<T>>(*optimizer_, network.layout().params.size(), optimizer_buffers());
  batch_ = empty_batch(*plan_.data, capacity, network.output().size());
}

template <class T>
Index Trainer<T>::take_batch() {
  const Index step_in_epoch = step() % steps_per_epoch_;
  if (step_in_epoch == 0) progress_.totals = {};
  if (!batches_) {
    draw_batch(*plan_.data, step(), batch_);
    return batch_.samples();
  }
  if (step_in_epoch == 0 && step() > 0) batches_->start_epoch(step() / steps_per_epoch_);
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
  const nn::PassKey key{.seed = plan_.seed, .step = static_cast<std::uint64_t>(this->step())};

  const TrainingStep step{.number = this->step() + 1, .learning_rate = learning_rate()};
  if (fused_ != nullptr) fused_->start(step);
  const auto result = gradient_->compute(mode_, key, running_.params, running_.state, batch, fused_.get());
  progress_.last_loss = result.loss;
  check_loss(step.number);
  StepTotals& totals = progress_.totals;
  totals.loss_sum += result.unit_loss * static_cast<double>(rows);
  totals.correct += result.correct;
  totals.samples += rows;
  totals.steps += 1;

  if (fused_ != nullptr) {
    fused_->finish();
  } else {
    const Convention convention = plan_.options->optimizer_spec().convention();
    if (plan_.options->clip.clips()) clip_gradient<T>(plan_.options->clip, convention, plan_.network->layout(), gradient_->gradient());
    optimizer_->update(optimizer_buffers(), step, decays_);
  }
  progress_.step += 1;
  if (at_epoch_end()) check_model();
  follow();
}

template <class T>
double Trainer<T>::learning_rate() const {
  const ScheduleSpec* const schedule = plan_.options->schedule_spec();
  if (schedule == nullptr) return base_rate_;
  return schedule->rate(plateau_ ? progress_.plateau.learning_rate : base_rate_,
                        {.step = step(), .steps_per_epoch = steps_per_epoch_, .total_steps = total_steps_});
}

template <class T>
void Trainer<T>::follow() {
  const TrainOptions& options = *plan_.options;
  if (const AverageSpec* const average = options.average_spec()) {
    const bool is_taken = average->takes(step(), steps_per_epoch_, total_steps_);
    const double share = is_taken ? average->share(progress_.averaged) : 0.0;
    if (is_taken) move_average<T>(share, running_.params, averaged_.params);
    if (average->statistics() == AveragedStatistics::kLast || progress_.averaged == 0)
      averaged_.state = running_.state;
    else if (is_taken)
      average_statistics(share);
    if (is_taken) progress_.averaged += 1;
  }
  if (!at_epoch_end()) return;
  const auto score = [&](const MonitorOptions& monitor) {
    const bool is_accuracy = monitor.metric == MonitorOptions::Metric::kAccuracy;
    if (monitor.split == data::SplitName::kTrain) return is_accuracy ? -progress_.totals.accuracy() : progress_.totals.loss();
    return falling_score(monitor, *plan_.network, running_, *plan_.data, plan_.loss);
  };
  if (plateau_) progress_.plateau.add(*plateau_, score(plateau_->monitor));
  if (!options.early_stopping.patience) return;
  progress_.stopping.add(options.early_stopping, (step() + steps_per_epoch_ - 1) / steps_per_epoch_, score(options.early_stopping.monitor));
  if (progress_.stopping.is_best && !best_.params.empty()) best_ = running_;
}

/// Averages the moving statistics, but not the counts of their updates.
template <class T>
void Trainer<T>::average_statistics(double share) {
  move_average<T>(share, running_.state, averaged_.state);
  for (const nn::Normalization& norm : plan_.network->layout().normalizations) {
    if (!norm.updates) continue;
    const auto at = static_cast<std::size_t>(norm.updates->offset);
    averaged_.state[at] = running_.state[at];
  }
}

template <class T>
const nn::Model<T>& Trainer<T>::model() const {
  if (done() && !best_.params.empty() && progress_.stopping.seen > 0) return best_;
  return progress_.averaged > 0 ? averaged_ : running_;
}

template <class T>
std::size_t Trainer<T>::kept_count() const {
  return averaged_.params.size() + averaged_.state.size() + best_.params.size() + best_.state.size();
}

template <class T>
TrainerState<T> Trainer<T>::state() const {
  TrainerState<T> state{progress_, running_, slots_, {}};
  state.kept.reserve(kept_count());
  for (const Buffer<T>* const part : {&averaged_.params, &averaged_.state, &best_.params, &best_.state})
    state.kept.insert(state.kept.end(), part->begin(), part->end());
  return state;
}

template <class T>
void Trainer<T>::restore(const TrainerState<T>& state) {
  const bool fits = state.progress.step >= 0 && state.progress.step <= total_steps_ && state.slots.size() == slots_.size() &&
                    state.kept.size() == kept_count() && state.model.params.size() == running_.params.size() &&
                    state.model.state.size() == running_.state.size();
  if (!fits)
    throw Error(ExitCode::kDamaged,
                Problem{"", "this training state belongs to another network or optimizer, or to a longer training", ""});
  progress_ = state.progress;
  // Copies into the existing buffers, because the fused update keeps views of them.
  std::copy(state.model.params.begin(), state.model.params.end(), running_.params.begin());
  std::copy(state.model.state.begin(), state.model.state.end(), running_.state.begin());
  std::copy(state.slots.begin(), state.slots.end(), slots_.begin());
  auto next = state.kept.begin();
  for (const std::span<T> part :
       {std::span<T>(averaged_.params), std::span<T>(averaged_.state), std::span<T>(best_.params), std::span<T>(best_.state)}) {
    std::copy_n(next, part.size(), part.begin());
    next += static_cast<std::ptrdiff_t>(part.size());
  }
  // Starts the epoch that the last step belonged to.  If that step was the epoch's last, the next step itself starts the next epoch.
  if (batches_ && step() > 0 && !done()) batches_->start_epoch((step() - 1) / steps_per_epoch_);
}

template <class T>
void Trainer<T>::check_loss(Index step) const {
  if (std::isfinite(last_loss())) return;
  const std::string what = std::isnan(last_loss()) ? "the loss is nan" : "the loss is infinite";
  throw Diverged(step, what, first_non_finite(*plan_.network, running_, gradient_->record(), gradient_->logits_boundary()));
}

template <class T>
void Trainer<T>::check_model() const {
  if (all_finite<T>(running_.params) && all_finite<T>(running_.state)) return;
  throw Diverged(step(), "a parameter or moving statistic is not finite",
                 first_non_finite(*plan_.network, running_, gradient_->record(), gradient_->logits_boundary()));
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace normrun::train
