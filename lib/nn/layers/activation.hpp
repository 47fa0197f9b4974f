#pragma once

#include <optional>

#include "config/options/options.hpp"
#include "nn/layer.hpp"

namespace normrun::nn::layers {

/// Describes the option "activation" of Keras's layers.
void describe_activation(config::OptionVisitor& visitor, Activation& activation);
/// The activation as a layer of its own; nothing for kLinear.
std::optional<LayerDescription> activation_layer(Activation activation);

/// y = f(x), row by row; y may be x.  x, y: (rows, channels)
template <class T>
void activate(Activation activation, ConstView<T> x, View<T> y);
/// Computes dx from y and dy; dx may be dy.  y, dy, dx: (rows, channels)
template <class T>
void activate_backward(Activation activation, ConstView<T> y, ConstView<T> dy, View<T> dx);

}  // namespace normrun::nn::layers
