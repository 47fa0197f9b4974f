// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_REPEATED_PRODUCTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_REPEATED_PRODUCTS_INL
#undef NORMRUN_KERNELS_REPEATED_PRODUCTS_INL
#else
#define NORMRUN_KERNELS_REPEATED_PRODUCTS_INL
#endif

#include <algorithm>

#include "nn/kernels/input_gradient-inl.hpp"
#include "nn/kernels/products-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

// A packed matrix is panel after panel of kPanelColumns columns; each panel is as deep as the matrix.  The last panel takes as much room as
// a whole one.

template <class T>
inline constexpr Index kPanelColumns = kTileVectors* kWidth<T>;

template <class T, class Matrix>
HWY_INLINE void pack_panels(Matrix b, Index depth, Index cols, T* to) {
  constexpr Index kCols = kPanelColumns<T>;
  for (Index col = 0; col < cols; col += kCols, to += depth * kCols) b.template pack<kCols>(0, col, depth, std::min(kCols, cols - col), to);
}

template <class T>
void pack(ConstView<T> w, T* packed) {
  pack_panels(Straight<T>{w.data, w.cols}, w.rows, w.cols, packed);
}

template <class T>
void pack_transposed(ConstView<T> w, T* packed) {
  pack_panels(Transposed<T>{w.data, w.cols}, w.cols, w.rows, packed);
}

template <class T>
void product_by_packed(ConstView<T> x, const T* packed, const T* bias, View<T> y, Range outputs) {
  constexpr Index kCols = kPanelColumns<T>;
  Kept<T> kept{bias, 0, y.data, y.cols};
  for (Index k = 0; k < x.cols; k += kDepthBlock<RowMajor<T>>) {
    const Index depth = std::min(kDepthBlock<RowMajor<T>>, x.cols - k);
    const RowMajor<T> a{x.data + k, x.cols};
    for (Index col = outputs.begin, end = 0; col < outputs.end; col = end) {
      const Index first = col / kCols * kCols;  // the first column of the panel, of which another thread may compute the rest
      end = std::min(first + kCols, outputs.end);
      const Panel<T> panel{packed + first * x.cols + k * kCols + (col - first), kCols, depth};
      multiply_columns<kTileRows, kTileVectors, T>(a, y.rows, panel, kept.from(0, col), end - col);
    }
    kept.start = kept.c;
    kept.start_step = kept.step;
  }
}

template <class T>
void continue_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw, Range inputs) {
  if (x.rows == 0) return;
  const ColumnMajor<T> a{x.data + inputs.begin, x.cols};
  T* const from = dw.row(inputs.begin);
  const Kept<T> kept{from, dw.cols, from, dw.cols};
  multiply<kTileRows, kTileVectors, T>(a, Straight<T>{dy.data, dy.cols}, Extent{inputs.size(), dw.cols, dy.rows}, kept);
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
