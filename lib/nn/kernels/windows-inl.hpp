// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_WINDOWS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_WINDOWS_INL
#undef NORMRUN_KERNELS_WINDOWS_INL
#else
#define NORMRUN_KERNELS_WINDOWS_INL
#endif

#include "nn/kernels/lanes-inl.hpp"
#include "nn/kernels/products-inl.hpp"
#include "nn/kernels/windows.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

/// The windows of one line, as the left side of a product.
template <class T>
struct WindowLine {
  const T* data;
  Index step;
  const Index* offsets;
  HWY_INLINE WindowLine from(Index row, Index k) const { return {data + row * step, step, offsets + k}; }
  /// Rows are addressed by groups.  The distances within a group are the same in all groups, so they stay in registers.
  HWY_INLINE Vector<T> broadcast(Index row, Index k) const {
    constexpr Index kGroup = 7;
    const T* const group = data + offsets[k] + row / kGroup * (kGroup * step);
    return fill(group[row % kGroup * step]);
  }
};

/// The windows of all lines, one line after another, as the left side of a product.
template <class T>
struct WindowLines {
  WindowLine<T> first;
  Index lines, line_step;
  Index places;
  HWY_INLINE WindowLines from(Index /*row: the first*/, Index k) const { return {first.from(0, k), lines, line_step, places}; }
};

/// Returns how many of the rows that are left the next tile takes.  Tiles are as equal as possible, and none has more than `most` rows.
HWY_INLINE Index even_tile(Index left, Index most) {
  const Index tiles = (left + most - 1) / most;
  return (left + tiles - 1) / tiles;
}

/// Computes every line of one panel.
template <int kShortRows, int kVectors, class T, class Sink, class Last>
HWY_NOINLINE void multiply_panel(const WindowLines<T>& a, Index /*rows*/, const Panel<T>& panel, const Sink& shared, Last last) {
  constexpr int kRows = kVectors > kTileVectors / 2 ? kShortRows : HWY_MAX_BYTES == 64 ? 14 : 12;
  const Sink sink = shared;  // a copy that no store can reach
  WindowLine<T> line = a.first;
  for (Index l = 0; l < a.lines; ++l, line.data += a.line_step) {
    for (Index i = 0, rows = 0; i < a.places; i += rows) {
      rows = even_tile(a.places - i, kRows);
      multiply_rest<kRows, kVectors, T>(line.from(i, 0), rows, panel, sink.from(l * a.places + i, 0), last);
    }
  }
}

template <class T>
void product_of_windows(const Windows<T>& x, ConstView<T> w, const T* bias, View<T> y) {
  const WindowLines<T> a{{x.data, x.step, x.offsets}, x.lines, x.line_step, x.places};
  multiply<kTileRows, kTileVectors, T>(a, Straight<T>{w.data, w.cols}, Extent{y.rows, y.cols, x.depth}, Kept<T>{bias, 0, y.data, y.cols});
}

/// A sink of sums that writes them, or adds them to what is there.
template <class T>
struct WrittenOrAdded {
  T* to;
  Index step;
  Sums sums;
  HWY_INLINE WrittenOrAdded from(Index row, Index col) const { return {to + row * step + col, step, sums}; }
  template <class Access>
  HWY_INLINE void finish(Vector<T> sum, T* at, Access access) const {
    access.store(sums == Sums::kAdded ? hn::Add(access.load(at), sum) : sum, at);
  }
  template <int kVectors, class Last>
  HWY_INLINE void finish_row(Index row, const Vector<T> (&sum)[kVectors], Last last) const {
    T* const at = to + row * step;
    NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) finish(sum[v], at + v * kWidth<T>, Whole<T>());
    finish(sum[kVectors - 1], at + (kVectors - 1) * kWidth<T>, last);
  }
};

