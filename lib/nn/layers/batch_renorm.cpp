// Batch renormalization is batch normalization whose training output is corrected toward the output by the moving averages.
//
//   std = sqrt(var + epsilon) of the batch;  x_hat = (x - mean) / std;  x: (rows, channels), rows = examples * positions
//   r = std / renorm_stddev clipped to [rmin, rmax],  d = (mean - renorm_mean) / renorm_stddev clipped to [-dmax, dmax]
//   y = gamma (r x_hat + d) + beta;  for the gradient, r and d are constants
//   statistics kBatch:   as above; dx is that of batch normalization with gamma r in place of gamma
//   statistics kMoving:  y = gamma (x - moving_mean) / sqrt(moving_variance + epsilon) + beta, as in batch normalization
//   tracking kUpdate:    after y is computed, renorm_mean and renorm_stddev move to the batch's mean and std by renorm_momentum, and
//                        moving_mean and moving_stddev by momentum; then moving_variance = max(moving_stddev^2 - epsilon, 0)
//   tracking kFreeze:    nothing moves
// The layer does not read whether the mode drops.
// Replicas may average their moving statistics (`sync`).  As in Keras, each variable is averaged by itself, moving_stddev as well as
// moving_variance.  The variance is then above moving_stddev^2 - epsilon by the variance of the replicas' deviations, times (1 -
// momentum)^2.
// The momenta weigh the old value.  During the first `warmup_updates` updates r = 1 and d = 0, so the layer is plain batch normalization.
//
// Source: Ioffe 2017, algorithm 1 (its sigma has no epsilon; its momentum alpha = 1 - momentum); Keras 3.15
// BatchNormalization(renorm=True), whose renorm_clipping holds rmax, rmin and dmax, and which has no warm-up.
#include <algorithm>
#include <cmath>
#include <limits>

#include "nn/layers/affine.hpp"
#include "nn/layers/column_normalizer.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/valid_prefix.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class BatchRenorm;

class BatchRenormSpec final : public SpecOf<BatchRenormSpec, BatchRenorm> {
 public:
  double momentum = 0.99;
  double epsilon = 1e-3;
  double renorm_momentum = 0.99;
  std::optional<double> rmax;
  std::optional<double> rmin;
  std::optional<double> dmax;
  Index warmup_updates = 0;
  double initial_mean = 0.0;
  double initial_variance = 1.0;
  PaddedSteps padded_steps = PaddedSteps::kLeftOut;
  AffineOptions affine;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number({"momentum", "weight of the old value in the moving averages, by which eval mode normalizes"}, momentum,
                   config::between(0.0, 1.0));
    visitor.number({"epsilon", "added to the variance"}, epsilon, config::at_least(0.0));
    visitor.number({"renorm_momentum", "weight of the old value in the averages that correct train mode"}, renorm_momentum,
                   config::between(0.0, 1.0));
    visitor.number({"rmax", "upper bound of r; null: no bound"}, rmax, config::at_least(0.0));
    visitor.number({"rmin", "lower bound of r; null: 0"}, rmin, config::at_least(0.0));
    visitor.number({"dmax", "bound of the size of d; null: no bound"}, dmax, config::at_least(0.0));
    visitor.require(rmin.value_or(0.0) <= rmax.value_or(std::numeric_limits<double>::infinity()), "rmin", "rmin is at most rmax");
    visitor.integer({"warmup_updates", "during so many first updates r = 1 and d = 0, which is plain batch normalization"}, warmup_updates,
                    {0, Index{1} << 24});
    visitor.number({"initial_mean", "moving_mean and renorm_mean before the first update"}, initial_mean, config::any_number());
    visitor.number({"initial_variance", "moving_variance, and the squares of moving_stddev and renorm_stddev, before the first update"},
                   initial_variance, config::at_least(0.0));
    describe_padded_steps(visitor, padded_steps);
    affine.describe(visitor);
  }
};

template <class T>
class BatchRenorm final : public Layer<T> {
 public:
  BatchRenorm(const BatchRenormSpec& spec, Blueprint& blueprint)
      : channels_(blueprint.channels()),
        momentum_(static_cast<T>(blueprint.momentum(spec.momentum))),
        renorm_momentum_(static_cast<T>(spec.renorm_momentum)),
        epsilon_(static_cast<T>(spec.epsilon)),
        rmin_(static_cast<T>(spec.rmin.value_or(0.0))),
        rmax_(static_cast<T>(spec.rmax.value_or(std::numeric_limits<double>::infinity()))),
        dmax_(static_cast<T>(spec.dmax.value_or(std::numeric_limits<double>::infinity()))),
        warmup_updates_(static_cast<T>(spec.warmup_updates)),
        affine_(spec.affine, blueprint, {channels_}),
        moving_mean_(blueprint.state("moving_mean", {channels_}, spec.initial_mean)),
        moving_variance_(blueprint.state("moving_variance", {channels_}, spec.initial_variance)),
        moving_stddev_(blueprint.state("moving_stddev", {channels_}, std::sqrt(spec.initial_variance))),
        renorm_mean_(blueprint.state("renorm_mean", {channels_}, spec.initial_mean)),
        renorm_stddev_(blueprint.state("renorm_stddev", {channels_}, std::sqrt(spec.initial_variance))),
        updates_(blueprint.state("updates", {1}, 0.0)),
        r_(blueprint.per_call(channels_)),
        d_(blueprint.per_call(channels_)),
        gamma_r_(blueprint.per_call(channels_)),
        offset_(blueprint.per_call(channels_)),
        normalizer_(blueprint, spec.padded_steps) {
    blueprint.normalization({.type = "batch_renorm",
                             .features = channels_,
                             .epsilon = spec.epsilon,
                             .momentum = blueprint.momentum(spec.momentum),
                             .variance_rule = MovingVariance::kFromDeviation,
                             .padded_steps = spec.padded_steps,
                             .gamma = affine_.gamma_id(),
                             .beta = affine_.beta_id(),
                             .moving_mean = moving_mean_,
                             .moving_variance = moving_variance_,
                             .moving_deviation = moving_stddev_,
                             .updates = updates_});
  }

