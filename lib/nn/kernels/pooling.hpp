#pragma once

#include "core/matrix.hpp"

/// Pooling under the places of a window along one line of an image.  Channels are last, and each channel is pooled by itself.
namespace normrun::nn::kernels {

/// Where the cells lie: cell (i, j) of place p has its channels at p * step + i * line + j * channels, counted from the first cell of the
/// first place.
struct PooledLine {
  Index places, step;
  Index height, width;  // the window's, in cells
  Index line;           // the step from one line of the image to the next
  Index channels;
  Index divisor;  // of the mean: how many cells count
};

/// y = the largest of the cells, or NaN if any cell is NaN.  y: (places, channels)
template <class T>
void pool_largest(const PooledLine& line, const T* x, T* y);
/// dx += dy at the first cell that is not less than y, the output of pool_largest.  dx has the places of x.
template <class T>
void pool_largest_backward(const PooledLine& line, const T* x, const T* y, const T* dy, T* dx);
/// y = the sum of the cells, which are added up in their order, divided by the divisor.
template <class T>
void pool_mean(const PooledLine& line, const T* x, T* y);
/// dx += dy / divisor at each cell.
template <class T>
void pool_mean_backward(const PooledLine& line, const T* dy, T* dx);

}  // namespace normrun::nn::kernels
