#pragma once

#include "core/matrix.hpp"

/// Pooling along one line of an image: a window stands at several places in turn.  Channels are last, and each channel is pooled by itself.
namespace normrun::nn::kernels {

/// Where the window's cells lie.  Cell (i, j) of place p has its channels at p * step + i * line + j * channels, counted from the first
/// cell of the first place.
struct PooledLine {
  Index places, step;
  Index height, width;  // of the window, in cells
  Index line;           // the distance from one line of the image to the next, in numbers
  Index channels;
  Index divisor;  // how many cells a mean counts
};

/// y = the largest of the cells, or NaN if any cell is NaN.  y: (places, channels)
template <class T>
void pool_largest(const PooledLine& line, const T* x, T* y);
/// dx += dy at the first cell that is not less than y.  y is the output of pool_largest.  dx is laid out as x is.
template <class T>
void pool_largest_backward(const PooledLine& line, const T* x, const T* y, const T* dy, T* dx);
/// y = the sum of the cells, added in their order, divided by the divisor.
template <class T>
void pool_mean(const PooledLine& line, const T* x, T* y);
/// dx += dy / divisor at each cell.
template <class T>
void pool_mean_backward(const PooledLine& line, const T* dy, T* dx);

}  // namespace normrun::nn::kernels
