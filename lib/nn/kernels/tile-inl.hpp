// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_TILE_INL
#undef NORMRUN_KERNELS_TILE_INL
#else
#define NORMRUN_KERNELS_TILE_INL
#endif

#include "nn/kernels/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::kernels::HWY_NAMESPACE {

// One tile of a b: rows x vectors whose sums stay in registers while k ascends; kernels.hpp's chain of one output element is
// untouched by the tiling.

inline constexpr int kTileRows = 6;
inline constexpr int kTileVectors = HWY_MAX_BYTES == 64 ? 4 : 2;  // 24 of 32 registers, 12 of 16

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

/// Some columns of b.
template <class T>
struct Panel {
  const T* b;
  Index step;
  Index depth;
};

/// Where sums go that are kept: c itself, each chain starting from a bias (start_step 0), from what c holds, or from null: 0.
template <class T>
struct Kept {
  const T* start;
  Index start_step;
  T* c;
  Index step;
  HWY_INLINE Kept from(Index row, Index col) const {
    return {start != nullptr ? start + row * start_step + col : nullptr, start_step, c + row * step + col, step};
  }
  template <class Access>
  HWY_INLINE Vector<T> first(Index row, Index col, Access access) const {
    return start == nullptr ? fill(T{0}) : access.load(start + row * start_step + col);
  }
  template <class Access>
  HWY_INLINE void finish(Index row, Index col, Access access, Vector<T> sum) const {
    access.store(sum, c + row * step + col);
  }
};

/// A tile of kRows x kVectors; `last` loads and stores the last vector of each row.
template <int kRows, int kVectors, class T, class Left, class Sink, class Last>
HWY_INLINE void multiply_tile(Left a, const Panel<T>& panel, const Sink& sink, Last last) {
  constexpr Whole<T> kWhole;
  constexpr Index kLast = (kVectors - 1) * kWidth<T>;
  Vector<T> sum[kRows][kVectors];
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
    NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) sum[r][v] = sink.first(r, v * kWidth<T>, kWhole);
    sum[r][kVectors - 1] = sink.first(r, kLast, last);
  }
  const T* b = panel.b;
  for (Index k = 0; k < panel.depth; ++k, b += panel.step) {
    Vector<T> b_k[kVectors];
    NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) b_k[v] = kWhole.load(b + v * kWidth<T>);
    b_k[kVectors - 1] = last.load(b + kLast);
    NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
      const Vector<T> a_rk = a.broadcast(r, k);
      NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(a_rk, b_k[v], sum[r][v]);
    }
  }
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
    NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) sink.finish(r, v * kWidth<T>, kWhole, sum[r][v]);
    sink.finish(r, kLast, last, sum[r][kVectors - 1]);
  }
}

/// The rows that whole tiles leave over: 0 <= rows <= kRows.
template <int kRows, int kVectors, class T, class Left, class Sink, class Last>
HWY_INLINE void multiply_rest(Left a, Index rows, const Panel<T>& panel, const Sink& sink, Last last) {
  if constexpr (kRows > 0) {
    if (rows == kRows) return multiply_tile<kRows, kVectors, T>(a, panel, sink, last);
    multiply_rest<kRows - 1, kVectors, T>(a, rows, panel, sink, last);
  }
}

/// Every row by one panel.
template <int kRows, int kVectors, class T, class Left, class Sink, class Last>
HWY_NOINLINE void multiply_panel(Left a, Index rows, const Panel<T>& panel, const Sink& shared, Last last) {
  const Sink sink = shared;  // a copy that no store can reach
  Index row = 0;
  for (; row + kRows <= rows; row += kRows) multiply_tile<kRows, kVectors, T>(a.from(row, 0), panel, sink.from(row, 0), last);
  multiply_rest<kRows - 1, kVectors, T>(a.from(row, 0), rows - row, panel, sink.from(row, 0), last);
}

/// The last columns: fewer than kVectors vectors, the last one perhaps in part.
template <int kRows, int kVectors, class T, class Left, class Sink>
HWY_INLINE void multiply_edge(Left a, Index rows, const Panel<T>& panel, const Sink& sink, Index cols) {
  if constexpr (kVectors > 0) {
    constexpr Index kBefore = (kVectors - 1) * kWidth<T>;
    if (cols > kBefore) return multiply_panel<kRows, kVectors, T>(a, rows, panel, sink, Part<T>(cols - kBefore));
    multiply_edge<kRows, kVectors - 1, T>(a, rows, panel, sink, cols);
  }
}

/// Every row by the next `cols` columns of b, at most kVectors vectors of them.
template <int kRows, int kVectors, class T, class Left, class Sink>
HWY_INLINE void multiply_columns(Left a, Index rows, const Panel<T>& panel, const Sink& sink, Index cols) {
  if (cols >= kVectors * kWidth<T>) return multiply_panel<kRows, kVectors, T>(a, rows, panel, sink, Whole<T>());
  multiply_edge<kRows, kVectors, T>(a, rows, panel, sink, cols);
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
