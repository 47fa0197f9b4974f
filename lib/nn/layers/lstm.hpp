#pragma once

#include <memory>

#include "nn/layers/recurrent.hpp"

namespace normrun::nn::layers {

struct LstmOptions {
  RecurrentOptions recurrent;
  bool unit_forget_bias = true;

  /// The bias of the four gates; its size is 0 without one.
  ParamId declare_bias(Blueprint& blueprint) const;
};

/// The LSTM with normalization "batch".
template <class T>
std::unique_ptr<const Layer<T>> make_lstm_by_batch(const LstmOptions& options, Blueprint& blueprint);

}  // namespace normrun::nn::layers
