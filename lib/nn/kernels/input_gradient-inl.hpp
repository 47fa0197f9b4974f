// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_INPUT_GRADIENT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_INPUT_GRADIENT_INL
#undef NORMRUN_KERNELS_INPUT_GRADIENT_INL
#else
#define NORMRUN_KERNELS_INPUT_GRADIENT_INL
#endif

#include "nn/kernels/products-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::kernels::HWY_NAMESPACE {

// dx = dy w^T: a product whose right side lies transposed.  It is turned in registers: once into packed panels for many rows, on the
// way into the sums for few.

/// 16 bytes of each of the rows from, from + step, ... as one vector.
template <class T>
HWY_INLINE Vector<T> load_pieces(const T* from, Index step) {
  const auto piece = [&](Index row) NORMRUN_LAMBDA { return hn::LoadU(hn::Full128<T>(), from + row * step); };
  const auto pair = [&](Index row) NORMRUN_LAMBDA { return hn::Combine(hn::Full256<T>(), piece(row + 1), piece(row)); };
#if HWY_MAX_BYTES == 64
  return hn::Combine(hn::Full512<T>(), pair(2), pair(0));
#else
  return pair(0);
#endif
}

/// Numbers that a vector's rows are turned by at a time.
template <class T>
inline constexpr Index kDeep = 16 / sizeof(T);

/// to[i] = the numbers i of a vector of rows.
HWY_INLINE void turn(const float* from, Index step, Vector<float> (&to)[4]) {
  constexpr Tag<float> d;
  Vector<float> row[4];
  NORMRUN_UNROLL for (int i = 0; i < 4; ++i) row[i] = load_pieces(from + i * step, 4 * step);
  const Vector<float> low_02 = hn::InterleaveLower(d, row[0], row[2]);
  const Vector<float> low_13 = hn::InterleaveLower(d, row[1], row[3]);
  const Vector<float> high_02 = hn::InterleaveUpper(d, row[0], row[2]);
  const Vector<float> high_13 = hn::InterleaveUpper(d, row[1], row[3]);
  to[0] = hn::InterleaveLower(d, low_02, low_13);
  to[1] = hn::InterleaveUpper(d, low_02, low_13);
  to[2] = hn::InterleaveLower(d, high_02, high_13);
  to[3] = hn::InterleaveUpper(d, high_02, high_13);
}
HWY_INLINE void turn(const double* from, Index step, Vector<double> (&to)[2]) {
  constexpr Tag<double> d;
  const Vector<double> row_0 = load_pieces(from, 2 * step);
  const Vector<double> row_1 = load_pieces(from + step, 2 * step);
  to[0] = hn::InterleaveLower(d, row_0, row_1);
  to[1] = hn::InterleaveUpper(d, row_0, row_1);
}

/// b as it lies in memory: columns x depth.
template <class T>
struct Transposed {
  const T* data;
  Index step;
  static constexpr Packing kPacking = Packing::kAlways;
  HWY_INLINE const T* at(Index k, Index col) const { return data + col * step + k; }
  template <Index kCols>
  HWY_INLINE void pack(Index k, Index col, Index depth, Index cols, T* to) const {
    const T* from = at(k, col);
    const Index whole_depth = depth - depth % kDeep<T>;
    const Index whole_cols = cols - cols % kWidth<T>;
    for (Index c = 0; c < whole_cols; c += kWidth<T>) {
      for (Index i = 0; i < whole_depth; i += kDeep<T>) {
        Vector<T> turned[kDeep<T>];
        turn(from + c * step + i, step, turned);
        NORMRUN_UNROLL for (Index j = 0; j < kDeep<T>; ++j) Whole<T>().store(turned[j], to + (i + j) * kCols + c);
      }
      copy_turned(from, c, c + kWidth<T>, whole_depth, depth, to, kCols);
    }
    copy_turned(from, whole_cols, cols, 0, depth, to, kCols);
  }
  HWY_INLINE void copy_turned(const T* from, Index col, Index col_end, Index k, Index depth, T* to, Index to_step) const {
    for (; col < col_end; ++col) {
      for (Index i = k; i < depth; ++i) to[i * to_step + col] = from[col * step + i];
    }
  }
};

/// kVectors vectors of columns of kRows rows of dx.
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

/// As many of some columns of dx as are whole tiles, by every row of dy; returns how many.
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
  constexpr Index kLongRow = 64;  // whose turning is worth more than the packing of some columns
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

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
