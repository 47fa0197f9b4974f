#pragma once

#include "core/matrix.hpp"

/// Products by a matrix that multiplies many times, as in the steps of a recurrent layer.  Such a matrix is packed once, that is, copied
/// into the order in which the path in use reads it.  Weight gradients can continue over further rows.  The bits are those of the products
/// in kernels.hpp.
namespace normrun::nn::kernels {

/// How many numbers the packed form of a matrix (inputs, outputs) takes.
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
/// y = x w + bias, with the bits of `product`.  packed: w of shape (x.cols, y.cols), packed.  bias may be null.
/// With a packed w^T and no bias, the result is product_input_gradient.
template <class T>
void product_by_packed(ConstView<T> x, const T* packed, const T* bias, View<T> y);

/// dw += x^T dy over the rows of this call.  Each chain of product_weight_gradient continues from the number in dw.
template <class T>
void continue_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw);

}  // namespace normrun::nn::kernels
