#pragma once

#include "core/matrix.hpp"

/// Pooling under the places of a window along one line of an image, channels last, each channel for itself.
namespace normrun::nn::kernels {

/// Cell (i, j) of place p has its channels at p * step + i * line + j * channels of the image from the first place's first cell on.
struct PooledLine {
  Index places, step;
  Index height, width;  // of the window, in cells
  Index line;           // from one line of the image to the next
  Index channels;

  Index cells() const { return height * width; }
};

/// y = the largest of the cells, or NaN where there is one.  y: (places, channels)
template <class T>
void pool_largest(const PooledLine& line, const T* x, T* y);
/// dx += dy at the first cell that is not less than y, which pool_largest gave.  dx like x
template <class T>
void pool_largest_backward(const PooledLine& line, const T* x, const T* y, const T* dy, T* dx);
/// y = the mean of the cells, added up in their order.
template <class T>
void pool_mean(const PooledLine& line, const T* x, T* y);
/// dx += dy / cells at each of them.
template <class T>
void pool_mean_backward(const PooledLine& line, const T* dy, T* dx);

}  // namespace normrun::nn::kernels
