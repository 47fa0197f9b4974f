#pragma once

#include <memory>

#include "nn/layers/recurrent.hpp"

namespace normrun::nn::layers {

/// The two forms of the gated recurrent unit: the reset gate multiplies before the recurrent kernel, or after it.
template <class T>
std::unique_ptr<const Layer<T>> make_gru_reset_before(const RecurrentOptions& options, Blueprint& blueprint);
template <class T>
std::unique_ptr<const Layer<T>> make_gru_reset_after(const RecurrentOptions& options, Blueprint& blueprint);

}  // namespace normrun::nn::layers
