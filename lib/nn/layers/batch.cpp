// Batch normalization: each channel by the mean and variance of the batch, or by their moving averages.
//
//   x_hat = (x - mean) / sqrt(var + epsilon),  y = gamma x_hat + beta;  x: (rows, channels), rows = examples * positions
//   statistics kBatch:   mean, var (biased) over the rows of this call, and
//                        dx = gamma inv_std / rows (rows dy - sum(dy) - x_hat sum(dy x_hat))
//   statistics kMoving:  mean, var are the moving averages, constants of this call, and dx = dy gamma inv_std
//   tracking kUpdate:    moving = momentum moving + (1 - momentum) batch, for the mean and the variance, after y is computed;
//                        with kMoving the old averages normalize while those of the batch are still averaged
//   tracking kFreeze:    the moving averages stay as they are.  Dropout is not read.
// Of padded sequences (steps, channels) only the valid steps are counted, but every one is normalized (valid_rows.hpp).
//
// Momentum weighs the old value.  Of the t-th update it is
//   exponential     momentum (Keras, PyTorch, flax)
//   cumulative      1 - 1 / t: the plain mean of all batches (PyTorch momentum=None)
//   bias-corrected  momentum (1 - momentum^(t-1)) / (1 - momentum^t): what an average that starts at 0 gives after its division
//                   by 1 - momentum^t (Kingma and Ba 2015, section 3), so the initial values have no weight
//
// Source: Ioffe and Szegedy 2015, algorithm 1; Keras 3 BatchNormalization, PyTorch 2 BatchNorm1d, flax 0.12 BatchNorm.
// A batch of one row is computed: its variance is 0 and its output beta (Keras; PyTorch refuses it).  The unbiased variance of
// one row does not exist: the moving variance then stays as it is while the mean moves.
#include <algorithm>

#include "core/elementary.hpp"
#include "nn/layers/affine.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/valid_rows.hpp"

namespace normrun::layers {
namespace {

enum class Preset { kKeras, kTorch, kFlax };
enum class MovingVariance { kBiased, kUnbiased };

template <class T>
class BatchNorm;

class BatchNormSpec final : public SpecOf<BatchNormSpec, BatchNorm> {
 public:
  Preset convention = Preset::kKeras;
  double momentum = 0.99;
  double epsilon = 1e-3;
  MovingVariance moving_variance = MovingVariance::kBiased;
  Average average = Average::kExponential;
  double initial_mean = 0.0;
  double initial_variance = 1.0;
  AffineOptions affine;

  void describe(OptionVisitor& visitor) override {
    describe_name(visitor);
    const Preset before = convention;
    visitor.choice({"convention", "whose defaults momentum, epsilon and moving_variance have: keras 0.99, 1e-3, biased; "
                                  "torch 0.9 (its momentum=0.1), 1e-5, unbiased; flax 0.99, 1e-5, biased"},
                   convention, {{"keras", Preset::kKeras}, {"torch", Preset::kTorch}, {"flax", Preset::kFlax}});
    if (convention != before) take_defaults();
    visitor.number({"momentum", "weight of the old value in the moving averages"}, momentum, between(0.0, 1.0));
    visitor.number({"epsilon", "added to the variance"}, epsilon, at_least(0.0));
    visitor.choice({"moving_variance", "which variance of the batch is averaged; it is always normalized by the biased one"}, moving_variance,
                   {{"biased", MovingVariance::kBiased}, {"unbiased", MovingVariance::kUnbiased}});
    visitor.choice({"average", "how the batches are averaged"}, average,
                   {{"exponential", Average::kExponential},
                    {"cumulative", Average::kCumulative},
                    {"bias-corrected", Average::kBiasCorrected}});
    visitor.number({"initial_mean", "the moving mean before the first update"}, initial_mean, any_number());
    visitor.number({"initial_variance", "the moving variance before the first update"}, initial_variance, at_least(0.0));
    affine.describe(visitor);
  }

 private:
  void take_defaults() {
    momentum = convention == Preset::kTorch ? 0.9 : 0.99;
    epsilon = convention == Preset::kKeras ? 1e-3 : 1e-5;
    moving_variance = convention == Preset::kTorch ? MovingVariance::kUnbiased : MovingVariance::kBiased;
  }
};

/// The weight of the old value in the update number `updates` (from 1).
double momentum_of_update(Average average, double momentum, double updates) {
  const bool plain_mean = average == Average::kCumulative || (average == Average::kBiasCorrected && momentum == 1.0);
  if (average == Average::kExponential) return momentum;
  if (plain_mean) return 1.0 - 1.0 / updates;
  const double before = math::power(momentum, static_cast<std::uint64_t>(updates) - 1);
  return momentum * (1.0 - before) / (1.0 - momentum * before);
}

template <class T>
class BatchNorm final : public Layer<T> {
 public:
  BatchNorm(const BatchNormSpec& spec, Blueprint& blueprint)
      : channels_(blueprint.channels()),
        momentum_(spec.momentum),
        epsilon_(static_cast<T>(spec.epsilon)),
        averaged_(spec.moving_variance),
        average_(spec.average),
        affine_(spec.affine, blueprint, {channels_}),
        moving_mean_(blueprint.state("moving_mean", {channels_}, spec.initial_mean)),
        moving_variance_(blueprint.state("moving_variance", {channels_}, spec.initial_variance)),
        updates_(blueprint.state("updates", {1}, 0.0)),
        mean_(blueprint.per_call(channels_)),
        inv_std_(blueprint.per_call(channels_)),
        batch_mean_(blueprint.per_call(channels_)),
        batch_variance_(blueprint.per_call(channels_)),
        sum_dy_(blueprint.per_call(channels_)),
        sum_dy_x_hat_(blueprint.per_call(channels_)),
        is_sequence_(blueprint.input().rank() == 2),
        packed_(blueprint.per_example(is_sequence_ ? blueprint.input().size() : 0)),
        x_hat_(blueprint.per_example(blueprint.input().size())) {
    blueprint.normalization({.type = "batch",
                             .features = channels_,
                             .epsilon = spec.epsilon,
                             .momentum = spec.momentum,
                             .average = spec.average,
                             .gamma = affine_.gamma_id(),
                             .beta = affine_.beta_id(),
                             .moving_mean = moving_mean_,
                             .moving_variance = moving_variance_,
                             .updates = updates_});
  }

