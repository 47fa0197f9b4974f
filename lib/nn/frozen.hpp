#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "nn/layer.hpp"

namespace normrun::nn {

/// A layer that does not train.  Its moving statistics normalize in every mode and do not move, and its parameters get no gradient.
/// Dropout still follows the mode of the call.
/// Source: Keras 3.  There `trainable = False` puts a BatchNormalization into inference mode, whatever the call says; the weights of any
/// other layer stay.
template <class T>
class Frozen final : public Layer<T> {
 public:
  Frozen(std::unique_ptr<const Layer<T>> layer, ParamId params) : layer_(std::move(layer)), params_(params) {}

  void forward(const Forward<T>& call) const override {
    Forward<T> frozen = call;
    frozen.mode = frozen_mode(call.mode);
    frozen.next_state = nullptr;
    layer_->forward(frozen);
  }

  void backward(const Backward<T>& call) const override {
    Backward<T> frozen = call;
    frozen.mode = frozen_mode(call.mode);
    frozen.next_state = nullptr;
    frozen.kernel_updater = nullptr;
    layer_->backward(frozen);
    std::fill_n(call.grads + params_.offset, params_.size, T{0});
  }
  /// Promises what the frozen layer promises, except the ways to save time.
  LayerTraits traits() const override {
    const LayerTraits own = layer_->traits();
    return {.reads_y = own.reads_y,
            .is_mode_free = own.is_mode_free,
            .drops_out = own.drops_out,
            .lengths = own.lengths,
            .activation = own.activation};
  }
  Index valid_steps(Index length) const override { return layer_->valid_steps(length); }

 private:
  static Mode frozen_mode(const Mode& mode) { return {Statistics::kMoving, Tracking::kFreeze, mode.dropout}; }

  std::unique_ptr<const Layer<T>> layer_;
  ParamId params_;
};

}  // namespace normrun::nn
