#pragma once

#include "core/matrix.hpp"

/// Convolutions with stride 1 by fewer multiplications (Winograd 1980; Lavin and Gray 2016, section 4.1), along the lines of an image.
///
/// A line is divided into tiles.  The taps are the kernel's numbers along a line, and a tile's 7 - taps outputs follow from 6 inputs d and
/// the taps g.  Both are brought to six points, 0, 1, -1, 2, -2 and infinity, where one multiplication each is enough:
///
///   g(p) = (g_0 + g_1 p + g_2 p^2 + ...) / N_p,  N = 4, -6, -6, 24, 24;  at infinity the last tap
///   d(0) = 4 d_0 - 5 d_2 + d_4,  d(1), d(-1) = (d_4 - 4 d_2) +- (d_3 - 4 d_1),  d(2), d(-2) = (d_4 - d_2) +- 2 (d_3 - d_1),
///   d(infinity) = 4 d_1 - 5 d_3 + d_5
///   m(p) = the sum of d(p) g(p) over the kernel's lines and the inputs, a chain of fused multiply-adds in ascending order, from 0
///   y_j = the sum of p^j m(p) over the first five points;  y of the last place also adds m(infinity)
///
/// The gradients are those of these formulas: that of the inputs is the convolution of dy by the turned kernel, and that of the taps
/// brings dy to the points as if its numbers were taps without N, and the products back as if they were outputs.
/// The references in reference_winograd.hpp write the order of every sum out.
namespace normrun::nn::kernels {

inline constexpr Index kPoints = 6;

/// A convolution of an image (image_lines, image_places, inputs) with zeros around it: y is (lines, places, outputs).
struct LineConvolution {
  Index taps;          // 3 or 5: how many cells the kernel has along a line
  Index kernel_lines;  // and how many down
  Index image_lines, image_places;
  Index above, before;  // how many padded lines and places lie before the image; negative if the windows begin behind its beginning
  Index lines, places;
  Index inputs, outputs;  // channels, multiples of 16

  Index tile() const { return kPoints + 1 - taps; }
  Index tiles() const { return (places + tile() - 1) / tile(); }
  Index read_lines() const { return lines + kernel_lines - 1; }
  /// How many numbers an image at the points takes: (read_lines, tiles, kPoints, inputs).
  Index image_size() const { return read_lines() * tiles() * kPoints * inputs; }
  /// How many numbers the gradient of y at the points takes: (kPoints, lines * tiles, outputs).
  Index gradient_size() const { return kPoints * lines * tiles() * outputs; }
  /// How many numbers a kernel at the points takes.
  Index kernel_size() const { return kernel_lines * kPoints * inputs * outputs; }
};

/// Brings an image to the points.  The first `valid` places of each line count; the others are read as zeros.
template <class T>
void winograd_image(const LineConvolution& of, const T* x, Index valid, T* points);
/// Brings a kernel (kernel_lines, taps, inputs, outputs) to the points, in the order in which winograd_product of the path in use reads it.
template <class T>
void winograd_kernel(const LineConvolution& of, const T* w, T* packed);
/// The same for the kernel of the input gradient, where w is (kernel_lines, taps, outputs, inputs): lines and taps are in reverse order,
/// and the matrix of each cell is transposed.
template <class T>
void winograd_turned_kernel(const LineConvolution& of, const T* w, T* packed);
/// y = image * kernel + bias.  bias: (outputs) or null
template <class T>
void winograd_product(const LineConvolution& of, const T* image, const T* packed, const T* bias, T* y);
/// Brings dy (lines, places, outputs) to the points.
template <class T>
void winograd_gradient(const LineConvolution& of, const T* dy, T* points);
/// dw = the sums of products (kPoints, kernel_lines * inputs, outputs) brought back to the taps.
template <class T>
void winograd_kernel_gradient(const LineConvolution& of, const T* sums, T* dw);

}  // namespace normrun::nn::kernels
