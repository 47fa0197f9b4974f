// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_PRODUCTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_PRODUCTS_INL
#undef NORMRUN_KERNELS_PRODUCTS_INL
#else
#define NORMRUN_KERNELS_PRODUCTS_INL
#endif

#include <algorithm>

#include "nn/kernels/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::kernels::HWY_NAMESPACE {

// c = a b + start, in tiles of rows x vectors whose sums stay in registers while k ascends; kernels.hpp's chain of one output
// element is untouched by the tiling.  Deep products go block by block of k, a chain going on from what c holds.

inline constexpr int kTileRows = HWY_MAX_BYTES == 64 ? 6 : 4;
inline constexpr int kTileVectors = HWY_MAX_BYTES == 64 ? 4 : 3;  // 24 of 32 registers, 12 of 16
inline constexpr int kRowVectors = 8;                             // of a single row
inline constexpr Index kDepthBlock = 128;
inline constexpr Index kRowsWorthPacking = 16;

/// a as it lies in memory: rows x depth (x of y = x w), or depth x rows (x of dw = x^T dy).
template <class T>
struct RowMajor {
  const T* data;
  Index step;
  HWY_INLINE RowMajor from(Index row, Index k) const { return {data + row * step + k, step}; }
  HWY_INLINE Vector<T> broadcast(Index row, Index k) const { return fill(data[row * step + k]); }
};
template <class T>
struct ColumnMajor {
  const T* data;
  Index step;
  HWY_INLINE ColumnMajor from(Index row, Index k) const { return {data + k * step + row, step}; }
  HWY_INLINE Vector<T> broadcast(Index row, Index k) const { return fill(data[k * step + row]); }
};

/// One block of depth of some columns of b and c.
template <class T>
struct Panel {
  const T* b;
  Index b_step;
  Index depth;
  const T* start;  // of each chain: a bias (step 0), c itself, or null for 0
  Index start_step;
  T* c;
  Index c_step;
  HWY_INLINE Panel from(Index row) const {
    return {b, b_step, depth, start != nullptr ? start + row * start_step : nullptr, start_step, c + row * c_step, c_step};
  }
};

/// A tile of kRows x kVectors; `last` loads and stores the last vector of each row.
template <int kRows, int kVectors, class T, class Left, class Last>
HWY_INLINE void multiply_tile(Left a, const Panel<T>& panel, Last last) {
  constexpr Whole<T> kWhole;
  constexpr Index kLast = (kVectors - 1) * kWidth<T>;
  Vector<T> sum[kRows][kVectors];
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
    if (panel.start == nullptr) {
      NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) sum[r][v] = fill(T{0});
    } else {
      const T* start = panel.start + r * panel.start_step;
      NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) sum[r][v] = kWhole.load(start + v * kWidth<T>);
      sum[r][kVectors - 1] = last.load(start + kLast);
    }
  }
  const T* b = panel.b;
  for (Index k = 0; k < panel.depth; ++k, b += panel.b_step) {
    Vector<T> b_k[kVectors];
    NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) b_k[v] = kWhole.load(b + v * kWidth<T>);
    b_k[kVectors - 1] = last.load(b + kLast);
    NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
      const Vector<T> a_rk = a.broadcast(r, k);
      NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(a_rk, b_k[v], sum[r][v]);
    }
  }
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
    T* c = panel.c + r * panel.c_step;
    NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) kWhole.store(sum[r][v], c + v * kWidth<T>);
    last.store(sum[r][kVectors - 1], c + kLast);
  }
}

/// The rows that whole tiles leave over: 0 <= rows <= kRows.
template <int kRows, int kVectors, class T, class Left, class Last>
HWY_INLINE void multiply_rest(Left a, Index rows, const Panel<T>& panel, Last last) {
  if constexpr (kRows > 0) {
    if (rows == kRows) return multiply_tile<kRows, kVectors, T>(a, panel, last);
    multiply_rest<kRows - 1, kVectors, T>(a, rows, panel, last);
  }
}

template <int kRows, int kVectors, class T, class Left, class Last>
HWY_NOINLINE void multiply_panel(Left a, Index rows, const Panel<T>& panel, Last last) {
  Index row = 0;
  for (; row + kRows <= rows; row += kRows) multiply_tile<kRows, kVectors, T>(a.from(row, 0), panel.from(row), last);
  multiply_rest<kRows - 1, kVectors, T>(a.from(row, 0), rows - row, panel.from(row), last);
}

/// The last columns: fewer than kVectors vectors, the last one perhaps in part.
template <int kRows, int kVectors, class T, class Left>
HWY_INLINE void multiply_edge(Left a, Index rows, const Panel<T>& panel, Index cols) {
  if constexpr (kVectors > 0) {
    constexpr Index kBefore = (kVectors - 1) * kWidth<T>;
    if (cols > kBefore) return multiply_panel<kRows, kVectors, T>(a, rows, panel, Part<T>(cols - kBefore));
    multiply_edge<kRows, kVectors - 1, T>(a, rows, panel, cols);
  }
}

template <int kRows, int kVectors, class T, class Left>
void multiply(Left a, ConstView<T> b, const T* bias, View<T> c) {
  constexpr Index kCols = kVectors * kWidth<T>;
  HWY_ALIGN T packed[kDepthBlock * kCols];
  Index k = 0;
  do {
    const Index depth = std::min(kDepthBlock, b.rows - k);
    for (Index col = 0; col < c.cols; col += kCols) {
      Panel<T> panel{b.data + k * b.cols + col, b.cols, depth, bias != nullptr ? bias + col : nullptr, 0, c.data + col, c.cols};
      if (k > 0) {
        panel.start = panel.c;
        panel.start_step = panel.c_step;
      }
      if (col + kCols > c.cols) {
        multiply_edge<kRows, kVectors, T>(a.from(0, k), c.rows, panel, c.cols - col);
        break;
      }
      if (c.rows >= kRowsWorthPacking) {
        for (Index i = 0; i < depth; ++i) std::copy_n(panel.b + i * panel.b_step, kCols, packed + i * kCols);
        panel.b = packed;
        panel.b_step = kCols;
      }
      multiply_panel<kRows, kVectors, T>(a.from(0, k), c.rows, panel, Whole<T>());
    }
    k += depth;
  } while (k < b.rows);
}

template <class T>
void product(ConstView<T> x, ConstView<T> w, const T* bias, View<T> y) {
  const RowMajor<T> a{x.data, x.cols};
  if (y.rows == 1) return multiply<1, kRowVectors, T>(a, w, bias, y);
  multiply<kTileRows, kTileVectors, T>(a, w, bias, y);
}

template <class T>
void product_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw) {
  multiply<kTileRows, kTileVectors, T>(ColumnMajor<T>{x.data, x.cols}, dy, nullptr, dw);
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
