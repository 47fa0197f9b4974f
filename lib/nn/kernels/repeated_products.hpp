#pragma once

#include "core/matrix.hpp"

/// Products that are repeated, as in the steps of a recurrent layer.  A matrix that multiplies many times is packed once: copied into the
/// order in which the path in use reads it.  Weight gradients continue over further rows.  The bits are those of kernels.hpp's products.
namespace normrun::nn::kernels {

/// How many numbers a packed matrix of shape (inputs, outputs) takes.
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
/// y = x w + bias by the packed w (x.cols, y.cols), with the bits of `product`; bias may be null.  By a packed w^T and without a bias, this
/// is product_input_gradient.
template <class T>
void product_by_packed(ConstView<T> x, const T* packed, const T* bias, View<T> y);

/// dw += x^T dy: each chain of product_weight_gradient continues from the number in dw, over the rows of this call.
template <class T>
void continue_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw);

}  // namespace normrun::nn::kernels
