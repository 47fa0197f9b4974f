#include "train/trainer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "files/input_file.hpp"
#include "statistics/gather.hpp"
#include "train/training_batches.hpp"
#include "train/unit_loss.hpp"

namespace normrun::train {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& hint) { throw Error(ExitCode::kUsage, Problem{"", what, hint}); }

}  // namespace

template <class T>
Trainer<T>::Trainer(const TrainingPlan<T>& plan)
    : plan_(plan), sizes_(plan.options->sizes()), optimizer_(plan.options->optimizer_spec().template make<T>()) {
  const nn::Network<T>& network = *plan_.network;
  if (network.input() != plan_.data->shape) {
    refuse("the network takes examples of shape " + network.input().text() + ", but the data has examples of shape " +
               plan_.data->shape.text(),
           "build the network for the shape of the data");
  }
  const Shape outputs = outputs_of_label(network.output(), plan_.data->label_shape);
  check_loss_fits(plan_.loss, outputs, plan_.data->classes, plan_.data->outputs);
  check_last_layers(plan_.loss, network, plan_.data->label_shape);
  check_division(*plan_.options);
  check_target_options(*plan_.options, plan_.loss, plan_.data->classes);
  check_monitors(*plan_.options, plan_.data->validation.samples(), plan_.data->test.samples(), plan_.data->classes);
  plan_length();
  if (plan_.options->schedule_spec() != nullptr) plateau_ = plan_.options->schedule_spec()->plateau();
  phases_ = phases_of(*plan_.options, steps_per_epoch_);
  progress_.plateau.learning_rate = phases_.front().learning_rate;
  running_ = initial_weights(network, *plan_.options, plan_.folder, plan_.seed, plan_.norms).model;
  allocate();
}

