// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_RIGHT_SIDE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_RIGHT_SIDE_INL
#undef NORMRUN_KERNELS_RIGHT_SIDE_INL
#else
#define NORMRUN_KERNELS_RIGHT_SIDE_INL
#endif

#include <algorithm>

#include "nn/kernels/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

// The right side b of a product a b: how it lies in memory, and how its panels are copied (packed).

/// When a product packs b: if many rows share the cost; always, because b cannot be read in place; or never.
enum class Packing { kForManyRows, kAlways, kNever };

/// A right side b that lies in memory as depth x columns, as w does in y = x w.
template <class T>
struct Straight {
  const T* data;
  Index step;
  static constexpr Packing kPacking = Packing::kForManyRows;
  HWY_INLINE const T* at(Index k, Index col) const { return data + k * step + col; }
  /// Copies `cols` columns of `depth` rows, from number (k, col) on, into rows of kCols numbers.
  template <Index kCols>
  HWY_INLINE void pack(Index k, Index col, Index depth, Index cols, T* to) const {
    const T* from = at(k, col);
    if (cols < kCols) {
      for (Index i = 0; i < depth; ++i) std::copy_n(from + i * step, cols, to + i * kCols);
      return;
    }
    for (Index i = 0; i < depth; ++i, from += step, to += kCols) {
      NORMRUN_UNROLL for (Index c = 0; c < kCols; c += kWidth<T>) Whole<T>().store(Whole<T>().load(from + c), to + c);
    }
  }
};

/// One vector made of 16 bytes from each of the rows at from, from + step, ...
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

/// How many columns are turned (transposed) at a time: as many as 16 bytes have numbers.
template <class T>
inline constexpr Index kDeep = 16 / sizeof(T);

/// Turns kDeep columns of as many rows as a vector has numbers: to[i] gets number i of each row.
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

/// A right side b that lies in memory as columns x depth.
template <class T>
struct Transposed {
  const T* data;
  Index step;
  static constexpr Packing kPacking = Packing::kAlways;
  HWY_INLINE const T* at(Index k, Index col) const { return data + col * step + k; }
  template <Index kCols>
  HWY_INLINE void pack(Index k, Index col, Index depth, Index cols, T* to) const {
    const T* from = at(k, col);
    const Index whole_cols = depth < kDeep<T> ? 0 : cols - cols % kWidth<T>;
    for (Index c = 0; c < whole_cols; c += kWidth<T>) {
      for (Index i = 0, next = 0; i < depth; i = next) {
        next = std::min(i + kDeep<T>, depth);
        const Index first = next - kDeep<T>;  // if fewer than kDeep are left, the last kDeep are turned again
        Vector<T> turned[kDeep<T>];
        turn(from + c * step + first, step, turned);
        NORMRUN_UNROLL for (Index j = 0; j < kDeep<T>; ++j) Whole<T>().store(turned[j], to + (first + j) * kCols + c);
      }
    }
    for (Index i = 0; i < depth; ++i) {
      for (Index c = whole_cols; c < cols; ++c) to[i * kCols + c] = from[c * step + i];
    }
  }
};

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