  void forward(const Forward<T>& call) const override {
    T* mean = call.caches[mean_];
    T* inv_std = call.caches[inv_std_];
    T* batch_mean = call.caches[batch_mean_];
    T* batch_variance = call.caches[batch_variance_];
    const bool by_batch = call.mode.statistics == Statistics::kBatch;
    const bool moves = call.mode.tracking == Tracking::kUpdate;

    const Index counted = by_batch || moves ? batch_moments(call, batch_mean, batch_variance) : 0;
    const T* variance = by_batch ? batch_variance : call.state + moving_variance_.offset;
    std::copy_n(by_batch ? batch_mean : call.state + moving_mean_.offset, channels_, mean);
    kernels::inverse_std<T>(variance, epsilon_, inv_std, channels_);
    T* x_hat = by_batch ? call.caches[x_hat_] : nullptr;  // backward finds the other one again
    kernels::normalize_columns<T>(call.x, mean, inv_std, affine_.gamma(call.params), affine_.beta(call.params), x_hat, call.y);
    if (moves) move_statistics(counted, batch_mean, batch_variance, call.next_state);
  }

  void backward(const Backward<T>& call) const override {
    const T* inv_std = call.caches[inv_std_];
    const T* gamma = affine_.gamma(call.params);
    const View<T> x_hat(call.caches[x_hat_], call.x.rows, channels_);
    if (call.mode.statistics == Statistics::kMoving) {
      kernels::normalize_columns<T>(call.x, call.caches[mean_], inv_std, nullptr, nullptr, nullptr, x_hat);
    }
    T* sum_dy = call.caches[sum_dy_];
    T* sum_dy_x_hat = call.caches[sum_dy_x_hat_];
    kernels::column_sums<T>(call.dy, sum_dy);
    kernels::column_dots<T>(call.dy, x_hat, sum_dy_x_hat);
    if (T* dgamma = affine_.gamma(call.grads)) std::copy_n(sum_dy_x_hat, channels_, dgamma);
    if (T* dbeta = affine_.beta(call.grads)) std::copy_n(sum_dy, channels_, dbeta);
    if (call.dx.data == nullptr) return;
    T* factor = call.caches[batch_mean_];  // free by now
    if (call.mode.statistics == Statistics::kBatch && has_padding(call.lengths)) {
      normalize_valid_backward<T>({call.lengths, call.examples, x_hat, call.dy, gamma, call.caches[mean_], inv_std, sum_dy, sum_dy_x_hat,
                                   factor, call.dx});
    } else if (call.mode.statistics == Statistics::kBatch) {
      kernels::normalize_columns_backward<T>(x_hat, call.dy, gamma, inv_std, sum_dy, sum_dy_x_hat, call.dx);
    } else {
      for (Index c = 0; c < channels_; ++c) factor[c] = gamma != nullptr ? gamma[c] * inv_std[c] : inv_std[c];
      kernels::scale_columns<T>(call.dy, factor, call.dx);
    }
  }

 private:
  bool has_padding(const Index* lengths) const { return lengths != nullptr && is_sequence_; }

  /// Moments of the rows that count, and their number.
  Index batch_moments(const Forward<T>& call, T* mean, T* variance) const {
    if (has_padding(call.lengths)) {
      return valid_moments<T>(call.x, call.lengths, call.examples, call.caches[packed_], mean, variance).count;
    }
    kernels::column_moments<T>(call.x, mean, variance);
    return call.x.rows;
  }

  void move_statistics(Index rows, const T* batch_mean, T* batch_variance, T* next_state) const {
    T* updates = next_state + updates_.offset;
    *updates += T{1};
    const T momentum = static_cast<T>(momentum_of_update(average_, momentum_, static_cast<double>(*updates)));
    kernels::blend<T>(momentum, batch_mean, next_state + moving_mean_.offset, channels_);
    if (averaged_ == MovingVariance::kUnbiased) {
      if (rows < 2) return;
      kernels::scale<T>(batch_variance, static_cast<T>(rows) / static_cast<T>(rows - 1), batch_variance, channels_);
    }
    kernels::blend<T>(momentum, batch_variance, next_state + moving_variance_.offset, channels_);
  }

  Index channels_;
  double momentum_;
  T epsilon_;
  MovingVariance averaged_;
  Average average_;
  Affine affine_;
  StateId moving_mean_;
  StateId moving_variance_;
  StateId updates_;         // one number
  CacheId mean_;            // what normalized, (channels) each
  CacheId inv_std_;
  CacheId batch_mean_;
  CacheId batch_variance_;
  CacheId sum_dy_;
  CacheId sum_dy_x_hat_;
  bool is_sequence_;        // (steps, channels): the only shape that lengths speak of
  CacheId packed_;          // (rows, channels) of a sequence, its valid rows first
  CacheId x_hat_;           // (rows, channels)
};

}  // namespace

FamilyMember batch() {
  return {"batch", "batch normalization: each channel by the batch while training, by moving averages afterwards",
          "Ioffe and Szegedy 2015, algorithm 1; Keras 3 BatchNormalization", [] { return std::make_shared<BatchNormSpec>(); }};
}

}  // namespace normrun::layers
