// Batch normalization normalizes each channel by the mean and variance of the batch, or by their moving averages.
//
//   x_hat = (x - mean) / sqrt(var + epsilon),  y = gamma x_hat + beta;  x: (rows, channels), rows = examples * positions
//   statistics kBatch:   mean, var (biased) over the rows of this call, and
//                        dx = gamma inv_std / rows (rows dy - sum(dy) - x_hat sum(dy x_hat))
//   statistics kMoving:  mean, var are the moving averages, which are constants of this call, and dx = dy gamma inv_std
//   tracking kUpdate:    moving = momentum moving + (1 - momentum) batch, for the mean and the variance, after y is computed;
//                        with kMoving the old averages normalize, and the batch's statistics still move them
//   tracking kFreeze:    the moving averages stay as they are
// The layer does not read whether the mode drops.
// In padded sequences (steps, channels), only the valid steps are counted, but all steps are normalized (valid_rows.hpp).  With
// "padded_steps": "counted" all steps are counted, by the estimators of population statistics, too.  With "time": "per-step" each step has
// statistics of its own (batch_per_step.cpp).
//
// Ghost batches ("ghost_batch_size": g): the n examples of a call are divided into ceil(n / g) groups of consecutive examples, as equal as
// possible (even_part).  With statistics kBatch each group is normalized by its own mean and var, and dx follows from the group's rows.
// With tracking kUpdate each group moves the averages, one group after another, so one call counts as many updates as it has groups.  If
// replicas share their statistics, all of them are one batch, whose groups may cross the borders of replicas.
//
// Momentum weighs the old value.  In update number t its weight is
//   exponential     momentum (Keras, PyTorch, flax)
//   cumulative      1 - 1 / t, so the average is the plain mean of all batches (PyTorch momentum=None)
//   bias-corrected  momentum (1 - momentum^(t-1)) / (1 - momentum^t), so the average is one that started at 0 and was divided by
//                   1 - momentum^t (Kingma and Ba 2015, section 3), and the initial values have no weight
//
// "trainable": false freezes the parameters and the statistics (nn/frozen.hpp).
//
// Source: Ioffe and Szegedy 2015, algorithm 1; Keras 3 BatchNormalization, PyTorch 2 BatchNorm1d, flax 0.12 BatchNorm.  Ghost batches:
// Hoffer, Hubara and Soudry 2017, algorithm 1.
// A batch of one row is allowed: its variance is 0 and its output is beta (as in Keras; PyTorch refuses it).  It has no unbiased variance,
// so the moving variance then stays as it is while the moving mean moves.
#include "nn/layers/batch.hpp"

#include <algorithm>

