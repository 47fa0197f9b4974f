// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_INPUT_GRADIENT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_INPUT_GRADIENT_INL
#undef NORMRUN_KERNELS_INPUT_GRADIENT_INL
#else
#define NORMRUN_KERNELS_INPUT_GRADIENT_INL
#endif

#include "nn/kernels/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::kernels::HWY_NAMESPACE {

/// The sums of kRows rows of dy by kInputs rows of w, each in its 16 lanes.
template <int kRows, int kInputs, class T>
HWY_INLINE void dot_tile(const T* dy, const T* w, Index outputs, T* dx, Index dx_step) {
  Vector<T> sum[kRows][kInputs][kParts<T>];
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
    NORMRUN_UNROLL for (int i = 0; i < kInputs; ++i) { NORMRUN_UNROLL for (int p = 0; p < kParts<T>; ++p) sum[r][i][p] = fill(T{0}); }
  }
  Index o = 0;
  for (; o + kLanes <= outputs; o += kLanes) {
    NORMRUN_UNROLL for (int p = 0; p < kParts<T>; ++p) {
      Vector<T> dy_r[kRows];
      NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) dy_r[r] = Whole<T>().load(dy + r * outputs + o + p * kWidth<T>);
      NORMRUN_UNROLL for (int i = 0; i < kInputs; ++i) {
        const Vector<T> w_i = Whole<T>().load(w + i * outputs + o + p * kWidth<T>);
        NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) sum[r][i][p] = hn::MulAdd(dy_r[r], w_i, sum[r][i][p]);
      }
    }
  }
  NORMRUN_UNROLL for (int p = 0; p < kParts<T>; ++p, o += kWidth<T>) {
    if (o >= outputs) break;
    const Part<T> part(std::min(outputs - o, kWidth<T>));
    NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
      const Vector<T> dy_r = part.load(dy + r * outputs + o);
      NORMRUN_UNROLL for (int i = 0; i < kInputs; ++i) {
        Vector<T>& lanes = sum[r][i][p];
        lanes = hn::IfThenElse(part.mask, hn::MulAdd(dy_r, part.load(w + i * outputs + o), lanes), lanes);
      }
    }
  }
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
    NORMRUN_UNROLL for (int i = 0; i < kInputs; ++i) dx[r * dx_step + i] = tree<T>(sum[r][i]);
  }
}

/// kInputs columns of dx: kInputs rows of w, which stay in the first cache, by every row of dy.
template <int kInputs, class T>
HWY_NOINLINE void dot_columns(ConstView<T> dy, const T* w, T* dx, Index dx_step) {
  Index r = 0;
  for (; r + 2 <= dy.rows; r += 2) dot_tile<2, kInputs>(dy.row(r), w, dy.cols, dx + r * dx_step, dx_step);
  if (r < dy.rows) dot_tile<1, kInputs>(dy.row(r), w, dy.cols, dx + r * dx_step, dx_step);
}

/// All columns of dx for some rows of dy.
template <int kInputs, class T>
HWY_INLINE void dot_rows(ConstView<T> dy, ConstView<T> w, View<T> dx) {
  Index i = 0;
  for (; i + kInputs <= dx.cols; i += kInputs) dot_columns<kInputs>(dy, w.row(i), dx.data + i, dx.cols);
  for (; i < dx.cols; ++i) dot_columns<1>(dy, w.row(i), dx.data + i, dx.cols);
}

template <class T>
void product_input_gradient(ConstView<T> dy, ConstView<T> w, View<T> dx) {
  constexpr int kInputs = sizeof(T) == 4 ? 3 : 2;
  constexpr Index kRowBlock = 32;  // rows of dy that the second cache holds
  if (dx.rows == 1) return dot_rows<2 * kInputs>(dy, w, dx);
  for (Index row = 0; row < dx.rows; row += kRowBlock) {
    const Index count = std::min(kRowBlock, dx.rows - row);
    dot_rows<kInputs>(dy.slice(row, count), w, dx.slice(row, count));
  }
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
