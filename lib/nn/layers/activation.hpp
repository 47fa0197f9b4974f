#pragma once

#include <optional>

#include "config/options/options.hpp"
#include "nn/layer.hpp"

namespace normrun::nn::layers {

/// Describes the option "activation" of Keras's layers.
void describe_activation(config::OptionVisitor& visitor, Activation& activation);
/// The activation as a layer of its own, with the defaults of its options; nothing for kLinear.
std::optional<LayerDescription> activation_layer(Activation activation);

}  // namespace normrun::nn::layers