  void forward(const Forward<T>& call) const override {
    const bool by_batch = call.mode.statistics == Statistics::kBatch;
    const bool moves = call.mode.tracking == Tracking::kUpdate;
    Moments batch{};
    if (by_batch || moves) batch = normalizer_.batch_moments(call);
    if (by_batch) {
      correct(call, batch);
      normalizer_.normalize(call, batch.mean, batch.variance, epsilon_, call.caches[gamma_r_], call.caches[offset_]);
    } else {
      normalizer_.normalize(call, call.state + moving_mean_.offset, call.state + moving_variance_.offset, epsilon_,
                            affine_.gamma(call.params), affine_.beta(call.params));
    }
    if (moves) move_statistics(batch, call.next_state);
  }

  void backward(const Backward<T>& call) const override {
    const bool by_batch = call.mode.statistics == Statistics::kBatch;
    const auto sums = normalizer_.sums(call);
    const T* r = call.caches[r_];
    const T* d = call.caches[d_];
    if (T* dgamma = affine_.gamma(call.grads)) {
      for (Index c = 0; c < channels_; ++c) dgamma[c] = by_batch ? std::fma(r[c], sums.dy_x_hat[c], d[c] * sums.dy[c]) : sums.dy_x_hat[c];
    }
    if (T* dbeta = affine_.beta(call.grads)) std::copy_n(sums.dy, channels_, dbeta);
    if (call.dx.data == nullptr) return;
    normalizer_.input_gradient(call, sums, by_batch ? call.caches[gamma_r_] : affine_.gamma(call.params));
  }
  LayerTraits traits() const override { return {.is_mode_free = false}; }

 private:
  using Moments = typename ColumnNormalizer<T>::Moments;

  /// Computes r and d of this batch, and gamma_r = gamma r and offset = gamma d + beta, so that y = gamma_r x_hat + offset.
  void correct(const Forward<T>& call, const Moments& batch) const {
    const bool warm = call.state[updates_.offset] >= warmup_updates_;
    const T* gamma = affine_.gamma(call.params);
    const T* beta = affine_.beta(call.params);
    for (Index c = 0; c < channels_; ++c) {
      const T stddev = std::sqrt(batch.variance[c] + epsilon_);
      const T renorm_stddev =
          std::max(call.state[renorm_stddev_.offset + c], std::sqrt(epsilon_));  // as in Keras, so that nothing is divided by 0
      const T shift = batch.mean[c] - call.state[renorm_mean_.offset + c];
      const T r = warm ? std::min(std::max(stddev / renorm_stddev, rmin_), rmax_) : T{1};
      const T d = warm ? std::clamp(shift / renorm_stddev, -dmax_, dmax_) : T{0};
      call.caches[r_][c] = r;
      call.caches[d_][c] = d;
      call.caches[gamma_r_][c] = gamma != nullptr ? gamma[c] * r : r;
      call.caches[offset_][c] = std::fma(gamma != nullptr ? gamma[c] : T{1}, d, beta != nullptr ? beta[c] : T{0});
    }
  }

  void move_statistics(const Moments& batch, T* next_state) const {
    next_state[updates_.offset] += T{1};
    T* stddev = batch.variance;
    for (Index c = 0; c < channels_; ++c) stddev[c] = std::sqrt(batch.variance[c] + epsilon_);
    kernels::blend<T>(renorm_momentum_, batch.mean, next_state + renorm_mean_.offset, channels_);
    kernels::blend<T>(renorm_momentum_, stddev, next_state + renorm_stddev_.offset, channels_);
    kernels::blend<T>(momentum_, batch.mean, next_state + moving_mean_.offset, channels_);
    kernels::blend<T>(momentum_, stddev, next_state + moving_stddev_.offset, channels_);
    for (Index c = 0; c < channels_; ++c) {
      const T moving = next_state[moving_stddev_.offset + c];
      next_state[moving_variance_.offset + c] = std::max(std::fma(moving, moving, -epsilon_), T{0});
    }
  }

  Index channels_;
  T momentum_;
  T renorm_momentum_;
  T epsilon_;
  T rmin_;
  T rmax_;
  T dmax_;
  T warmup_updates_;
  GammaAndBeta affine_;
  StateId moving_mean_;
  StateId moving_variance_;
  StateId moving_stddev_;
  StateId renorm_mean_;
  StateId renorm_stddev_;
  StateId updates_;  // the count of updates: one number
  CacheId r_;        // (channels), as all caches below
  CacheId d_;
  CacheId gamma_r_;
  CacheId offset_;
  ColumnNormalizer<T> normalizer_;
};

}  // namespace

config::FamilyMember batch_renorm() {
  return {"batch_renorm", "batch renormalization: the batch's statistics, corrected toward the moving ones while training",
          "Ioffe 2017, algorithm 1; Keras 3.15 BatchNormalization(renorm=True)", [] { return std::make_shared<BatchRenormSpec>(); }};
}

}  // namespace normrun::nn::layers
