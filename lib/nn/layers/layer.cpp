// Layer normalization normalizes each example by the mean and variance of its own features.
//
//   x_hat = (x - mean) / sqrt(var + epsilon),  y = gamma x_hat + beta
//   mean, var (biased): over the normalized axes of one example, by default the last one; gamma, beta have the shape of these axes
//   with g = dy gamma:  dx = inv_std (g - mean(g) - x_hat mean(g x_hat))
//
// Source: Ba, Kiros and Hinton 2016, eq. 4; Keras 3 LayerNormalization (epsilon 1e-3; PyTorch 1e-5, flax 1e-6).
// Modes: the layer reads none.  It has no moving statistics, so train mode and eval mode give the same bits, and the output of an example
// does not depend on its batch.
#include "nn/layers/affine.hpp"
#include "nn/layers/layers.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class LayerNorm;

class LayerNormSpec final : public SpecOf<LayerNormSpec, LayerNorm> {
 public:
  double epsilon = 1e-3;
  std::vector<Index> axes = {-1};
  AffineOptions affine;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number({"epsilon", "added to the variance"}, epsilon, config::at_least(0.0));
    visitor.integers({"axes", "the axes that are normalized together: the last ones of an example; axis 0 is the batch"}, axes, {-64, 64});
    affine.describe(visitor);
  }
};

/// Returns the shape of the normalized axes.  Refuses axes that are not the last ones of the example.
std::vector<Index> normalized_shape(const std::vector<Index>& axes, const Blueprint& blueprint) {
  const std::vector<Index>& dims = blueprint.input().dims();
  const Index rank = blueprint.input().rank();
  std::vector<bool> chosen(dims.size(), false);
  for (const Index axis : axes) {
    const Index from_first = axis < 0 ? axis + rank : axis - 1;  // among the example's axes; axis 0 is the batch
    if (axis == 0 || from_first < 0 || from_first >= rank) {
      blueprint.refuse("axis " + std::to_string(axis) + " is not one of " + blueprint.input().text(),
                       "axes count from 1, or from -1 backwards; 0 is the batch");
    }
    if (chosen[static_cast<std::size_t>(from_first)]) blueprint.refuse("axis " + std::to_string(axis) + " is given twice");
    chosen[static_cast<std::size_t>(from_first)] = true;
  }
  const std::size_t first = dims.size() - axes.size();
  for (std::size_t i = first; i < dims.size(); ++i) {
    if (!chosen[i])
      blueprint.refuse("the axes to normalize are not the last ones", "name the last axes of an example, such as [-1] or [-2, -1]");
  }
  if (axes.empty()) blueprint.refuse("it has no axis to normalize", "give \"axes\" at least one");
  return {dims.begin() + static_cast<std::ptrdiff_t>(first), dims.end()};
}

template <class T>
class LayerNorm final : public Layer<T> {
 public:
  LayerNorm(const LayerNormSpec& spec, Blueprint& blueprint) : LayerNorm(spec, blueprint, normalized_shape(spec.axes, blueprint)) {}

  void forward(const Forward<T>& call) const override {
    const Index rows = call.examples * rows_per_example_;
    const ConstView<T> x = call.x.reshaped(rows, features_);
    T* mean = call.caches[mean_];
    T* inv_std = call.caches[inv_std_];
    kernels::row_moments<T>(x, mean, inv_std);
    kernels::inverse_std<T>(inv_std, epsilon_, inv_std, rows);
    kernels::normalize_rows<T>({x, mean, inv_std}, {affine_.gamma(call.params), affine_.beta(call.params)}, call.caches[x_hat_],
                               call.y.reshaped(rows, features_));
  }

  void backward(const Backward<T>& call) const override {
    const Index rows = call.examples * rows_per_example_;
    const ConstView<T> x_hat(call.caches[x_hat_], rows, features_);
    const ConstView<T> dy = call.dy.reshaped(rows, features_);
    affine_.gradients(x_hat, dy, call.grads);
    if (call.dx.data == nullptr) return;
    kernels::normalize_rows_backward<T>(x_hat, dy, affine_.gamma(call.params), call.caches[inv_std_], call.dx.reshaped(rows, features_));
  }
  LayerTraits traits() const override { return {.may_write_dx_over_dy = true}; }

 private:
  LayerNorm(const LayerNormSpec& spec, Blueprint& blueprint, const std::vector<Index>& shape)
      : features_(Shape(shape).size()),
        rows_per_example_(blueprint.input().size() / features_),
        epsilon_(static_cast<T>(spec.epsilon)),
        affine_(spec.affine, blueprint, shape),
        mean_(blueprint.per_example(rows_per_example_)),
        inv_std_(blueprint.per_example(rows_per_example_)),
        x_hat_(blueprint.per_example(blueprint.input().size())) {
    blueprint.normalization(
        {.type = "layer", .features = features_, .epsilon = spec.epsilon, .gamma = affine_.gamma_id(), .beta = affine_.beta_id()});
  }

  Index features_;  // how many numbers are normalized together
  Index rows_per_example_;
  T epsilon_;
  GammaAndBeta affine_;
  CacheId mean_;     // (rows)
  CacheId inv_std_;  // (rows)
  CacheId x_hat_;    // (rows, features)
};

}  // namespace

config::FamilyMember layer() {
  return {"layer", "layer normalization: each example by its own mean and variance, the same in every mode",
          "Ba, Kiros and Hinton 2016, eq. 4; Keras 3 LayerNormalization", [] { return std::make_shared<LayerNormSpec>(); }};
}

}  // namespace normrun::nn::layers
