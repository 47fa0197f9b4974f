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
#include "nn/layers/column_normalizer.hpp"
#include "nn/layers/layers.hpp"

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
        normalizer_(blueprint) {
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
    const T* gamma = affine_.gamma(call.params);
    const T* beta = affine_.beta(call.params);
    const bool by_batch = call.mode.statistics == Statistics::kBatch;
    const bool moves = call.mode.tracking == Tracking::kUpdate;
    Moments batch{};
    if (by_batch || moves) batch = normalizer_.batch_moments(call);
    const T* mean = by_batch ? batch.mean : call.state + moving_mean_.offset;
    const T* variance = by_batch ? batch.variance : call.state + moving_variance_.offset;
    normalizer_.normalize(call, mean, variance, epsilon_, gamma, beta);
    if (moves) move_statistics(batch, call.next_state);
  }

  void backward(const Backward<T>& call) const override {
    const auto sums = normalizer_.sums(call);
    if (T* dgamma = affine_.gamma(call.grads)) std::copy_n(sums.dy_x_hat, channels_, dgamma);
    if (T* dbeta = affine_.beta(call.grads)) std::copy_n(sums.dy, channels_, dbeta);
    if (call.dx.data != nullptr) normalizer_.input_gradient(call, sums, affine_.gamma(call.params));
  }

 private:
  using Moments = typename ColumnNormalizer<T>::Moments;

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
  Affine affine_;
  StateId moving_mean_;
  StateId moving_variance_;
  StateId updates_;  // one number
  ColumnNormalizer<T> normalizer_;
};

}  // namespace

FamilyMember batch() {
  return {"batch", "batch normalization: each channel by the batch while training, by moving averages afterwards",
          "Ioffe and Szegedy 2015, algorithm 1; Keras 3 BatchNormalization", [] { return std::make_shared<BatchNormSpec>(); }};
}

}  // namespace normrun::layers
