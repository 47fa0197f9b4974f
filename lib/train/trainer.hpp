#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/batches.hpp"
#include "data/dataset.hpp"
#include "nn/losses.hpp"
#include "nn/model.hpp"
#include "train/batch_gradient.hpp"
#include "train/clients.hpp"
#include "train/divergence.hpp"
#include "train/fused_update.hpp"
#include "train/initial_weights.hpp"
#include "train/train_options.hpp"

namespace normrun::train {

/// Sums over the steps of the present epoch, as each step measured them in its own mode.
struct StepTotals {
  double loss_sum = 0.0;  // the sum of each batch's mean loss times its targets; the mean is weighted if the targets have weights
  Index correct = 0;      // how many predictions were right
  Index samples = 0;      // how many targets there were: rows, or positions that count
  Index steps = 0;
  double loss() const { return samples > 0 ? loss_sum / static_cast<double>(samples) : 0.0; }
  double accuracy() const { return samples > 0 ? static_cast<double>(correct) / static_cast<double>(samples) : 0.0; }
};

/// Everything that determines a training run.  All pointers must outlive the trainer and must not be null.
template <class T>
struct TrainingPlan {
  const nn::Network<T>* network = nullptr;
  const data::Dataset<T>* data = nullptr;
  const TrainOptions* options = nullptr;
  const data::Batching* batching = nullptr;
  nn::LossKind loss = nn::LossKind::kMse;
  std::uint64_t seed = 0;
  std::string folder;         // the paths of init_from and batch_order are relative to it
  nn::SweptNorms norms = {};  // the swept normalizations of the sweep to which the run belongs
};

/// The progress of a training: everything that changes but its weights.
struct TrainerProgress {
  Index step = 0;
  double last_loss = 0.0;
  StepTotals totals;
  PlateauState plateau;
  StoppingState stopping;
  Index averaged = 0;  // how many weights the average holds
};

/// Everything that advance() changes, so a checkpoint must hold all of it.
template <class T>
struct TrainerState {
  TrainerProgress progress;
  nn::Model<T> model;
  Buffer<T> slots;  // the optimizer's slots
  Buffer<T> kept;   // the averaged weights, the weights of the best epoch and the clients' own ones, if the options ask for them
};

/// Trains one network, one step at a call.  Training is a pure function of the plan: pausing between steps, comparing modes or saving the
/// model never changes what follows.
template <class T>
class Trainer {
 public:
  /// Throws Error(kUsage) if network, data and options do not fit each other, or if a file that init_from or batch_order names is missing
  /// or does not fit.  Throws Error(kDamaged) if such a file is not in its format.
  explicit Trainer(const TrainingPlan<T>& plan);

  Index total_steps() const { return total_steps_; }
  Index steps_per_epoch() const { return steps_per_epoch_; }
  Index step() const { return progress_.step; }  // steps done so far
  /// Returns the number of complete epochs.  With `resample` data the whole training is one epoch.
  Index epoch() const { return steps_per_epoch_ > 0 ? step() / steps_per_epoch_ : 0; }
  bool done() const { return step() == total_steps_ || progress_.stopping.stops; }
  /// Whether the last step completed an epoch or the training.
  bool at_epoch_end() const { return step() > 0 && (step() % steps_per_epoch_ == 0 || done()); }

  /// Does one step: gather, forward, loss, backward, update.  Allocates nothing, except at the end of an epoch whose score is followed.
  /// Throws Diverged if the loss is no longer finite, and, at the end of an epoch or of the training, if a parameter or a moving statistic
  /// is no longer finite.  Must not be called once done() is true.
  void advance();

  /// Returns the state between two steps.  If another trainer of the same plan restores this state, it continues exactly as this trainer
  /// would.
  TrainerState<T> state() const;
  /// Throws Error(kDamaged) if the state does not fit this trainer's network, optimizer or length.
  void restore(const TrainerState<T>& state);
  std::size_t slot_count() const { return slots_.size(); }
  std::size_t kept_count() const { return kept_count_; }

  /// Returns the network that the training would hand over now: the averaged network, the one of the best epoch, or the running one.
  const nn::Model<T>& model() const;
  /// Returns the network that the steps change.
  const nn::Model<T>& running_model() const { return running_; }
  /// Returns the learning rate of the next step.
  double learning_rate() const;
  double last_loss() const { return progress_.last_loss; }
  const StepTotals& epoch_totals() const {
    return progress_.totals;
  }  // the sums of the present epoch, or of the epoch that the last step completed

 private:
  void plan_length();
  void allocate();
  /// Returns the number of the phase that the next step belongs to.
  std::size_t phase_of_step() const;
  /// Prepares the next steps for this phase.
  void enter_phase(std::size_t phase);
  const Phase& phase() const { return phases_[phase_]; }
  /// Returns the network with what the present phase changes about it.
  const nn::Network<T>& network() const { return changed_ != nullptr ? *changed_ : *plan_.network; }
  /// Puts the rows of the next step into the batch buffers and returns how many there are.
  Index take_batch();
  Index take_other_rows();
  void gather(const data::Split<T>& split, std::span<const Index> rows, std::span<const Index> next_rows);
  /// One step of the network, or of one client.  Its rows are in the batch buffers.
  struct Pass {
    std::span<T> params;
    std::span<T> state;
    std::span<T> slots;
    std::uint64_t seed = 0;  // selects the dropout
    Index rows = 0;
    TrainingStep step;
  };
  void run(const Pass& pass);
  void run_clients();
  /// Calls visit for the buffers in TrainerState::kept.
  template <class Self, class Visit>
  static void each_kept(Self& self, const Visit& visit);
  OptimizerBuffers<T> optimizer_buffers() { return {.params = running_.params, .grads = gradient_->gradient(), .slots = slots_}; }
  /// Adds the weights after a step to the average and follows the scores of an epoch, if the options ask for it.
  void follow();
  void average_statistics(double share);
  /// Multiplies the weights of the first `rows` rows in the batch by the weights of their classes.
  void weigh_classes(Index rows);
  void update(const Pass& pass);
  void check_loss(Index step) const;
  void check_model() const;

  TrainingPlan<T> plan_;
  data::BatchSizes sizes_;                // of the steps
  std::optional<data::Batches> batches_;  // empty if every step draws fresh rows
  Index order_epoch_ = 0;                 // the epoch whose order batches_ holds
  std::optional<data::Batches> others_;   // the batches of the phase, if its rows are not those of training
  Index others_epoch_ = 0;
  std::vector<Phase> phases_;
  std::size_t phase_ = 0;
  std::unique_ptr<const nn::Network<T>> changed_;  // null: the phase changes nothing about the network
  nn::Model<T> running_;
  nn::Model<T> averaged_;  // empty unless the options average weights
  nn::Model<T> best_;      // empty unless the options restore the weights of the best epoch
  Buffer<T> slots_;
  std::optional<Clients<T>> clients_;
  std::vector<Index> client_rows_;
  std::optional<BatchGradient<T>> gradient_;
  data::Split<T> batch_;  // the rows of the present step; the targets are zeros if the data has neither classes nor targets
  std::unique_ptr<const Optimizer<T>> optimizer_;
  std::vector<ParamRange> decays_;
  std::vector<ParamRange> frozen_;
  std::optional<PlateauOptions> plateau_;
  std::unique_ptr<FusedUpdate<T>> fused_;  // null: the optimizer updates everything after the backward pass
  Index steps_per_epoch_ = 0;
  Index total_steps_ = 0;
  std::size_t kept_count_ = 0;
  TrainerProgress progress_;
};

}  // namespace normrun::train
