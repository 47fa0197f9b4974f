#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nn/network.hpp"

namespace normrun::nn {

/// The numbers of a network: its parameters and its moving statistics.  To copy a model is to copy its buffers.  fresh_model makes a model
/// with the initial values of a seed.
template <class T>
struct Model {
  Buffer<T> params;
  Buffer<T> state;
};

template <class T>
Model<T> fresh_model(const Network<T>& network, std::uint64_t seed) {
  Model<T> model;
  model.params.resize(static_cast<std::size_t>(network.layout().param_count));
  model.state.resize(static_cast<std::size_t>(network.layout().state_count));
  network.initialize(seed, model.params, model.state);
  return model;
}

}  // namespace normrun::nn
