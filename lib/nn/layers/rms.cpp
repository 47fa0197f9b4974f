// RMS normalization divides each row by the root of its mean square.  It subtracts no mean and adds no offset.
//
//   x_hat = x / sqrt(mean(x^2) + epsilon),  y = gamma x_hat;  the mean is over the channels of one row
//   with g = dy gamma:  dx = inv_rms (g - x_hat mean(g x_hat))
//
// Source: Zhang and Sennrich 2019, eq. 4; Keras 3 RMSNormalization (epsilon 1e-6; PyTorch: the machine epsilon).
// Modes: the layer reads none, so train mode and eval mode give the same bits.
#include <algorithm>
#include <cmath>

#include "nn/layers/affine.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class RmsNorm;

class RmsNormSpec final : public SpecOf<RmsNormSpec, RmsNorm> {
 public:
  double epsilon = 1e-6;
  AffineOptions affine{.center = false};

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number({"epsilon", "added to the mean square"}, epsilon, config::at_least(0.0));
    affine.describe_scale(visitor);
  }
};

template <class T>
class RmsNorm final : public Layer<T> {
 public:
  RmsNorm(const RmsNormSpec& spec, Blueprint& blueprint)
      : channels_(blueprint.channels()),
        epsilon_(static_cast<T>(spec.epsilon)),
        affine_(spec.affine, blueprint, {channels_}),
        mean_(blueprint.per_example(blueprint.input().positions())),
        inv_rms_(blueprint.per_example(blueprint.input().positions())),
        x_hat_(blueprint.per_example(blueprint.input().size())) {
    blueprint.normalization({.type = "rms", .features = channels_, .epsilon = spec.epsilon, .gamma = affine_.gamma_id()});
  }

  void forward(const Forward<T>& call) const override {
    T* mean = call.caches[mean_];
    T* inv_rms = call.caches[inv_rms_];
    kernels::row_moments<T>(call.x, mean, inv_rms);
    for (Index r = 0; r < call.x.rows; ++r) inv_rms[r] = std::fma(mean[r], mean[r], inv_rms[r]);  // mean square = mean^2 + variance
    kernels::inverse_std<T>(inv_rms, epsilon_, inv_rms, call.x.rows);
    std::fill_n(mean, call.x.rows, T{0});
    kernels::normalize_rows<T>({call.x, mean, inv_rms}, {affine_.gamma(call.params), nullptr}, call.caches[x_hat_], call.y);
  }

  void backward(const Backward<T>& call) const override {
    const ConstView<T> x_hat(call.caches[x_hat_], call.x.rows, channels_);
    affine_.gradients(x_hat, call.dy, call.grads);
    if (call.dx.data == nullptr) return;
    const T* gamma = affine_.gamma(call.params);
    const T* inv_rms = call.caches[inv_rms_];
    for (Index r = 0; r < call.x.rows; ++r) {
      T dot = 0;
      for (Index c = 0; c < channels_; ++c) {
        const T g = gamma != nullptr ? call.dy(r, c) * gamma[c] : call.dy(r, c);
        call.dx(r, c) = g;
        dot = std::fma(g, x_hat(r, c), dot);
      }
      const T mean_dot = dot / static_cast<T>(channels_);
      for (Index c = 0; c < channels_; ++c) call.dx(r, c) = inv_rms[r] * std::fma(-x_hat(r, c), mean_dot, call.dx(r, c));
    }
  }

 private:
  Index channels_;
  T epsilon_;
  GammaAndBeta affine_;
  CacheId mean_;     // (rows)
  CacheId inv_rms_;  // (rows)
  CacheId x_hat_;    // (rows, channels)
};

}  // namespace

config::FamilyMember rms() {
  return {"rms", "RMS normalization: each row by the root of its mean square, the same in every mode",
          "Zhang and Sennrich 2019, eq. 4; Keras 3 RMSNormalization", [] { return std::make_shared<RmsNormSpec>(); }};
}

}  // namespace normrun::nn::layers
