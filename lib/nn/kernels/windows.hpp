#pragma once

#include "core/matrix.hpp"

/// Products with a row for each place of a window over an image.  They read the windows where they lie in the image, so a convolution needs
/// no copy of its patches.  The orders are those of kernels.hpp.
namespace normrun::nn::kernels {

/// A matrix of windows.  Row (line, i) is the window at place i of a line, and number k of the row is data[line * line_step + i * step +
/// offsets[k]].
template <class T>
struct Windows {
  const T* data;
  Index lines, line_step;
  Index places, step;    // how many places a line has, and the distance from one place to the next
  const Index* offsets;  // (depth)
  Index depth;           // how many numbers lie under the window

  Index rows() const { return lines * places; }
  Index place(Index row, Index k) const { return row / places * line_step + row % places * step + offsets[k]; }
  T at(Index row, Index k) const { return data[place(row, k)]; }
};

/// y = x w + bias.  w: (depth, outputs)  bias: (outputs) or null  y: (rows, outputs)
template <class T>
void product_of_windows(const Windows<T>& x, ConstView<T> w, const T* bias, View<T> y);
/// dw = x^T dy
template <class T>
void product_of_windows_weight_gradient(const Windows<T>& x, ConstView<T> dy, View<T> dw);

// Depthwise convolution: each channel by itself.  Number k of a window is here the first channel of the window's cell k; the other channels
// follow it.

/// y(r, c) = bias[c] + the sum over cells k, ascending, of x(r, k, c) w(k, c).  w: (cells, channels)  bias: (channels) or null
/// y: (rows, channels)
template <class T>
void depthwise(const Windows<T>& x, ConstView<T> w, const T* bias, View<T> y);
/// dw(k, c) = the sum over rows r, ascending, of x(r, k, c) dy(r, c)
template <class T>
void depthwise_weight_gradient(const Windows<T>& x, ConstView<T> dy, View<T> dw);
/// Adds dy(r, c) w(k, c) to dx at x(r, k, c), row by row and cell by cell, each by one fused multiply-add.  dx is laid out as x is.
template <class T>
void depthwise_input_gradient(const Windows<T>& x, ConstView<T> dy, ConstView<T> w, T* dx);

}  // namespace normrun::nn::kernels
