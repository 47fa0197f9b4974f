// Layers that change each number: by constants of the config (rescaling), or by trained numbers of its channel (affine).
//
//   rescaling  y = scale x + offset, with numbers of the config                    dx = scale dy
//   affine     y = gamma x + beta, (channels) each; either may be left out           dx = gamma dy, dgamma = sum(dy x), dbeta = sum(dy)
//
// Sources: Keras 3 Rescaling. gamma of affine is PyTorch's LayerScale (Touvron et al. 2021).  If every number of an example is a channel,
// beta is an embedding of positions.  Modes: the layers do not read the mode, and have no statistics.
#include <cmath>

#include "nn/layers/affine.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class Rescaling;

class RescalingSpec final : public SpecOf<RescalingSpec, Rescaling> {
 public:
  double scale = 1.0;
  double offset = 0.0;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number({"scale", "the factor that multiplies the input"}, scale, config::any_number());
    visitor.number({"offset", "the number that is added afterwards"}, offset, config::any_number());
  }
};

template <class T>
class Rescaling final : public Layer<T> {
 public:
  Rescaling(const RescalingSpec& spec, Blueprint&) : scale_(static_cast<T>(spec.scale)), offset_(static_cast<T>(spec.offset)) {}

  void forward(const Forward<T>& call) const override {
    for (Index i = 0; i < call.x.size(); ++i) call.y.data[i] = std::fma(scale_, call.x.data[i], offset_);
  }
  void backward(const Backward<T>& call) const override {
    if (call.dx.data == nullptr) return;
    for (Index i = 0; i < call.dy.size(); ++i) call.dx.data[i] = scale_ * call.dy.data[i];
  }
  LayerTraits traits() const override {
    return {.may_write_y_over_x = true, .may_write_dx_over_dy = true, .part_by_part = PartByPart::kBoth};
  }

 private:
  T scale_;
  T offset_;
};

template <class T>
class Affine;

class AffineSpec final : public SpecOf<AffineSpec, Affine> {
 public:
  AffineOptions affine;
  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    affine.describe(visitor);
  }
};

template <class T>
class Affine final : public Layer<T> {
 public:
  Affine(const AffineSpec& spec, Blueprint& blueprint) : affine_(spec.affine, blueprint, {blueprint.channels()}) {}

  void forward(const Forward<T>& call) const override {
    const T* gamma = affine_.gamma(call.params);
    const T* beta = affine_.beta(call.params);
    for (Index r = 0; r < call.x.rows; ++r) {
      const T* const x = call.x.row(r);
      T* const y = call.y.row(r);
      for (Index c = 0; c < call.x.cols; ++c) {
        const T scaled = gamma != nullptr ? gamma[c] * x[c] : x[c];
        y[c] = beta != nullptr ? scaled + beta[c] : scaled;
      }
    }
  }

  void backward(const Backward<T>& call) const override {
    affine_.gradients(call.x, call.dy, call.grads);
    if (call.dx.data == nullptr) return;
    const T* gamma = affine_.gamma(call.params);
    for (Index r = 0; r < call.dy.rows; ++r) {
      for (Index c = 0; c < call.dy.cols; ++c) call.dx(r, c) = gamma != nullptr ? gamma[c] * call.dy(r, c) : call.dy(r, c);
    }
  }

 private:
  GammaAndBeta affine_;
};

}  // namespace

config::FamilyMember rescaling() {
  return {"rescaling", "y = scale x + offset", "Keras 3 Rescaling", [] { return std::make_shared<RescalingSpec>(); }};
}
config::FamilyMember affine() {
  return {"affine", "y = gamma x + beta, channel by channel: a normalization without its statistics", "Touvron et al. 2021 (LayerScale)",
          [] { return std::make_shared<AffineSpec>(); }};
}

}  // namespace normrun::nn::layers
