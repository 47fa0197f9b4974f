#pragma once

#include "core/matrix.hpp"

/// Products whose rows are the places of a window over an image, read where they lie: a convolution without a copy of its patches.
/// Orders as in kernels.hpp.
namespace normrun::nn::kernels {

/// Row (line, i) is the window at place i of a line; its number k is data[line * line_step + i * step + offsets[k]].
template <class T>
struct Windows {
  const T* data;
  Index lines, line_step;
  Index places, step;    // of a line
  const Index* offsets;  // (depth)
  Index depth;           // numbers under the window

  Index rows() const { return lines * places; }
  T at(Index row, Index k) const { return data[row / places * line_step + row % places * step + offsets[k]]; }
};

/// y = x w + bias; bias: (outputs) or null.  w: (depth, outputs)  y: (rows, outputs)
template <class T>
void product(const Windows<T>& x, ConstView<T> w, const T* bias, View<T> y);
/// dw = x^T dy
template <class T>
void product_weight_gradient(const Windows<T>& x, ConstView<T> dy, View<T> dw);

}  // namespace normrun::nn::kernels
