// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_INPUT_GRADIENT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_INPUT_GRADIENT_INL
#undef NORMRUN_KERNELS_INPUT_GRADIENT_INL
#else
#define NORMRUN_KERNELS_INPUT_GRADIENT_INL
#endif

#include "nn/kernels/products-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

// In dx = dy w^T the right side w^T lies transposed in memory, so blocks of w are turned (transposed) in registers.  For many rows of dy,
// each block is turned once and stored in a packed panel; for few rows, it is turned whenever the sums need it.

/// A tile of dx: kRows rows of kVectors vectors.
template <int kRows, int kVectors, class T>
HWY_INLINE void turned_tile(const T* dy, const T* w, Index outputs, T* dx, Index dx_step) {
  Vector<T> sum[kRows][kVectors];
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) { NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) sum[r][v] = fill(T{0}); }
  Index o = 0;
  for (; o + kDeep<T> <= outputs; o += kDeep<T>) {
    NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) {
      Vector<T> turned[kDeep<T>];
      turn(w + v * kWidth<T> * outputs + o, outputs, turned);
      NORMRUN_UNROLL for (Index j = 0; j < kDeep<T>; ++j) {
        NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) sum[r][v] = hn::MulAdd(fill(dy[r * outputs + o + j]), turned[j], sum[r][v]);
      }
    }
  }
  for (; o < outputs; ++o) {
    NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) {
      HWY_ALIGN T column[kWidth<T>];
      for (Index i = 0; i < kWidth<T>; ++i) column[i] = w[(v * kWidth<T> + i) * outputs + o];
      NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
        sum[r][v] = hn::MulAdd(fill(dy[r * outputs + o]), Whole<T>().load(column), sum[r][v]);
      }
    }
  }
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
    NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) Whole<T>().store(sum[r][v], dx + r * dx_step + v * kWidth<T>);
  }
}

/// Computes for every row of dy those columns of dx that fill whole tiles.  Returns how many columns it computed.
template <int kVectors, class T>
HWY_NOINLINE Index turned_columns(ConstView<T> dy, ConstView<T> w, T* dx, Index dx_step) {
  constexpr Index kCols = kVectors * kWidth<T>;
  Index col = 0;
  for (; col + kCols <= w.rows; col += kCols) {
    const T* w_col = w.row(col);
    Index r = 0;
    for (; r + 4 <= dy.rows; r += 4) turned_tile<4, kVectors>(dy.row(r), w_col, dy.cols, dx + r * dx_step + col, dx_step);
    for (; r + 2 <= dy.rows; r += 2) turned_tile<2, kVectors>(dy.row(r), w_col, dy.cols, dx + r * dx_step + col, dx_step);
    if (r < dy.rows) turned_tile<1, kVectors>(dy.row(r), w_col, dy.cols, dx + r * dx_step + col, dx_step);
  }
  return col;
}

template <class T>
void product_input_gradient(ConstView<T> dy, ConstView<T> whole_w, View<T> whole_dx, Range inputs) {
  constexpr Index kLongRow = 64;  // from this length on, it costs less to turn rows than to pack columns
  const ConstView<T> w = whole_w.slice(inputs.begin, inputs.size());
  T* dx = whole_dx.data + inputs.begin;
  const Index step = whole_dx.cols;
  Index done = 0;
  if (dy.rows < kRowsWorthPacking && dy.cols >= kLongRow)
    done = dy.rows < 3 ? turned_columns<4>(dy, w, dx, step) : turned_columns<2>(dy, w, dx, step);
  if (done == w.rows) return;
  multiply<kTileRows, kTileVectors, T>(RowMajor<T>{dy.data, dy.cols}, Transposed<T>{w.row(done), w.cols},
                                       Extent{dy.rows, w.rows - done, w.cols}, Kept<T>{nullptr, 0, dx + done, step});
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
