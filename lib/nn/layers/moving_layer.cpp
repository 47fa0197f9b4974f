// Layer normalization with moving averages.  It is the custom layer in example 3 of *How does layer normalization behave differently during
// training and evaluation in TensorFlow/Keras?*, repaired so that it runs.
//
//   mean, var of each row are over its channels; var = biased variance + epsilon, so the stored variance includes epsilon
//   x_hat = (x - mean) / sqrt(var),  y = gamma x_hat + beta;  gamma, beta, moving_mean, moving_variance: one number each
//   statistics kBatch:   mean, var of the row itself normalize, and dx = gamma inv_std (dy - mean(dy) - x_hat mean(dy x_hat))
//   statistics kMoving:  the two moving numbers normalize every row, and dx = dy gamma inv_std
//   tracking kUpdate:    moving = momentum moving + (1 - momentum) mean over the rows of the batch (the document's rate 0.01 is
//                        1 - momentum); with kMoving the old averages normalize, and the batch's statistics still move them
//   tracking kFreeze:    the moving averages stay as they are
// The layer does not read whether the mode drops.
//
// As printed, the layer fails in training, because it assigns statistics of shape (rows, 1) to weights of shape ().  The repair assigns
// their mean over the rows.  The layer shows how far two modes can differ: train mode is layer normalization, and eval mode is not close to
// it.  In padded sequences every step counts in the averages, as in Keras's layer normalization.  With "padded_steps": "left-out" only the
// valid steps count, and a batch without any leaves the averages as they are.
#include <algorithm>
#include <cmath>

#include "nn/layers/affine.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class MovingLayerNorm;

class MovingLayerNormSpec final : public SpecOf<MovingLayerNormSpec, MovingLayerNorm> {
 public:
  double momentum = 0.99;
  double epsilon = 1e-8;
  PaddedSteps padded_steps = PaddedSteps::kCounted;
  AffineOptions affine;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number({"momentum", "weight of the old value in the moving averages"}, momentum, config::between(0.0, 1.0));
    visitor.number({"epsilon", "added to the variance, also to the one that the moving average stores"}, epsilon, config::at_least(0.0));
    visitor.choice({"padded_steps", "whether the padded steps of sequences count in the moving averages, or are left out"}, padded_steps,
                   {{"left-out", PaddedSteps::kLeftOut}, {"counted", PaddedSteps::kCounted}});
    affine.describe(visitor);
  }
};

template <class T>
class MovingLayerNorm final : public Layer<T> {
 public:
  MovingLayerNorm(const MovingLayerNormSpec& spec, Blueprint& blueprint)
      : channels_(blueprint.channels()),
        momentum_(static_cast<T>(blueprint.momentum(spec.momentum))),
        epsilon_(static_cast<T>(spec.epsilon)),
        leaves_out_(blueprint.input().rank() == 2 && spec.padded_steps == PaddedSteps::kLeftOut),
        affine_(spec.affine, blueprint, {1}),
        moving_mean_(blueprint.state("moving_mean", {1}, 0.0)),
        moving_variance_(blueprint.state("moving_variance", {1}, 1.0)),
        updates_(blueprint.state("updates", {1}, 0.0)),
        mean_(blueprint.per_example(blueprint.input().positions())),
        variance_(blueprint.per_example(blueprint.input().positions())),
        inv_std_(blueprint.per_example(blueprint.input().positions())),
        x_hat_(blueprint.per_example(blueprint.input().size())),
        gamma_(blueprint.per_call(channels_)),
        beta_(blueprint.per_call(channels_)) {
    blueprint.normalization({.type = "moving_layer",
                             .features = channels_,
                             .epsilon = spec.epsilon,
                             .momentum = blueprint.momentum(spec.momentum),
                             .padded_steps = blueprint.input().rank() == 2 ? spec.padded_steps : PaddedSteps::kLeftOut});
  }