template <class T>
void Trainer<T>::plan_length() {
  const TrainOptions& options = *plan_.options;
  if (plan_.data->resample && !options.steps) refuse("data with \"resample\" has no epochs", "give \"train\": {\"steps\": …}");
  if (options.clients.count > 1) clients_.emplace(plan_);
  batches_ = training_batches(plan_);
  if (!batches_) {
    total_steps_ = steps_per_epoch_ = *options.steps;
    return;
  }
  steps_per_epoch_ = clients_ ? clients_->steps_per_epoch() : batches_->steps_per_epoch();
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
template <class Self, class Visit>
void Trainer<T>::each_kept(Self& self, const Visit& visit) {
  for (auto* const part : {&self.averaged_.params, &self.averaged_.state, &self.best_.params, &self.best_.state}) visit(*part);
  if (self.clients_) Clients<T>::each_buffer(*self.clients_, visit);
}

template <class T>
void Trainer<T>::allocate() {
  const data::Split<T>& train = plan_.data->train;
  const Index capacity = batches_ ? std::min(plan_.options->batch_size, train.samples()) : plan_.options->batch_size;
  if (plan_.options->average_spec() != nullptr) averaged_ = running_;
  if (plan_.options->early_stopping.patience && plan_.options->early_stopping.restore_best_weights) best_ = running_;
  const std::size_t slots = running_.params.size() * static_cast<std::size_t>(plan_.options->optimizer_spec().slot_count());
  if (clients_)
    clients_->allocate(running_, slots);
  else
    slots_.resize(slots);
  each_kept(*this, [this](const Buffer<T>& part) { kept_count_ += part.size(); });
  batch_ = empty_batch(*plan_.data, capacity, plan_.network->output().size());
  if (!plan_.options->class_weight.empty()) batch_.weights.assign(batch_.labels.size(), T{1});
  enter_phase(phase_of_step());
}

template <class T>
std::size_t Trainer<T>::phase_of_step() const {
  std::size_t last = 0;
  for (std::size_t i = 0; i < phases_.size(); ++i) last = phases_[i].first_step <= step() ? i : last;
  return last;
}

template <class T>
void Trainer<T>::enter_phase(std::size_t phase) {
  phase_ = phase;
  const nn::NetworkChange& change = phases_[phase].change;
  fused_.reset();
  gradient_.reset();
  changed_.reset();
  if (!change.frozen.empty() || change.momentum) changed_ = std::make_unique<const nn::Network<T>>(plan_.network->changed(change));
  decays_ = decay_ranges(network().layout(), plan_.options->optimizer_spec());
  frozen_ = frozen_ranges(network().layout());
  gradient_.emplace(network(), plan_.loss, plan_.options->division, batch_.samples());
  if (has_units(plan_.loss)) gradient_->count_in_units(plan_.data->target_scale);
  // The fused update would also move the slots of layers that a phase froze in mid-training.
  if (optimizer_->updates_kernels() && decays_.empty() && gradient_->is_one_pass() && !plan_.options->clip.clips() &&
      change.frozen.empty() && !clients_)
    fused_ = std::make_unique<FusedUpdate<T>>(*optimizer_, network().layout().params.size(), optimizer_buffers());
  others_.reset();
  if (phases_[phase].rows == data::SplitName::kTrain) return;
  const data::Split<T>& rows = plan_.data->split(phases_[phase].rows);
  if (rows.samples() == 0)
    refuse("a phase reads the " + std::string(data::split_text(phases_[phase].rows)) + " rows, but the data has none",
           "leave \"rows\" out");
  others_.emplace(data::Batching(), rows.samples(), std::vector<std::int32_t>(), 0,
                  sizes_.at_most(std::min(batch_.samples(), rows.samples())), plan_.seed);
  others_->start_epoch(0);
  others_epoch_ = 0;
}

template <class T>
Index Trainer<T>::take_batch() {
  const Index step_in_epoch = step() % steps_per_epoch_;
  if (step_in_epoch == 0) progress_.totals = {};
  if (others_) return take_other_rows();
  if (!batches_) {
    draw_batch(*plan_.data, step(), sizes_.at(step()), batch_);
    return sizes_.at(step());
  }
  if (step() / steps_per_epoch_ != order_epoch_) {
    order_epoch_ = step() / steps_per_epoch_;
    batches_->start_epoch(order_epoch_);
  }
  const std::span<const Index> rows = batches_->step(step_in_epoch);
  gather(plan_.data->train, rows, batches_->next_rows(step_in_epoch));
  return static_cast<Index>(rows.size());
}

template <class T>
Index Trainer<T>::take_other_rows() {
  const Index step_of_phase = step() - phase().first_step;
  const Index per_epoch = others_->steps_per_epoch();
  if (step_of_phase / per_epoch != others_epoch_) {
    others_epoch_ = step_of_phase / per_epoch;
    others_->start_epoch(others_epoch_);
  }
  const std::span<const Index> rows = others_->step(step_of_phase % per_epoch);
  gather(plan_.data->split(phase().rows), rows, others_->next_rows(step_of_phase % per_epoch));
  return static_cast<Index>(rows.size());
}

template <class T>
void Trainer<T>::gather(const data::Split<T>& split, std::span<const Index> rows, std::span<const Index> next_rows) {
  statistics::gather_rows<T>(split.features.view(), rows, batch_.features.view(), next_rows);
  if (!batch_.labels.empty()) statistics::gather_labels<std::int32_t>(split.labels, rows, batch_.positions(), batch_.labels.data());
  if (split.targets.rows() > 0) statistics::gather_rows<T>(split.targets.view(), rows, batch_.targets.view());
  if (!batch_.lengths.empty()) statistics::gather_numbers<Index>(split.lengths, rows, batch_.lengths.data());
  if (!split.weights.empty())
    statistics::gather_labels<T>(split.weights, rows, batch_.positions(), batch_.weights.data());
  else
    std::fill(batch_.weights.begin(), batch_.weights.end(), T{1});
}

template <class T>
void Trainer<T>::advance() {
  assert(!done());
  if (const std::size_t next = phase_of_step(); next != phase_) {
    enter_phase(next);
    if (phase().sets_learning_rate) progress_.plateau.learning_rate = phase().learning_rate;
  }
  if (clients_) {
    run_clients();
  } else {
    const Index rows = take_batch();
    const TrainingStep step{.number = this->step() + 1, .learning_rate = learning_rate()};
    run({.params = running_.params, .state = running_.state, .slots = slots_, .seed = plan_.seed, .rows = rows, .step = step});
  }
  progress_.step += 1;
  if (at_epoch_end()) check_model();
  follow();
}

template <class T>
void Trainer<T>::run(const Pass& pass) {
  weigh_classes(pass.rows);
  const std::int32_t* const labels = batch_.labels.empty() ? nullptr : batch_.labels.data();
  const Batch<T> batch{.x = batch_.features.view().slice(0, pass.rows),
                       .targets = {.labels = labels,
                                   .values = labels != nullptr ? View<T>() : batch_.targets.view().slice(0, pass.rows),
                                   .weights = batch_.weights.empty() ? nullptr : batch_.weights.data(),
                                   .positions = batch_.positions(),
                                   .smoothing = plan_.options->label_smoothing},
                       .lengths = batch_.lengths.empty() ? nullptr : batch_.lengths.data()};
  const nn::PassKey key{.seed = pass.seed, .step = static_cast<std::uint64_t>(step())};
  const Mode mode = step_mode(phase().forward_mode);
  const bool has_update = phase().update == StepUpdate::kAll;
  if (fused_ != nullptr && has_update) fused_->start(pass.step);
  const auto result = has_update ? gradient_->compute(mode, key, pass.params, pass.state, batch, fused_.get())
                                 : gradient_->move_statistics(mode, key, pass.params, pass.state, batch);
  progress_.last_loss = result.loss;
  check_loss(step() + 1);
  StepTotals& totals = progress_.totals;
  totals.loss_sum += result.unit_loss * static_cast<double>(result.counted);
  totals.correct += result.correct;
  totals.samples += result.counted;
  totals.steps += 1;
  if (has_update) update(pass);
}

/// Lets every client do one step.  The loss of the step is the last client's.
template <class T>
void Trainer<T>::run_clients() {
  if (step() % steps_per_epoch_ == 0) progress_.totals = {};
  if (clients_->starts_round(step())) clients_->start_round(running_);
  for (auto& client : clients_->all()) {
    clients_->take_rows(client, step(), client_rows_);
    gather(plan_.data->train, client_rows_, {});
    const TrainingStep step{.number = clients_->step_of_round(this->step()) + 1, .learning_rate = learning_rate()};
    run({.params = client.model.params,
         .state = client.model.state,
         .slots = client.slots,
         .seed = client.seed,
         .rows = std::ssize(client_rows_),
         .step = step});
  }
  if (clients_->starts_round(step() + 1) || step() + 1 == total_steps_) clients_->end_round(running_);
}

template <class T>
void Trainer<T>::weigh_classes(Index rows) {
  const std::vector<double>& weights = plan_.options->class_weight;
  if (weights.empty()) return;
  for (std::size_t r = 0; r < static_cast<std::size_t>(rows * batch_.positions()); ++r) {
    if (batch_.labels[r] == kNoLabel) continue;
    const T own = plan_.data->train.weights.empty() ? T{1} : batch_.weights[r];
    batch_.weights[r] = own * static_cast<T>(weights[static_cast<std::size_t>(batch_.labels[r])]);
  }
}

template <class T>
void Trainer<T>::update(const Pass& pass) {
  if (fused_ != nullptr) return fused_->finish();
  const ClipOptions& clip = plan_.options->clip;
  if (clip.clips()) clip_gradient<T>(clip, plan_.options->optimizer_spec().convention(), network().layout(), gradient_->gradient());
  const std::span<const T> gradient = gradient_->gradient();
  optimizer_->update({.params = pass.params, .grads = gradient, .slots = pass.slots}, pass.step, decays_, frozen_);
}

template <class T>
double Trainer<T>::learning_rate() const {
  const Phase& next = phases_[phase_of_step()];
  const ScheduleSpec* const schedule = plan_.options->schedule_spec();
  if (schedule == nullptr) return next.learning_rate;
  const bool is_new = next.sets_learning_rate && next.first_step == step();
  return schedule->rate(plateau_ && !is_new ? progress_.plateau.learning_rate : next.learning_rate,
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

/// Averages the moving statistics, but not the counts of updates.
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
TrainerState<T> Trainer<T>::state() const {
  TrainerState<T> state{progress_, running_, slots_, {}};
  state.kept.reserve(kept_count_);
  each_kept(*this, [&](const Buffer<T>& part) { state.kept.insert(state.kept.end(), part.begin(), part.end()); });
  return state;
}

template <class T>
void Trainer<T>::restore(const TrainerState<T>& state) {
  const bool fits = state.progress.step >= 0 && state.progress.step <= total_steps_ && state.slots.size() == slots_.size() &&
                    state.kept.size() == kept_count() && state.model.params.size() == running_.params.size() &&
                    state.model.state.size() == running_.state.size();
  if (!fits)
    throw Error(ExitCode::kDamaged, Problem{"", "this training state belongs to another network or optimizer, or to a longer training",
                                            "restore it with the config that wrote it, or start the training anew"});
  progress_ = state.progress;
  // The numbers are copied into the existing buffers, because the fused update keeps views of them.
  std::copy(state.model.params.begin(), state.model.params.end(), running_.params.begin());
  std::copy(state.model.state.begin(), state.model.state.end(), running_.state.begin());
  std::copy(state.slots.begin(), state.slots.end(), slots_.begin());
  auto next = state.kept.begin();
  each_kept(*this, [&](Buffer<T>& part) {
    std::copy_n(next, part.size(), part.begin());
    next += std::ssize(part);
  });
  enter_phase(phase_of_step());
  order_epoch_ = others_epoch_ = -1;  // the next step starts its epoch anew
  if (clients_)
    for (auto& client : clients_->all()) client.epoch = -1;
}

template <class T>
void Trainer<T>::check_loss(Index step) const {
  if (std::isfinite(last_loss())) return;
  const std::string what = std::isnan(last_loss()) ? "the loss is nan" : "the loss is infinite";
  throw Diverged(step, what, first_non_finite(network(), running_, gradient_->record(), gradient_->logits_boundary()));
}

template <class T>
void Trainer<T>::check_model() const {
  if (all_finite<T>(running_.params) && all_finite<T>(running_.state)) return;
  throw Diverged(step(), "a parameter or moving statistic is not finite",
                 first_non_finite(network(), running_, gradient_->record(), gradient_->logits_boundary()));
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace normrun::train
