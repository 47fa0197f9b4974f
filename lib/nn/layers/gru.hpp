#pragma once

#include <memory>

#include "nn/layers/recurrent.hpp"

namespace normrun::layers {

/// The two forms of the gated recurrent unit, without and with the reset gate behind the recurrent kernel.
template <class T>
std::unique_ptr<const Layer<T>> make_gru_reset_before(const RecurrentOptions& options, Blueprint& blueprint);
template <class T>
std::unique_ptr<const Layer<T>> make_gru_reset_after(const RecurrentOptions& options, Blueprint& blueprint);

/// h = z h_before + (1 - z) h_new, each (units).
template <class T>
void mix_states(const T* z, const T* h_before, const T* h_new, T* h, Index units) {
  for (Index u = 0; u < units; ++u) h[u] = z[u] * h_before[u] + (T{1} - z[u]) * h_new[u];
}

/// The gradients of what the functions of z and h_new take.
template <class T>
void mix_states_backward(const T* z, const T* h_before, const T* h_new, const T* dh, T* da_z, T* da_h, Index units) {
  for (Index u = 0; u < units; ++u) {
    da_z[u] = dh[u] * (h_before[u] - h_new[u]) * (z[u] * (T{1} - z[u]));
    da_h[u] = dh[u] * (T{1} - z[u]) * (T{1} - h_new[u] * h_new[u]);
  }
}

}  // namespace normrun::layers
