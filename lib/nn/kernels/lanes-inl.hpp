// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_LANES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_LANES_INL
#undef NORMRUN_KERNELS_LANES_INL
#else
#define NORMRUN_KERNELS_LANES_INL
#endif

#include <algorithm>
#include <type_traits>

#include "nn/kernels/orders.hpp"
#include "nn/kernels/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

/// How many vectors hold the 16 lanes of a sum over columns: 1, 2 or 4.
template <class T>
inline constexpr int kLaneVectors = kLanes / kWidth<T>;

/// Adds lane i and lane i + kCount/2, and so on down to one number.
template <class T, std::size_t kCount>
HWY_INLINE T fold(hn::Simd<T, kCount, 0> tag, hn::Vec<hn::Simd<T, kCount, 0>> v) {
  if constexpr (kCount == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<decltype(tag)> half;
    return fold(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

/// The tree over all 16 lanes.
template <class T>
HWY_INLINE T tree(Vector<T> (&lanes)[kLaneVectors<T>]) {
  NORMRUN_UNROLL for (int half = kLaneVectors<T> / 2; half > 0; half /= 2) {
    NORMRUN_UNROLL for (int p = 0; p < half; ++p) lanes[p] = hn::Add(lanes[p], lanes[p + half]);
  }
  return fold(Tag<T>(), lanes[0]);
}

/// Computes kSums sums over `cols` columns side by side, because one sum alone would wait for its own additions.  It calls
/// add(k, j, access, lanes), with the lanes of sum k that columns j and those after it go to.  A vector that reaches beyond the last column
/// leaves the other lanes as they are.
template <class T, int kSums, class Add>
HWY_INLINE void sum_over_columns(Index cols, const Add& add, T (&sums)[kSums]) {
  Vector<T> lanes[kSums][kLaneVectors<T>];
  NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) { NORMRUN_UNROLL for (int p = 0; p < kLaneVectors<T>; ++p) lanes[k][p] = fill(T{0}); }
  Index j = 0;
  for (; j + kLanes <= cols; j += kLanes) {
    NORMRUN_UNROLL for (int p = 0; p < kLaneVectors<T>; ++p) {
      NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) lanes[k][p] = add(k, j + p * kWidth<T>, Whole<T>(), lanes[k][p]);
    }
  }
  NORMRUN_UNROLL for (int p = 0; p < kLaneVectors<T>; ++p, j += kWidth<T>) {
    if (j >= cols) break;
    const Partial<T> partial(std::min(cols - j, kWidth<T>));
    NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) lanes[k][p] = hn::IfThenElse(partial.mask, add(k, j, partial, lanes[k][p]), lanes[k][p]);
  }
  NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) sums[k] = tree<T>(lanes[k]);
}

/// Computes one such sum by add(j, access, lanes).
template <class T, class Add>
HWY_INLINE T sum_over_columns(Index cols, const Add& add) {
  T sum[1];
  sum_over_columns<T>(
      cols, [&](int, Index j, auto access, Vector<T> lanes) NORMRUN_LAMBDA { return add(j, access, lanes); }, sum);
  return sum[0];
}

/// Calls body(r, count) for groups of count.value rows from r on, until all rows are done: groups of kRows while there are as many, then of
/// half as many, and so on.
template <int kRows, class Body>
HWY_INLINE void for_row_groups(Index rows, const Body& body, Index r = 0) {
  for (; r + kRows <= rows; r += kRows) body(r, std::integral_constant<int, kRows>());
  if constexpr (kRows > 1) for_row_groups<kRows / 2>(rows, body, r);
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
