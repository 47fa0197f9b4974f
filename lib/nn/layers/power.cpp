// Power normalization divides each channel by the root of a running mean of its squares.  It subtracts no mean.
//
//   x_hat = x / sqrt(moving_square + epsilon),  y = gamma x_hat + beta;  x: (rows, channels), rows = examples * positions
//   tracking kUpdate:    moving_square = momentum moving_square + (1 - momentum) mean(x^2), after y is computed
// The number that divides is of the batches before, so y is the same in every mode, and an example's does not depend on its batch.
//
// Backward in train mode is the paper's approximation, and not the gradient of y as a function of this batch.  It takes account of how x
// moves the running mean by what gradients of earlier batches say of it, `moving_product`:
//   statistics kBatch:   dx = inv_std (gamma dy - moving_product x_hat), and with tracking kUpdate then
//     moving_product = moving_product (1 - (1 - m) mean(x_hat^2)) + (1 - m) mean(x_hat gamma dy), where m is "backward_momentum"
//   statistics kMoving:  dx = gamma dy inv_std, the gradient of y; moving_product stays
// dgamma = sum(dy x_hat) and dbeta = sum(dy) are those of y in every mode.
// Of padded sequences only the valid steps count in the running means, and only their dx has a part by moving_product; or all of them with
// "padded_steps": "counted".  A batch without any valid step leaves the running means as they are.
//
// Source: Shen, Yao, Gholami, Mahoney and Keutzer 2020, "PowerNorm: Rethinking Batch Normalization in Transformers", algorithm 2, where
// moving_square is psi^2 and moving_product is nu.  The authors' program also warms up and divides groups of channels by their own
// mean square first; this layer does neither.
#include <algorithm>

#include "nn/layers/affine.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class PowerNorm;

class PowerNormSpec final : public SpecOf<PowerNormSpec, PowerNorm> {
 public:
  double momentum = 0.9;
  double backward_momentum = 0.9;
  double epsilon = 1e-5;
  PaddedSteps padded_steps = PaddedSteps::kLeftOut;
  AffineOptions affine;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number({"momentum", "weight of the old value in the running mean of squares"}, momentum, config::between(0.0, 1.0));
    visitor.number({"backward_momentum", "the same of the running mean by which the backward pass corrects gradients"}, backward_momentum,
                   config::between(0.0, 1.0));
    visitor.number({"epsilon", "added to the mean square"}, epsilon, config::at_least(0.0));
    visitor.choice({"padded_steps", "of padded sequences: whether padded steps count in the running means, or are left out"}, padded_steps,
                   {{"left-out", PaddedSteps::kLeftOut}, {"counted", PaddedSteps::kCounted}});
    affine.describe(visitor);
  }
};

template <class T>
class PowerNorm final : public Layer<T> {
 public:
  PowerNorm(const PowerNormSpec& spec, Blueprint& blueprint)
      : channels_(blueprint.channels()),
        momentum_(static_cast<T>(blueprint.momentum(spec.momentum))),
        backward_momentum_(static_cast<T>(spec.backward_momentum)),
        epsilon_(static_cast<T>(spec.epsilon)),
        leaves_out_(blueprint.input().rank() == 2 && spec.padded_steps == PaddedSteps::kLeftOut),
        affine_(spec.affine, blueprint, {channels_}),
        moving_square_(blueprint.state("moving_square", {channels_}, 1.0)),
        moving_product_(blueprint.state("moving_product", {channels_}, 0.0)),
        zeros_(blueprint.per_call(channels_)),
        inv_std_(blueprint.per_call(channels_)),
        square_(blueprint.per_call(channels_)),
        product_(blueprint.per_call(channels_)),
        sums_(blueprint.per_call(channels_)) {
    blueprint.normalization({.type = "power",
                             .features = channels_,
                             .epsilon = spec.epsilon,
                             .momentum = blueprint.momentum(spec.momentum),
                             .padded_steps = blueprint.input().rank() == 2 ? spec.padded_steps : PaddedSteps::kLeftOut,
                             .gamma = affine_.gamma_id(),
                             .beta = affine_.beta_id()});
  }