#include "core/parts.hpp"
#include "nn/averages.hpp"
#include "nn/kernels/cells.hpp"
#include "nn/layers/column_normalizer.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class BatchNorm final : public Layer<T> {
 public:
  BatchNorm(const BatchOptions& spec, Blueprint& blueprint)
      : channels_(blueprint.channels()),
        momentum_(blueprint.momentum(spec.old_weight())),
        epsilon_(static_cast<T>(spec.epsilon)),
        averaged_(spec.moving_variance),
        average_(spec.average),
        most_together_(spec.most_together()),
        affine_(spec.affine, blueprint, {channels_}),
        moving_mean_(blueprint.state("moving_mean", {channels_}, spec.initial_mean)),
        moving_variance_(blueprint.state("moving_variance", {channels_}, spec.initial_variance)),
        updates_(blueprint.state("updates", {1}, 0.0)),
        normalizer_(blueprint, spec.padded_steps, most_together_ > 0 ? Normalizer::Calls::kSeveral : Normalizer::Calls::kOne) {
    blueprint.normalization({.type = "batch",
                             .features = channels_,
                             .epsilon = spec.epsilon,
                             .momentum = momentum_,
                             .average = spec.average,
                             .variance_rule = spec.moving_variance,
                             .padded_steps = spec.padded_steps,
                             .ghost_batch_size = most_together_,
                             .gamma = affine_.gamma_id(),
                             .beta = affine_.beta_id(),
                             .moving_mean = moving_mean_,
                             .moving_variance = moving_variance_,
                             .updates = updates_});
  }

  void forward(const Forward<T>& call) const override {
    const bool by_batch = call.mode.statistics == Statistics::kBatch;
    if (!by_batch) normalize(call, call.state + moving_mean_.offset, call.state + moving_variance_.offset);
    if (!by_batch && call.mode.tracking == Tracking::kFreeze) return;
    const Index groups = parts_of_at_most(call.examples, most_together_);
    for (Index i = 0; i < groups; ++i) forward_by_batch(groups > 1 ? group_of(call, groups, i) : call);
  }

  void backward(const Backward<T>& call) const override {
    const bool by_batch = call.mode.statistics == Statistics::kBatch;
    const Index groups = by_batch ? parts_of_at_most(call.examples, most_together_) : 1;
    for (Index i = 0; i < groups; ++i) backward_of_group(groups > 1 ? group_of(call, groups, i) : call, i);
  }
  LayerTraits traits() const override {
    const bool reads_dy_once = !normalizer_.leaves_out_padding();
    const bool sums_all_rows = reads_dy_once && most_together_ == 0;
    return {.may_write_dx_over_dy = reads_dy_once,
            .part_by_part = sums_all_rows ? PartByPart::kBackward : PartByPart::kNever,
            .is_mode_free = false};
  }

 private:
  using Normalizer = ColumnNormalizer<T>;
  using Moments = typename Normalizer::Moments;

  /// Returns the call for the examples of one group.
  static Forward<T> group_of(const Forward<T>& call, Index groups, Index i) {
    const Part examples = even_part(call.examples, groups, i);
    const Index positions = call.x.rows / call.examples;
    Forward<T> group = call;
    group.examples = examples.count;
    group.replicas = 1;
    group.lengths = call.lengths != nullptr ? call.lengths + examples.first : nullptr;
    group.x = call.x.slice(examples.first * positions, examples.count * positions);
    group.y = call.y.slice(examples.first * positions, examples.count * positions);
    group.caches.first += examples.first;
    return group;
  }
  static Backward<T> group_of(const Backward<T>& call, Index groups, Index i) {
    const Part examples = even_part(call.examples, groups, i);
    const Index positions = call.x.rows / call.examples;
    Backward<T> group = call;
    group.examples = examples.count;
    group.all = examples.count;
    group.lengths = call.lengths != nullptr ? call.lengths + examples.first : nullptr;
    group.x = call.x.slice(examples.first * positions, examples.count * positions);
    group.dy = call.dy.slice(examples.first * positions, examples.count * positions);
    if (call.dx.data != nullptr) group.dx = call.dx.slice(examples.first * positions, examples.count * positions);
    group.caches.first += examples.first;
    return group;
  }

  void normalize(const Forward<T>& call, const T* mean, const T* variance) const {
    normalizer_.normalize(call, mean, variance, epsilon_, affine_.gamma(call.params), affine_.beta(call.params));
  }

  /// Does what follows from the statistics of these examples: they normalize, or move the averages, or both.
  void forward_by_batch(const Forward<T>& call) const {
    const Moments batch = normalizer_.batch_moments(call);
    if (call.mode.statistics == Statistics::kBatch) normalize(call, batch.mean, batch.variance);
    if (call.mode.tracking == Tracking::kUpdate) move_statistics(batch, call.next_state);
  }

  /// Computes dx of group i.  Group 0 writes the gradients of gamma and beta, and the later groups add to them.
  void backward_of_group(const Backward<T>& call, Index i) const {
    const auto sums = normalizer_.sums(call);
    if (T* dgamma = affine_.gamma(call.grads)) add_sum(sums.dy_x_hat, i, dgamma);
    if (T* dbeta = affine_.beta(call.grads)) add_sum(sums.dy, i, dbeta);
    if (call.dx.data != nullptr) normalizer_.input_gradient(call, sums, affine_.gamma(call.params));
  }

  /// Adds the sum of group i to the sum of the groups before.
  void add_sum(const T* sum, Index i, T* total) const {
    if (i == 0)
      std::copy_n(sum, channels_, total);
    else
      kernels::add<T>(sum, total, channels_);
  }

  void move_statistics(const Moments& batch, T* next_state) const {
    T* updates = next_state + updates_.offset;
    *updates += T{1};
    const T momentum = static_cast<T>(momentum_of_update(average_, momentum_, static_cast<double>(*updates)));
    kernels::blend<T>(momentum, batch.mean, next_state + moving_mean_.offset, channels_);
    if (averaged_ == MovingVariance::kUnbiased) {
      if (batch.rows < 2) return;
      kernels::scale<T>(batch.variance, static_cast<T>(batch.rows) / static_cast<T>(batch.rows - 1), batch.variance, channels_);
    }
    kernels::blend<T>(momentum, batch.variance, next_state + moving_variance_.offset, channels_);
  }

  Index channels_;
  double momentum_;
  T epsilon_;
  MovingVariance averaged_;
  Average average_;
  Index most_together_;  // the most examples in a group; 0: all examples of a call
  GammaAndBeta affine_;
  StateId moving_mean_;
  StateId moving_variance_;
  StateId updates_;  // the count of updates: one number
  Normalizer normalizer_;
};

class BatchNormSpec final : public SpecWithFactory<BatchNormSpec> {
 public:
  BatchOptions options;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    options.describe(visitor);
  }
  template <class T>
  std::unique_ptr<const Layer<T>> make_layer(Blueprint& blueprint) const {
    if (options.time == Time::kPerStep) return make_batch_per_step<T>(options, blueprint);
    return std::make_unique<BatchNorm<T>>(options, blueprint);
  }
};

}  // namespace

config::FamilyMember batch() {
  return {"batch",
          "batch normalization: normalizes each channel by statistics of the batch while training, and by moving averages afterwards",
          "Ioffe and Szegedy 2015, algorithm 1; Keras 3 BatchNormalization", [] { return std::make_shared<BatchNormSpec>(); }};
}

}  // namespace normrun::nn::layers