/// Computes kRows rows of dw, whose sums stay in registers over all windows.
template <int kRows, int kVectors, class T, class Last>
HWY_NOINLINE void window_gradient_tile(const Windows<T>& x, Index row, const T* dy, Index dy_step, const WrittenOrAdded<T>& dw, Last last) {
  constexpr Whole<T> kWhole;
  constexpr Index kLast = (kVectors - 1) * kWidth<T>;
  const T* a[kRows];
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) a[r] = x.data + x.offsets[row + r];
  Vector<T> sum[kRows][kVectors];
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) { NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) sum[r][v] = fill(T{0}); }
  for (Index line = 0; line < x.lines; ++line) {
    Index at = line * x.line_step;
    for (Index i = 0; i < x.places; ++i, at += x.step, dy += dy_step) {
      Vector<T> dy_i[kVectors];
      NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) dy_i[v] = kWhole.load(dy + v * kWidth<T>);
      dy_i[kVectors - 1] = last.load(dy + kLast);
      NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
        const Vector<T> a_r = fill(a[r][at]);
        NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(a_r, dy_i[v], sum[r][v]);
      }
    }
  }
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) dw.finish_row(r, sum[r], last);
}

/// Computes some rows of dw: 0 <= rows <= kRows.
template <int kRows, int kVectors, class T, class Last>
HWY_INLINE void window_gradient_rows(const Windows<T>& x, Index row, Index rows, const T* dy, Index dy_step, const WrittenOrAdded<T>& dw,
                                     Last last) {
  if constexpr (kRows > 0) {
    if (rows == kRows) return window_gradient_tile<kRows, kVectors, T>(x, row, dy, dy_step, dw, last);
    window_gradient_rows<kRows - 1, kVectors, T>(x, row, rows, dy, dy_step, dw, last);
  }
}

/// Computes all rows of some columns of dw.
template <int kVectors, class T, class Last>
void window_gradient_panel(const Windows<T>& x, const T* dy, Index dy_step, const WrittenOrAdded<T>& dw, Last last) {
  constexpr int kRows = kTileRows * (kVectors <= kTileVectors / 2 ? 2 : 1);
  for (Index row = 0, rows = 0; row < x.depth; row += rows) {
    rows = even_tile(x.depth - row, kRows);
    window_gradient_rows<kRows, kVectors, T>(x, row, rows, dy, dy_step, dw.from(row, 0), last);
  }
}

/// Computes the columns of dw from `col` on.  It takes kVectors vectors at a time while so many are left, and then fewer.
template <int kVectors, class T>
void window_gradient_columns(const Windows<T>& x, ConstView<T> dy, Index col, const WrittenOrAdded<T>& dw) {
  constexpr Index kCols = kVectors * kWidth<T>;
  for (; col + kCols <= dy.cols; col += kCols) window_gradient_panel<kVectors, T>(x, dy.data + col, dy.cols, dw.from(0, col), Whole<T>());
  if constexpr (kVectors > 1) {
    window_gradient_columns<kVectors / 2, T>(x, dy, col, dw);
  } else if (col < dy.cols) {
    window_gradient_panel<1, T>(x, dy.data + col, dy.cols, dw.from(0, col), Partial<T>(dy.cols - col));
  }
}

template <class T>
void product_of_windows_weight_gradient(const Windows<T>& x, ConstView<T> dy, View<T> dw, Sums sums) {
  window_gradient_columns<kTileVectors, T>(x, dy, 0, WrittenOrAdded<T>{dw.data, dw.cols, sums});
}

/// Calls body(row, at) for every place.  `at` is the distance of the place from the first place.
template <class T, class Body>
HWY_INLINE void for_each_place(const Windows<T>& x, const Body& body) {
  for (Index line = 0, row = 0; line < x.lines; ++line) {
    for (Index i = 0; i < x.places; ++i, ++row) body(row, line * x.line_step + i * x.step);
  }
}

inline constexpr int kPlacesBeside = 4;  // chains of multiply-adds side by side

