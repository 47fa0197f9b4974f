// Kernels under a window over an image: every path gives the reference's bits.

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "nn/kernels/pooling.hpp"
#include "nn/kernels/windows.hpp"
#include "nn/kernels/winograd.hpp"
#include "nn/kernels_agreement.hpp"

using namespace normrun;

namespace {

/// Windows of 2 x 3 (or what fits) over a matrix, every second place of each line.
template <class T>
class WindowsOver {
 public:
  explicit WindowsOver(ConstView<T> image) {
    const Index height = std::min<Index>(2, image.rows), width = std::min<Index>(3, image.cols);
    for (Index i = 0; i < height; ++i) {
      for (Index j = 0; j < width; ++j) offsets_.push_back(i * image.cols + j);
    }
    windows = {.data = image.data,
               .lines = image.rows - height + 1,
               .line_step = image.cols,
               .places = (image.cols - width) / 2 + 1,
               .step = 2,
               .offsets = offsets_.data(),
               .depth = height * width};
  }
  nn::kernels::Windows<T> windows;

 private:
  std::vector<Index> offsets_;
};

template <class T>
const std::vector<Case<T>> kWindows{
    {"product of windows",
     [](Arena<T>& a) {
       const WindowsOver<T> x(a.x());
       nn::kernels::product_of_windows<T>(x.windows, a.matrix(x.windows.depth, a.outputs), a.bias(),
                                          a.result_matrix(x.windows.rows(), a.outputs));
     }},
    {"weight gradient of windows",
     [](Arena<T>& a) {
       const WindowsOver<T> x(a.x());
       const ConstView<T> dy = a.matrix(x.windows.rows(), a.outputs);
       const View<T> dw = a.result_matrix(x.windows.depth, a.outputs);
       nn::kernels::product_of_windows_weight_gradient<T>(x.windows, dy, dw, nn::kernels::Sums::kWritten);
       nn::kernels::product_of_windows_weight_gradient<T>(x.windows, dy, dw, nn::kernels::Sums::kAdded);
     }},
};

/// Cells of so many channels as the arena has outputs, under windows of 2 x 3 (or what fits).
template <class T>
class CellsOver {
 public:
  explicit CellsOver(Arena<T>& a) : channels(a.outputs), image(a.matrix(a.rows, a.cols * a.outputs)) {
    const Index height = std::min<Index>(2, a.rows), width = std::min<Index>(3, a.cols);
    for (Index i = 0; i < height; ++i) {
      for (Index j = 0; j < width; ++j) offsets_.push_back(i * image.cols + j * channels);
    }
    windows = {.data = image.data,
               .lines = a.rows - height + 1,
               .line_step = image.cols,
               .places = (a.cols - width) / 2 + 1,
               .step = 2 * channels,
               .offsets = offsets_.data(),
               .depth = height * width};
  }
  Index channels;
  ConstView<T> image;
  nn::kernels::Windows<T> windows;

