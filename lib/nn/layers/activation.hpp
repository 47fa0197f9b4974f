#pragma once

#include <optional>

#include "config/options/options.hpp"
#include "nn/layer.hpp"

namespace normrun::nn::layers {

/// Describes the option "activation", which Keras's layers have.
void describe_activation(config::OptionVisitor& visitor, Activation& activation);
/// Returns the activation as a layer of its own, with default options; nothing for kLinear.
std::optional<LayerDescription> activation_layer(Activation activation);

}  // namespace normrun::nn::layers