  void forward(const Forward<T>& call) const override {
    T* const square = call.caches[square_];
    std::fill_n(call.caches[zeros_], channels_, T{0});
    std::copy_n(call.state + moving_product_.offset, channels_, call.caches[product_]);
    kernels::inverse_std<T>(call.state + moving_square_.offset, epsilon_, call.caches[inv_std_], channels_);
    kernels::normalize_columns<T>(x_hat(call), {affine_.gamma(call.params), affine_.beta(call.params)}, call.y);
    if (call.mode.tracking == Tracking::kFreeze) return;
    const Index rows = mean_product(call, call.x, call.x, square);
    if (rows > 0) kernels::blend<T>(momentum_, square, call.next_state + moving_square_.offset, channels_);
  }

  void backward(const Backward<T>& call) const override {
    const bool is_by_batch = call.mode.statistics == Statistics::kBatch;
    if (T* dgamma = affine_.gamma(call.grads)) kernels::column_gradient_sums<T>(x_hat(call), call.dy, call.caches[sums_], dgamma);
    if (T* dbeta = affine_.beta(call.grads)) kernels::column_sums<T>(call.dy, dbeta);
    if (call.next_state != nullptr && is_by_batch) move_product(call);
    if (call.dx.data == nullptr) return;
    const T* const gamma = affine_.gamma(call.params);
    const T* const inv_std = call.caches[inv_std_];
    const T* const product = call.caches[product_];
    for (Index r = 0; r < call.dy.rows; ++r) {
      const bool is_corrected = is_by_batch && counts(call, r);
      for (Index c = 0; c < channels_; ++c) {
        const T g = gamma != nullptr ? gamma[c] * call.dy(r, c) : call.dy(r, c);
        const T correction = is_corrected ? product[c] * (call.x(r, c) * inv_std[c]) : T{0};
        call.dx(r, c) = inv_std[c] * (g - correction);
      }
    }
  }
  LayerTraits traits() const override { return {.is_mode_free = false}; }

 private:
  template <class Call>
  kernels::NormalizedColumns<T> x_hat(const Call& call) const {
    return {call.x, call.caches[zeros_], call.caches[inv_std_]};
  }
  /// Whether a row counts in the running means.
  template <class Call>
  bool counts(const Call& call, Index row) const {
    if (!leaves_out_ || call.lengths == nullptr) return true;
    const Index steps = call.x.rows / call.examples;
    return row % steps < call.lengths[row / steps];
  }
  /// mean: (channels), the mean of a * b over the rows that count.  Returns how many they are.
  template <class Call>
  Index mean_product(const Call& call, ConstView<T> a, ConstView<T> b, T* mean) const {
    Index rows = 0;
    std::fill_n(mean, channels_, T{0});
    for (Index r = 0; r < a.rows; ++r) {
      if (!counts(call, r)) continue;
      ++rows;
      for (Index c = 0; c < channels_; ++c) mean[c] += a(r, c) * b(r, c);
    }
    for (Index c = 0; c < channels_ && rows > 0; ++c) mean[c] /= static_cast<T>(rows);
    return rows;
  }

  void move_product(const Backward<T>& call) const {
    T* const dot = call.caches[sums_];
    if (mean_product(call, call.x, call.dy, dot) == 0) return;
    const T* const gamma = affine_.gamma(call.params);
    const T* const inv_std = call.caches[inv_std_];
    const T* const old = call.caches[product_];
    T* const moved = call.next_state + moving_product_.offset;
    const T fresh = T{1} - backward_momentum_;
    for (Index c = 0; c < channels_; ++c) {
      const T square = call.caches[square_][c] * inv_std[c] * inv_std[c];
      const T product = dot[c] * inv_std[c] * (gamma != nullptr ? gamma[c] : T{1});
      moved[c] = old[c] * (T{1} - fresh * square) + fresh * product;
    }
  }

  Index channels_;
  T momentum_;
  T backward_momentum_;
  T epsilon_;
  bool leaves_out_;  // padded steps, of inputs (steps, channels) alone: only these have lengths
  GammaAndBeta affine_;
  StateId moving_square_;  // (channels), as the following one
  StateId moving_product_;
  CacheId zeros_;    // (channels), as the following ones: the mean that is subtracted
  CacheId inv_std_;  // of the running mean before this batch
  CacheId square_;   // the batch's mean of x^2
  CacheId product_;  // moving_product before this batch
  CacheId sums_;
};

}  // namespace

config::FamilyMember power() {
  return {"power", "power normalization: each channel by the root of a running mean of its squares, in every mode",
          "Shen et al. 2020, algorithm 2", [] { return std::make_shared<PowerNormSpec>(); }};
}

}  // namespace normrun::nn::layers