template <class T>
void depthwise(const Windows<T>& x, const CellMatrices<T>& w, const T* bias, const Places<T>& y) {
  for (Index line = 0; line < x.lines; ++line) {
    for_row_groups<kPlacesBeside>(x.places, [&](Index place, auto count) NORMRUN_LAMBDA {
      const T* const from = x.data + line * x.line_step + place * x.step;
      T* const to = y.data + line * y.line_step + place * y.step;
      sweep<T>(w.cols, [&](Index c, auto access) NORMRUN_LAMBDA {
        Vector<T> sum[count.value];
        const Vector<T> start = bias != nullptr ? access.load(bias + c) : fill(T{0});
        NORMRUN_UNROLL for (int i = 0; i < count.value; ++i) sum[i] = start;
        for (Index k = 0; k < x.depth; ++k) {
          const Vector<T> w_k = access.load(w.data + w.offsets[k] + c);
          const T* const x_k = from + x.offsets[k] + c;
          NORMRUN_UNROLL for (int i = 0; i < count.value; ++i) sum[i] = hn::MulAdd(access.load(x_k + i * x.step), w_k, sum[i]);
        }
        NORMRUN_UNROLL for (int i = 0; i < count.value; ++i) access.store(sum[i], to + i * y.step + c);
      });
    });
  }
}

inline constexpr int kCellsBeside = 9;  // of which each has a chain of multiply-adds: all of a usual window

/// Computes kCells rows of dw from row k on.
template <int kCells, class T>
HWY_NOINLINE void depthwise_gradient_cells(const Windows<T>& x, ConstView<T> dy, Index k, View<T> dw) {
  sweep<T>(dy.cols, [&](Index c, auto access) NORMRUN_LAMBDA {
    const T* from[kCells];
    Vector<T> sum[kCells];
    NORMRUN_UNROLL for (int i = 0; i < kCells; ++i) {
      from[i] = x.data + x.offsets[k + i] + c;
      sum[i] = fill(T{0});
    }
    for_each_place(x, [&](Index row, Index at) NORMRUN_LAMBDA {
      const Vector<T> dy_r = access.load(dy.row(row) + c);
      NORMRUN_UNROLL for (int i = 0; i < kCells; ++i) sum[i] = hn::MulAdd(access.load(from[i] + at), dy_r, sum[i]);
    });
    NORMRUN_UNROLL for (int i = 0; i < kCells; ++i) access.store(sum[i], dw.row(k + i) + c);
  });
}

/// Computes some rows of dw: 0 <= cells <= kCells.
template <int kCells, class T>
HWY_INLINE void depthwise_gradient_rows(const Windows<T>& x, ConstView<T> dy, Index k, Index cells, View<T> dw) {
  if constexpr (kCells > 0) {
    if (cells == kCells) return depthwise_gradient_cells<kCells, T>(x, dy, k, dw);
    depthwise_gradient_rows<kCells - 1, T>(x, dy, k, cells, dw);
  }
}

template <class T>
void depthwise_weight_gradient(const Windows<T>& x, ConstView<T> dy, View<T> dw) {
  for (Index k = 0, cells = 0; k < x.depth; k += cells) {
    cells = even_tile(x.depth - k, kCellsBeside);
    depthwise_gradient_rows<kCellsBeside, T>(x, dy, k, cells, dw);
  }
}

template <class T>
void depthwise_input_gradient(const Windows<T>& x, ConstView<T> dy, ConstView<T> w, T* dx) {
  for_each_place(x, [&](Index row, Index at) NORMRUN_LAMBDA {
    for (Index k = 0; k < x.depth; ++k) {
      T* const to = dx + at + x.offsets[k];
      const T* const w_k = w.row(k);
      sweep<T>(dy.cols, [&](Index c, auto access) NORMRUN_LAMBDA {
        access.store(hn::MulAdd(access.load(dy.row(row) + c), access.load(w_k + c), access.load(to + c)), to + c);
      });
    }
  });
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
