// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_CELL_PRODUCTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_CELL_PRODUCTS_INL
#undef NORMRUN_KERNELS_CELL_PRODUCTS_INL
#else
#define NORMRUN_KERNELS_CELL_PRODUCTS_INL
#endif

#include <algorithm>

#include "nn/kernels/windows-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

// Sums of products over cells.  A tile of neighbouring places keeps its sums in registers, those of one cell and those of all cells before
// it, so that nothing reaches memory but the results.  A packed matrix is panel after panel of kCellVectors vectors of columns; panels of
// one vector have the columns left.

inline constexpr int kCellVectors = 2;
inline constexpr int kCellSums = HWY_MAX_BYTES == 64 ? 14 : 6;  // twice as many registers of 32, or 16, hold sums

/// Computes a tile of kRows places from x on and kVectors vectors of columns from `col` on.
template <int kRows, int kVectors, class T, class Last>
HWY_INLINE void cell_products_tile(const T* x, const Windows<T>& windows, const CellMatrices<T>& w, Index col, T* y, Index y_step,
                                   Last last) {
  constexpr Whole<T> kWhole;
  constexpr Index kLast = (kVectors - 1) * kWidth<T>;
  constexpr Index kGroup = 7;  // rows whose distances from their first one are the same for all groups and stay in registers
  const Index step = windows.step;
  Vector<T> total[kRows][kVectors];
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) { NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) total[r][v] = fill(T{0}); }
  for (Index k = 0; k < windows.depth; ++k) {
    const T* a = x + windows.offsets[k];
    const T* b = w.data + w.offsets[k] + col * w.rows;
    Vector<T> sum[kRows][kVectors];
    NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) { NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) sum[r][v] = fill(T{0}); }
    for (const T* const end = a + w.rows; a < end; ++a, b += kVectors * kWidth<T>) {
      Vector<T> b_i[kVectors];
      NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) b_i[v] = kWhole.load(b + v * kWidth<T>);
      b_i[kVectors - 1] = last.load(b + kLast);
      NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
        const Vector<T> a_r = fill((a + r / kGroup * (kGroup * step))[r % kGroup * step]);
        NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(a_r, b_i[v], sum[r][v]);
      }
    }
    NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
      NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) total[r][v] = hn::Add(total[r][v], sum[r][v]);
    }
  }
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
    NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) kWhole.store(total[r][v], y + r * y_step + v * kWidth<T>);
    last.store(total[r][kVectors - 1], y + r * y_step + kLast);
  }
}

/// Computes a tile of some rows: 0 <= rows <= kRows.
template <int kRows, int kVectors, class T, class Last>
HWY_INLINE void cell_products_rows(const T* x, Index rows, const Windows<T>& windows, const CellMatrices<T>& w, Index col, T* y,
                                   Index y_step, Last last) {
  if constexpr (kRows > 0) {
    if (rows == kRows) return cell_products_tile<kRows, kVectors, T>(x, windows, w, col, y, y_step, last);
    cell_products_rows<kRows - 1, kVectors, T>(x, rows, windows, w, col, y, y_step, last);
  }
}

/// Computes kVectors vectors of columns from `col` on for every place.
template <int kVectors, class T, class Last>
HWY_NOINLINE void cell_products_columns(const Windows<T>& shared_windows, const CellMatrices<T>& shared_w, Index col,
                                        const Places<T>& shared_y, Last last) {
  constexpr Index kRows = kCellSums / kVectors;
  const Windows<T> windows = shared_windows;  // copies that no store can reach
  const CellMatrices<T> w = shared_w;
  const Places<T> y = shared_y;
  for (Index line = 0; line < windows.lines; ++line) {
    const T* const x = windows.data + line * windows.line_step;
    T* const to = y.data + line * y.line_step + col;
    for (Index i = 0, rows = 0; i < windows.places; i += rows) {
      rows = even_tile(windows.places - i, kRows);
      cell_products_rows<kRows, kVectors, T>(x + i * windows.step, rows, windows, w, col, to + i * y.step, y.step, last);
    }
  }
}

template <class T>
void pack_cell_matrix(ConstView<T> w, T* packed) {
  constexpr Index kCols = kCellVectors * kWidth<T>;
  const Transposed<T> turned{w.data, w.cols};
  Index col = 0;
  for (; col + kCols <= w.rows; col += kCols) turned.template pack<kCols>(0, col, w.cols, kCols, packed + col * w.cols);
  for (; col < w.rows; col += kWidth<T>)
    turned.template pack<kWidth<T>>(0, col, w.cols, std::min(kWidth<T>, w.rows - col), packed + col * w.cols);
}

template <class T>
void sum_of_cell_products(const Windows<T>& x, const CellMatrices<T>& w, const Places<T>& y) {
  constexpr Index kCols = kCellVectors * kWidth<T>;
  Index col = 0;
  for (; col + kCols <= w.cols; col += kCols) cell_products_columns<kCellVectors, T>(x, w, col, y, Whole<T>());
  for (; col + kWidth<T> <= w.cols; col += kWidth<T>) cell_products_columns<1, T>(x, w, col, y, Whole<T>());
  if (col < w.cols) cell_products_columns<1, T>(x, w, col, y, Partial<T>(w.cols - col));
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
