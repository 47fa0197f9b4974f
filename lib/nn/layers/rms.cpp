// RMS normalization divides each row by the root of its mean square.  It subtracts no mean and adds no offset.
//
//   x_hat = x / sqrt(mean(x^2) + epsilon),  y = gamma x_hat
//   the mean is over the normalized axes of one example, for each place along its other axes; by default over the last axis
//   gamma has the shape of the normalized axes
//   with g = dy gamma:  dx = inv_rms (g - x_hat mean(g x_hat))
// Padded steps are treated as in layer normalization (layer.cpp).
//
// Source: Zhang and Sennrich 2019, eq. 4; Keras 3 RMSNormalization (epsilon 1e-6; PyTorch: the machine epsilon).
// Modes: the layer does not read the mode, so train mode and eval mode give the same bits.
#include <algorithm>
#include <cmath>

#include "nn/layers/affine.hpp"
#include "nn/layers/layers.hpp"
#include "nn/layers/normalized_axes.hpp"

namespace normrun::nn::layers {
namespace {

template <class T>
class RmsNorm;

class RmsNormSpec final : public SpecOf<RmsNormSpec, RmsNorm> {
 public:
  double epsilon = 1e-6;
  std::vector<Index> axes = {-1};
  PaddedSteps padded_steps = PaddedSteps::kCounted;
  AffineOptions affine{.center = false};

  void describe(config::OptionVisitor& visitor) override {
    describe_common(visitor);
    visitor.number({"epsilon", "added to the mean square"}, epsilon, config::at_least(0.0));
    visitor.integers({"axes",
                      "the axes of an example that are normalized together (Keras's axis); axis 0 would be the batch.  PyTorch's "
                      "normalized_shape of k sizes is the last k axes"},
                     axes, {-64, 64});
    describe_padded_steps(visitor, padded_steps);
    affine.describe_scale(visitor);
  }
};

template <class T>
class RmsNorm final : public Layer<T> {
 public:
  RmsNorm(const RmsNormSpec& spec, Blueprint& blueprint)
      : axes_(spec.axes, blueprint),
        leaves_out_(axes_.hold_steps() && spec.padded_steps == PaddedSteps::kLeftOut),
        epsilon_(static_cast<T>(spec.epsilon)),
        affine_(spec.affine, blueprint, axes_.shape()),
        mean_(blueprint.per_example(axes_.rows_of_example())),
        inv_rms_(blueprint.per_example(axes_.rows_of_example())),
        x_hat_(blueprint.per_example(blueprint.input().size())),
        gathered_(blueprint.per_example(axes_.are_last() ? 0 : blueprint.input().size())) {
    blueprint.normalization({.type = "rms",
                             .features = axes_.features(),
                             .epsilon = spec.epsilon,
                             .padded_steps = axes_.hold_steps() ? spec.padded_steps : PaddedSteps::kLeftOut,
                             .gamma = affine_.gamma_id()});
  }

  void forward(const Forward<T>& call) const override {
    const ConstView<T> x = gathered(call.x, call);
    T* mean = call.caches[mean_];
    T* inv_rms = call.caches[inv_rms_];
    if (leaves_out_ && call.lengths != nullptr) {
      prefix_moments<T>(x, axes_.valid(call.lengths), mean, inv_rms);
    } else {
      kernels::row_moments<T>(x, mean, inv_rms);
    }
    for (Index r = 0; r < x.rows; ++r) inv_rms[r] = std::fma(mean[r], mean[r], inv_rms[r]);  // mean square = mean^2 + variance
    kernels::inverse_std<T>(inv_rms, epsilon_, inv_rms, x.rows);
    std::fill_n(mean, x.rows, T{0});
    const View<T> y = axes_.are_last() ? call.y.reshaped(x.rows, x.cols) : View<T>(call.caches[gathered_], x.rows, x.cols);
    kernels::normalize_rows<T>({x, mean, inv_rms}, {affine_.gamma(call.params), nullptr}, call.caches[x_hat_], y);
    if (!axes_.are_last()) axes_.scatter<T>(y.data, call.examples, call.y.data);
  }

  void backward(const Backward<T>& call) const override {
    const ConstView<T> dy = gathered(call.dy, call);
    const ConstView<T> x_hat(call.caches[x_hat_], dy.rows, dy.cols);
    affine_.gradients(x_hat, dy, call.grads);
    if (call.dx.data == nullptr) return;
    const View<T> dx = axes_.are_last() ? call.dx.reshaped(dy.rows, dy.cols) : View<T>(call.caches[gathered_], dy.rows, dy.cols);
    const bool has_padding = leaves_out_ && call.lengths != nullptr;
    for (Index r = 0; r < dy.rows; ++r) row_backward(call, dy, x_hat, has_padding ? axes_.valid(call.lengths).count(r) : dy.cols, r, dx);
    if (!axes_.are_last()) axes_.scatter<T>(dx.data, call.examples, call.dx.data);
  }

 private:
  /// Computes dx of row r.  Only the first `count` features of the row are in its mean square.
  void row_backward(const Backward<T>& call, ConstView<T> dy, ConstView<T> x_hat, Index count, Index r, View<T> dx) const {
    const T* gamma = affine_.gamma(call.params);
    const T inv_rms = call.caches[inv_rms_][r];
    T dot = 0;
    for (Index c = 0; c < dy.cols; ++c) {
      const T g = gamma != nullptr ? dy(r, c) * gamma[c] : dy(r, c);
      dx(r, c) = g;
      dot = std::fma(g, x_hat(r, c), dot);
    }
    const T mean_dot = count > 0 ? dot / static_cast<T>(count) : T{0};
    for (Index c = 0; c < count; ++c) dx(r, c) = inv_rms * std::fma(-x_hat(r, c), mean_dot, dx(r, c));
    for (Index c = count; c < dy.cols; ++c) dx(r, c) *= inv_rms;
  }

  /// Returns x or dy as rows of features: in place if the normalized axes are the last ones, and otherwise a copy.
  template <class Call>
  ConstView<T> gathered(ConstView<T> numbers, const Call& call) const {
    const Index rows = call.examples * axes_.rows_of_example();
    if (axes_.are_last()) return numbers.reshaped(rows, axes_.features());
    axes_.gather<T>(numbers.data, call.examples, call.caches[gathered_]);
    return {call.caches[gathered_], rows, axes_.features()};
  }

  NormalizedAxes axes_;
  bool leaves_out_;  // whether padded steps are left out; only if steps are normalized together
  T epsilon_;
  GammaAndBeta affine_;
  CacheId mean_;      // (rows)
  CacheId inv_rms_;   // (rows)
  CacheId x_hat_;     // (rows, features)
  CacheId gathered_;  // (rows, features): x and y, later dy and dx; empty if the normalized axes are the last ones
};

}  // namespace

config::FamilyMember rms() {
  return {"rms", "RMS normalization: divides each row by the root of its mean square, in every mode",
          "Zhang and Sennrich 2019, eq. 4; Keras 3 RMSNormalization", [] { return std::make_shared<RmsNormSpec>(); }};
}

}  // namespace normrun::nn::layers
