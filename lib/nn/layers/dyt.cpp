// Dynamic tanh is a learned squashing function that takes the place of layer normalization.  It uses no statistics at all.
//
//   y = gamma tanh(alpha x) + beta;  alpha: one number;  gamma, beta: (channels)
//   with t = tanh(alpha x) and g = dy gamma (1 - t^2):
//     dx = alpha g,  dalpha = sum of g x over all numbers,  dgamma = sum of dy t and dbeta = sum of dy over the rows
//
// Modes: the layer does not read the mode, so train mode and eval mode give the same bits.  Padded steps do not change the other steps.
//
// Source: Zhu, Chen, He, LeCun and Liu 2025, algorithm 1, where alpha starts at 0.5 (init_alpha), gamma at 1 and beta at 0.
#include <algorithm>
#include <cmath>

#include "nn/layers/affine.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class DynamicTanh;

class DynamicTanhSpec final : public SpecOf<DynamicTanhSpec, DynamicTanh> {
 public:
  double initial_alpha = 0.5;
  AffineOptions affine;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number({"initial_alpha", "the initial value of alpha, the learned factor inside tanh"}, initial_alpha, config::any_number());
    affine.describe(visitor);
  }
};

template <class T>
class DynamicTanh final : public Layer<T> {
 public:
  DynamicTanh(const DynamicTanhSpec& spec, Blueprint& blueprint)
      : channels_(blueprint.channels()),
        alpha_(blueprint.param("alpha", {1}, {.kind = Init::kConstant, .a = spec.initial_alpha})),
        affine_(spec.affine, blueprint, {channels_}),
        tanh_(blueprint.per_example(blueprint.input().size())),
        g_(blueprint.per_example(blueprint.input().size())),
        by_channel_(blueprint.per_call(channels_)) {
    blueprint.give_role(ParamRole::kNormalization, alpha_.offset);
    blueprint.normalization({.type = "dyt", .features = channels_, .gamma = affine_.gamma_id(), .beta = affine_.beta_id()});
  }

  void forward(const Forward<T>& call) const override {
    T* t = call.caches[tanh_];
    const T* gamma = affine_.gamma(call.params);
    const T* beta = affine_.beta(call.params);
    kernels::scale<T>(call.x.data, call.params[alpha_.offset], t, call.x.size());
    kernels::tanh<T>(t, t, call.x.size());
    for (Index r = 0; r < call.y.rows; ++r, t += channels_) {
      for (Index c = 0; c < channels_; ++c)
        call.y(r, c) = std::fma(gamma != nullptr ? gamma[c] : T{1}, t[c], beta != nullptr ? beta[c] : T{0});
    }
  }

  void backward(const Backward<T>& call) const override {
    const ConstView<T> t(call.caches[tanh_], call.x.rows, channels_);
    affine_.gradients(t, call.dy, call.grads);
    const View<T> g(call.caches[g_], call.x.rows, channels_);
    if (const T* gamma = affine_.gamma(call.params)) {
      kernels::scale_columns<T>(call.dy, gamma, g);
    } else {
      std::copy(call.dy.begin(), call.dy.end(), g.begin());
    }
    kernels::tanh_backward<T>(t.data, g.data, g.data, g.size());
    T* by_channel = call.caches[by_channel_];
    kernels::column_dots<T>(ConstView<T>(g), call.x, by_channel);
    T dalpha = 0;
    for (Index c = 0; c < channels_; ++c) dalpha += by_channel[c];
    call.grads[alpha_.offset] = dalpha;
    if (call.dx.data != nullptr) kernels::scale<T>(g.data, call.params[alpha_.offset], call.dx.data, g.size());
  }
  LayerTraits traits() const override { return {.may_write_dx_over_dy = true}; }

 private:
  Index channels_;
  ParamId alpha_;  // alpha: one number
  GammaAndBeta affine_;
  CacheId tanh_;        // (rows, channels): t = tanh(alpha x)
  CacheId g_;           // (rows, channels): g
  CacheId by_channel_;  // (channels): each channel's share of alpha's gradient
};

}  // namespace

config::FamilyMember dyt() {
  return {"dyt", "dynamic tanh: gamma tanh(alpha x) + beta with a learned alpha, in place of a normalization; no statistics",
          "Zhu, Chen, He, LeCun and Liu 2025, algorithm 1", [] { return std::make_shared<DynamicTanhSpec>(); }};
}

}  // namespace normrun::nn::layers