  void forward(const Forward<T>& call) const override {
    const Index rows = call.x.rows;
    T* mean = call.caches[mean_];
    T* variance = call.caches[variance_];
    T* inv_std = call.caches[inv_std_];
    const bool by_batch = call.mode.statistics == Statistics::kBatch;
    const bool moves = call.mode.tracking == Tracking::kUpdate;
    const T moving_mean = call.state[moving_mean_.offset];
    const T moving_inv_std = T{1} / std::sqrt(call.state[moving_variance_.offset]);
    if (by_batch || moves) {
      kernels::row_moments<T>(call.x, mean, variance);
      for (Index r = 0; r < rows; ++r) variance[r] += epsilon_;
    }
    if (moves) move_statistics(call, mean, variance);
    if (by_batch) {
      kernels::inverse_std<T>(variance, T{0}, inv_std, rows);
    } else {
      std::fill_n(mean, rows, moving_mean);
      std::fill_n(inv_std, rows, moving_inv_std);
    }
    kernels::normalize_rows<T>(
        {call.x, mean, inv_std},
        {repeated(affine_.gamma(call.params), call.caches[gamma_]), repeated(affine_.beta(call.params), call.caches[beta_])},
        call.caches[x_hat_], call.y);
  }

  void backward(const Backward<T>& call) const override {
    const ConstView<T> x_hat(call.caches[x_hat_], call.x.rows, channels_);
    const T* inv_std = call.caches[inv_std_];
    T* by_channel = call.caches[beta_];  // reuses the cache, whose numbers nobody needs any more
    if (T* dgamma = affine_.gamma(call.grads)) {
      kernels::column_dots<T>(call.dy, x_hat, by_channel);
      *dgamma = sum(by_channel);
    }
    if (T* dbeta = affine_.beta(call.grads)) {
      kernels::column_sums<T>(call.dy, by_channel);
      *dbeta = sum(by_channel);
    }
    if (call.dx.data == nullptr) return;
    const T* gamma = repeated(affine_.gamma(call.params), call.caches[gamma_]);
    if (call.mode.statistics == Statistics::kBatch) {
      kernels::normalize_rows_backward<T>(x_hat, call.dy, gamma, inv_std, call.dx);
    } else if (call.examples > 0) {
      kernels::scale<T>(call.dy.data, gamma != nullptr ? gamma[0] * inv_std[0] : inv_std[0], call.dx.data, call.dy.size());
    }
  }
  LayerTraits traits() const override { return {.is_mode_free = false}; }

 private:
  /// Repeats one number for every channel, in `room`.  Null stays null.
  const T* repeated(const T* number, T* room) const {
    if (number == nullptr) return nullptr;
    std::fill_n(room, channels_, *number);
    return room;
  }
  T sum(const T* by_channel) const {
    T total = 0;
    for (Index c = 0; c < channels_; ++c) total += by_channel[c];
    return total;
  }

  void move_statistics(const Forward<T>& call, const T* mean, const T* variance) const {
    move(call, mean, moving_mean_);
    move(call, variance, moving_variance_);
    call.next_state[updates_.offset] += T{1};
  }
  /// Moves an average toward the mean of `of_rows`, which has one number for each row, over the rows that count.
  void move(const Forward<T>& call, const T* of_rows, const StateId& average) const {
    Index count = call.x.rows;
    if (leaves_out_ && call.lengths != nullptr) {
      T* const valid = call.caches[inv_std_];  // reuses the cache, because inv_std is computed afterwards
      T* end = valid;
      const Index steps = call.x.rows / std::max<Index>(call.examples, 1);
      for (Index e = 0; e < call.examples; ++e) end = std::copy_n(of_rows + e * steps, call.lengths[e], end);
      count = end - valid;
      of_rows = valid;
    }
    if (count == 0) return;
    T mean = 0;
    kernels::column_moments<T>({of_rows, count, 1}, &mean, call.caches[beta_]);
    kernels::blend<T>(momentum_, &mean, call.next_state + average.offset, 1);
  }

  Index channels_;
  T momentum_;
  T epsilon_;
  bool leaves_out_;      // whether padded steps are left out, which only inputs (steps, channels) have
  GammaAndBeta affine_;  // gamma and beta: one number each
  StateId moving_mean_;  // one number, as moving_variance_
  StateId moving_variance_;
  StateId updates_;
  CacheId mean_;  // (rows), as all caches up to x_hat_
  CacheId variance_;
  CacheId inv_std_;
  CacheId x_hat_;  // (rows, channels)
  CacheId gamma_;  // gamma, repeated for every channel
  CacheId beta_;
};

}  // namespace

config::FamilyMember moving_layer() {
  return {"moving_layer", "layer normalization that in eval mode uses moving averages of its mean and variance, one number each",
          "How does layer normalization behave differently during training and evaluation in TensorFlow/Keras?, example 3, repaired",
          [] { return std::make_shared<MovingLayerNormSpec>(); }};
}

}  // namespace normrun::nn::layers