 private:
  std::vector<Index> offsets_;
};

/// Places of so many columns, two columns apart.
template <class T>
nn::kernels::Places<T> places_of(Arena<T>& a, const nn::kernels::Windows<T>& x, Index cols) {
  return {a.result_matrix(x.rows(), cols + 2).data, x.places * (cols + 2), cols + 2};
}

template <class T>
void depthwise(Arena<T>& a, const T* bias) {
  const CellsOver<T> x(a);
  std::vector<Index> offsets;
  for (Index k = x.windows.depth; k-- > 0;) offsets.push_back(k * x.channels);
  const ConstView<T> w = a.matrix(x.windows.depth, x.channels);
  nn::kernels::depthwise<T>(x.windows, {w.data, offsets.data(), 1, x.channels}, bias, places_of(a, x.windows, x.channels));
}

template <class T>
const std::vector<Case<T>> kDepthwise{
    {"depthwise", [](Arena<T>& a) { depthwise<T>(a, a.bias()); }},
    {"depthwise without bias", [](Arena<T>& a) { depthwise<T>(a, nullptr); }},
    {"depthwise weight gradient",
     [](Arena<T>& a) {
       const CellsOver<T> x(a);
       nn::kernels::depthwise_weight_gradient<T>(x.windows, a.matrix(x.windows.rows(), x.channels),
                                                 a.result_matrix(x.windows.depth, x.channels));
     }},
    {"depthwise input gradient",
     [](Arena<T>& a) {
       const CellsOver<T> x(a);
       const View<T> dx = a.result_matrix(x.image.rows, x.image.cols);
       nn::kernels::depthwise_input_gradient<T>(x.windows, a.matrix(x.windows.rows(), x.channels), a.matrix(x.windows.depth, x.channels),
                                                dx.data);
     }},
};

template <class T>
const std::vector<Case<T>> kCellProducts{
    {"sum of cell products",
     [](Arena<T>& a) {
       const CellsOver<T> x(a);
       const Index size = nn::kernels::packed_cell_size(x.channels, a.cols);
       Buffer<T> packed(static_cast<std::size_t>(x.windows.depth * size));
       std::vector<Index> offsets;
       for (Index k = x.windows.depth; k-- > 0;) {
         offsets.push_back(k * size);
         nn::kernels::pack_cell_matrix<T>(a.matrix(a.cols, x.channels), packed.data() + k * size);
       }
       nn::kernels::sum_of_cell_products<T>(x.windows, {packed.data(), offsets.data(), x.channels, a.cols},
                                            places_of(a, x.windows, a.cols));
     }},
};

/// A convolution with two kernel lines over an image of rows x cols, padded above and before; the arena's outputs are its taps.
template <class T>
nn::kernels::LineConvolution line_convolution(const Arena<T>& a) {
  return {.taps = a.outputs,
          .kernel_lines = 2,
          .image_lines = a.rows,
          .image_places = a.cols,
          .above = 1,
          .before = 2,
          .lines = a.rows,
          .places = a.cols,
          .inputs = 16,
          .outputs = 32};
}

template <class T>
void winograd_product(Arena<T>& a, const T* bias, void (*pack)(const nn::kernels::LineConvolution&, const T*, T*)) {
  const nn::kernels::LineConvolution of = line_convolution(a);
  Buffer<T> packed(static_cast<std::size_t>(of.kernel_size()));
  pack(of, a.matrix(of.kernel_lines * of.taps * of.inputs, of.outputs).data, packed.data());
  nn::kernels::winograd_product<T>(of, a.matrix(1, of.image_size()).data, packed.data(), bias,
                                   a.result_matrix(of.lines * of.places, of.outputs).data);
}

template <class T>
const std::vector<Case<T>> kWinograd{
    {"image at the points",
     [](Arena<T>& a) {
       const nn::kernels::LineConvolution of = line_convolution(a);
       const T* const x = a.matrix(a.rows * a.cols, of.inputs).data;
       nn::kernels::winograd_image<T>(of, x, a.cols, a.result_matrix(1, of.image_size()).data);
       nn::kernels::winograd_image<T>(of, x, a.cols / 2, a.result_matrix(1, of.image_size()).data);
     }},
    {"product at the points", [](Arena<T>& a) { winograd_product<T>(a, nullptr, nn::kernels::winograd_kernel<T>); }},
    {"product by the turned kernel",
     [](Arena<T>& a) { winograd_product<T>(a, a.matrix(1, 32).data, nn::kernels::winograd_turned_kernel<T>); }},
    {"gradient at the points",
     [](Arena<T>& a) {
       const nn::kernels::LineConvolution of = line_convolution(a);
       nn::kernels::winograd_gradient<T>(of, a.matrix(of.lines * of.places, of.outputs).data, a.result_matrix(1, of.gradient_size()).data);
     }},
    {"gradient of the kernel",
     [](Arena<T>& a) {
       const nn::kernels::LineConvolution of = line_convolution(a);
       nn::kernels::winograd_kernel_gradient<T>(of, a.matrix(1, of.kernel_size()).data,
                                                a.result_matrix(of.kernel_lines * of.taps * of.inputs, of.outputs).data);
     }},
};

/// Windows of 3 x 2 cells, of so many channels as the arena has outputs: side by side, or each by a cell beside the one before.
template <class T>
class PooledImage {
 public:
  PooledImage(Arena<T>& a, Index step)
      : line{.places = a.cols,
             .step = step * a.outputs,
             .height = 3,
             .width = 2,
             .line = 2 * a.cols * a.outputs,
             .channels = a.outputs,
             .divisor = 7},
        x(a.matrix(line.height, line.line)),
        dy(a.matrix(line.places, line.channels)),
        y(a.result_matrix(line.places, line.channels)),
        dx(a.result_matrix(line.height, line.line)) {}
  nn::kernels::PooledLine line;
  ConstView<T> x, dy;
  View<T> y, dx;
};

template <class T>
void pool_largest(Arena<T>& a, Index step) {
  const PooledImage<T> image(a, step);
  nn::kernels::pool_largest<T>(image.line, image.x.data, image.y.data);
  nn::kernels::pool_largest_backward<T>(image.line, image.x.data, image.y.data, image.dy.data, image.dx.data);
}
template <class T>
void pool_mean(Arena<T>& a, Index step) {
  const PooledImage<T> image(a, step);
  nn::kernels::pool_mean<T>(image.line, image.x.data, image.y.data);
  nn::kernels::pool_mean_backward<T>(image.line, image.dy.data, image.dx.data);
}

template <class T>
const std::vector<Case<T>> kPooling{
    {"largest", [](Arena<T>& a) { pool_largest(a, 2); }},
    {"largest, overlapping", [](Arena<T>& a) { pool_largest(a, 1); }},
    {"mean", [](Arena<T>& a) { pool_mean(a, 2); }},
    {"mean, overlapping", [](Arena<T>& a) { pool_mean(a, 1); }},
};

}  // namespace

TEST_CASE_TEMPLATE("products of windows: every path gives the reference's bits", T, float, double) {
  check_paths_agree(kWindows<T>, {{1, 2, 3, 9}, {1, 2, 3, 8, 15, 131}, {1, 7, 16, 33}});
}

TEST_CASE_TEMPLATE("depthwise products: every path gives the reference's bits", T, float, double) {
  check_paths_agree(kDepthwise<T>, {{1, 2, 5}, {1, 3, 8}, {1, 7, 16, 33}});
}

TEST_CASE_TEMPLATE("cell products: every path gives the reference's bits", T, float, double) {
  check_paths_agree(kCellProducts<T>, {{1, 2, 5}, {1, 3, 8, 16, 33, 50}, {1, 7, 16, 33}});
}

TEST_CASE_TEMPLATE("convolutions at the points: every path gives the reference's bits", T, float, double) {
  check_paths_agree(kWinograd<T>, {{1, 3}, {2, 3, 8, 13}, {3, 5}});
}

TEST_CASE_TEMPLATE("pooling: every path gives the reference's bits", T, float, double) {
  check_paths_agree(kPooling<T>, {{1}, {1, 2, 9}, {1, 3, 8, 16, 23, 64}});
}
