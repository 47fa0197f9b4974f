#pragma once

#include "core/matrix.hpp"

/// Products that come again and again, as in the steps of a recurrent layer: by the same matrix, which is copied once into the order
/// in which the path in use reads it, or weight gradients of some rows after others.  The bits are those of kernels.hpp's products.
namespace normrun::nn::kernels {

/// Room for a packed matrix of (inputs, outputs).
constexpr Index packed_size(Index inputs, Index outputs) {
  constexpr Index kWidestPanel = 64;
  return inputs * ((outputs + kWidestPanel - 1) / kWidestPanel * kWidestPanel);
}

/// packed = w
template <class T>
void pack(ConstView<T> w, T* packed);
/// packed = w^T
template <class T>
void pack_transposed(ConstView<T> w, T* packed);
/// y = x w + bias of the packed w (x.cols, y.cols), as `product` gives it; bias may be null.  By w^T, without a bias, that is
/// product_input_gradient.
template <class T>
void product_by_packed(ConstView<T> x, const T* packed, const T* bias, View<T> y);

/// dw += x^T dy: each chain of product_weight_gradient goes on from what dw holds, over further rows.
template <class T>
void continue_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw);

}  // namespace normrun::nn::kernels
