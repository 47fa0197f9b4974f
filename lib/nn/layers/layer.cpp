// Layer normalization normalizes each example by the mean and variance of its own features.
//
//   x_hat = (x - mean) / sqrt(var + epsilon),  y = gamma x_hat + beta
//   mean, var (biased): over the normalized axes of one example, for each place along its other axes; by default over the last axis
//   gamma, beta: have the shape of the normalized axes, in the example's own order
//   with g = dy gamma:  dx = inv_std (g - mean(g) - x_hat mean(g x_hat))
// The normalized axes may hold the steps of padded sequences.  All steps then count (Keras ignores the mask).  With "padded_steps":
// "left-out" only the valid steps make the statistics, which normalize the padded steps, too (valid_prefix.hpp).
//
// Source: Ba, Kiros and Hinton 2016, eq. 4; Keras 3 LayerNormalization (epsilon 1e-3; PyTorch 1e-5, flax 1e-6).
// Modes: the layer does not read the mode.  It has no moving statistics, so train mode and eval mode give the same bits, and the output of
// an example does not depend on its batch.
#include "nn/layers/affine.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/normalized_axes.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class LayerNorm;

class LayerNormSpec final : public SpecOf<LayerNormSpec, LayerNorm> {
 public:
  double epsilon = 1e-3;
  std::vector<Index> axes = {-1};
  PaddedSteps padded_steps = PaddedSteps::kCounted;
  AffineOptions affine;

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number({"epsilon", "added to the variance"}, epsilon, config::at_least(0.0));
    visitor.integers({"axes",
                      "the axes of an example that are normalized together (Keras's axis); axis 0 would be the batch.  PyTorch's "
                      "normalized_shape of k sizes is the last k axes"},
                     axes, {-64, 64});
    describe_padded_steps(visitor, padded_steps);
    affine.describe(visitor);
  }
};

template <class T>
class LayerNorm final : public Layer<T> {
 public:
  LayerNorm(const LayerNormSpec& spec, Blueprint& blueprint)
      : axes_(spec.axes, blueprint),
        leaves_out_(axes_.hold_steps() && spec.padded_steps == PaddedSteps::kLeftOut),
        epsilon_(static_cast<T>(spec.epsilon)),
        affine_(spec.affine, blueprint, axes_.shape()),
        mean_(blueprint.per_example(axes_.rows_of_example())),
        inv_std_(blueprint.per_example(axes_.rows_of_example())),
        x_hat_(blueprint.per_example(blueprint.input().size())),
        gathered_(blueprint.per_example(axes_.are_last() ? 0 : blueprint.input().size())) {
    blueprint.normalization({.type = "layer",
                             .features = axes_.features(),
                             .epsilon = spec.epsilon,
                             .padded_steps = axes_.hold_steps() ? spec.padded_steps : PaddedSteps::kLeftOut,
                             .gamma = affine_.gamma_id(),
                             .beta = affine_.beta_id()});
  }

  void forward(const Forward<T>& call) const override {
    const Index rows = call.examples * axes_.rows_of_example();
    const ConstView<T> x = gathered(call.x, call);
    T* mean = call.caches[mean_];
    T* inv_std = call.caches[inv_std_];
    if (leaves_out_ && call.lengths != nullptr) {
      prefix_moments<T>(x, axes_.valid(call.lengths), mean, inv_std);
    } else {
      kernels::row_moments<T>(x, mean, inv_std);
    }
    kernels::inverse_std<T>(inv_std, epsilon_, inv_std, rows);
    const View<T> y = axes_.are_last() ? call.y.reshaped(rows, axes_.features()) : in_rows(call.caches[gathered_], rows);
    kernels::normalize_rows<T>({x, mean, inv_std}, {affine_.gamma(call.params), affine_.beta(call.params)}, call.caches[x_hat_], y);
    if (!axes_.are_last()) axes_.scatter<T>(y.data, call.examples, call.y.data);
  }

  void backward(const Backward<T>& call) const override {
    const Index rows = call.examples * axes_.rows_of_example();
    const ConstView<T> x_hat(call.caches[x_hat_], rows, axes_.features());
    const ConstView<T> dy = gathered(call.dy, call);
    affine_.gradients(x_hat, dy, call.grads);
    if (call.dx.data == nullptr) return;
    const T* gamma = affine_.gamma(call.params);
    const T* inv_std = call.caches[inv_std_];
    const View<T> dx = axes_.are_last() ? call.dx.reshaped(rows, axes_.features()) : in_rows(call.caches[gathered_], rows);
    if (leaves_out_ && call.lengths != nullptr) {
      normalize_prefix_backward<T>(x_hat, dy, gamma, inv_std, axes_.valid(call.lengths), dx);
    } else {
      kernels::normalize_rows_backward<T>(x_hat, dy, gamma, inv_std, dx);
    }
    if (!axes_.are_last()) axes_.scatter<T>(dx.data, call.examples, call.dx.data);
  }
  LayerTraits traits() const override { return {.may_write_dx_over_dy = true}; }

 private:
  View<T> in_rows(T* data, Index rows) const { return {data, rows, axes_.features()}; }
  /// Returns x or dy as rows of features: in place if the normalized axes are the last ones, and otherwise a copy.
  template <class Call>
  ConstView<T> gathered(ConstView<T> numbers, const Call& call) const {
    const Index rows = call.examples * axes_.rows_of_example();
    if (axes_.are_last()) return numbers.reshaped(rows, axes_.features());
    axes_.gather<T>(numbers.data, call.examples, call.caches[gathered_]);
    return in_rows(call.caches[gathered_], rows);
  }

  NormalizedAxes axes_;
  bool leaves_out_;  // whether padded steps are left out; only if steps are normalized together
  T epsilon_;
  GammaAndBeta affine_;
  CacheId mean_;      // (rows)
  CacheId inv_std_;   // (rows)
  CacheId x_hat_;     // (rows, features)
  CacheId gathered_;  // (rows, features): x and y, later dy and dx; empty if the normalized axes are the last ones
};

}  // namespace

config::FamilyMember layer() {
  return {"layer", "layer normalization: normalizes each example by its own mean and variance, in every mode",
          "Ba, Kiros and Hinton 2016, eq. 4; Keras 3 LayerNormalization", [] { return std::make_shared<LayerNormSpec>(); }};
}

}  // namespace normrun::nn::layers
