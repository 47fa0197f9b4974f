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
enum class Sums { kWritten, kAdded };  // over what lies in the result, or to it
/// dw = x^T dy, or dw + x^T dy, whose product is summed up by itself.
template <class T>
void product_of_windows_weight_gradient(const Windows<T>& x, ConstView<T> dy, View<T> dw, Sums sums);

/// The matrices of cells: that of cell k lies at data + offsets[k].
template <class T>
struct CellMatrices {
  const T* data;
  const Index* offsets;
  Index rows, cols;
};
/// How many numbers a packed matrix of a cell takes.
constexpr Index packed_cell_size(Index rows, Index cols) { return rows * ((cols + 15) / 16 * 16); }
/// packed = w^T, the matrix (w.cols, w.rows) of a cell in the order in which sum_of_cell_products of the path in use reads it.
template <class T>
void pack_cell_matrix(ConstView<T> w, T* packed);

/// Where the results for the places of some lines lie.
template <class T>
struct Places {
  T* data;
  Index line_step, step;

  T* row(Index row, Index places) const { return data + row / places * line_step + row % places * step; }
};
/// y(r, c) = the sum over cells k, ascending, of the product over i of x(r, k, i) and w(k, i, c).  Each product is a chain that starts from
/// 0, and so is the sum.  Number k of a window is here the first of the w.rows numbers of its cell k.
template <class T>
void sum_of_cell_products(const Windows<T>& x, const CellMatrices<T>& w, const Places<T>& y);

// Depthwise convolution: each channel by itself.  Number k of a window is here the first channel of the window's cell k; the other channels
// follow it.

/// y(r, c) = bias[c] + the sum over cells k, ascending, of x(r, k, c) w(k, c), a chain of fused multiply-adds.  The matrices of w have one
/// row.  bias: (w.cols) or null
template <class T>
void depthwise(const Windows<T>& x, const CellMatrices<T>& w, const T* bias, const Places<T>& y);
/// dw(k, c) = the sum over rows r, ascending, of x(r, k, c) dy(r, c)
template <class T>
void depthwise_weight_gradient(const Windows<T>& x, ConstView<T> dy, View<T> dw);
/// Adds dy(r, c) w(k, c) to dx at x(r, k, c), row by row and cell by cell, each by one fused multiply-add.  dx is laid out as x is.
template <class T>
void depthwise_input_gradient(const Windows<T>& x, ConstView<T> dy, ConstView<T> w, T* dx);

}  // namespace normrun::nn::kernels
