#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "nn/initializers.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/layer.hpp"

namespace normrun::nn::layers {

/// The options of gamma and beta that every normalization has: y = gamma x_hat + beta.  The names are Keras's.
struct AffineOptions {
  bool center = true;
  bool scale = true;
  std::shared_ptr<config::Described> beta_initializer = default_initializer("zeros");
  std::shared_ptr<config::Described> gamma_initializer = default_initializer("ones");

  void describe(config::OptionVisitor& visitor) {
    visitor.flag({"center", "whether beta is added"}, center);
    describe_initializer(visitor, {"beta_initializer", "how beta starts"}, beta_initializer, "zeros");
    describe_scale(visitor);
  }
  void describe_scale(config::OptionVisitor& visitor) {
    visitor.flag({"scale", "whether gamma multiplies"}, scale);
    describe_initializer(visitor, {"gamma_initializer", "how gamma starts"}, gamma_initializer, "ones");
  }
};

/// The parameters gamma and beta, of the same shape: one number for each normalized feature.  A layer may do without either.
class GammaAndBeta {
 public:
  GammaAndBeta(const AffineOptions& options, Blueprint& blueprint, const std::vector<Index>& shape) {
    const Index first = blueprint.param_count();
    const Index fan = shape.empty() ? 1 : shape.back();
    if (options.scale) gamma_ = blueprint.param("gamma", shape, initializer_from(options.gamma_initializer), fan, fan);
    if (options.center) beta_ = blueprint.param("beta", shape, initializer_from(options.beta_initializer), fan, fan);
    blueprint.give_role(ParamRole::kNormalization, first);
  }

  const std::optional<ParamId>& gamma_id() const { return gamma_; }
  const std::optional<ParamId>& beta_id() const { return beta_; }
  /// Returns where gamma lies in the buffer, or null if the layer has none.  `beta` does the same for beta.
  template <class T>
  T* gamma(T* buffer) const {
    return gamma_ ? buffer + gamma_->offset : nullptr;
  }
  template <class T>
  T* beta(T* buffer) const {
    return beta_ ? buffer + beta_->offset : nullptr;
  }
  /// dgamma = sum over the rows of dy * x_hat, dbeta = sum of dy.  x_hat, dy: (rows, features)
  template <class T>
  void gradients(ConstView<T> x_hat, ConstView<T> dy, T* grads) const {
    if (gamma_) kernels::column_dots<T>(dy, x_hat, gamma(grads));
    if (beta_) kernels::column_sums<T>(dy, beta(grads));
  }

 private:
  std::optional<ParamId> gamma_;
  std::optional<ParamId> beta_;
};

}  // namespace normrun::nn::layers
