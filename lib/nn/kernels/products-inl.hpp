// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_PRODUCTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_PRODUCTS_INL
#undef NORMRUN_KERNELS_PRODUCTS_INL
#else
#define NORMRUN_KERNELS_PRODUCTS_INL
#endif

#include <algorithm>

#include "nn/kernels/table.hpp"
#include "nn/kernels/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::kernels::HWY_NAMESPACE {

// c = a b + start, tile by tile.  Deep products go block by block of k, a chain going on from what c holds.  Of b, some panels at a
// time are copied side by side where enough rows share the cost: they then stay in the second cache, one of them in the first.

inline constexpr int kRowVectors = 8;                                 // of a single row
inline constexpr Index kDepthBlock = HWY_MAX_BYTES == 64 ? 64 : 128;  // a panel of it is half of the first cache
inline constexpr Index kPackedPanels = HWY_MAX_BYTES == 64 ? 16 : 8;
inline constexpr Index kRowsWorthPacking = 16;
inline constexpr Index kWideRow = 256;           // b's rows beyond this many numbers lie in different pages: where b is read in place,
inline constexpr Index kDepthBlockInPlace = 16;  // some of them are read to their ends at a time

/// When panels are copied side by side: where many rows share the cost, always, because they cannot be read in place, or never.
enum class Packing { kForManyRows, kAlways, kNever };

/// b as it lies in memory: depth x columns (w of y = x w).
template <class T>
struct Straight {
  const T* data;
  Index step;
  static constexpr Packing kPacking = Packing::kForManyRows;
  HWY_INLINE const T* at(Index k, Index col) const { return data + k * step + col; }
  /// `cols` columns from (k, col) on, side by side in rows of kCols.
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

/// Of c, and the depth of the product.
struct Extent {
  Index rows, cols, depth;
};

/// c = a b, each chain starting as `kept` says.  b is packed where it has to be, or where enough rows share the cost.
template <int kRows, int kVectors, class T, class Left, class Right>
void multiply(Left a, Right b, Extent extent, Kept<T> kept) {
  constexpr Index kCols = kVectors * kWidth<T>;
  HWY_ALIGN T packed[kDepthBlock * kCols * kPackedPanels];
  constexpr bool kMayPack = Right::kPacking != Packing::kNever;
  const bool packs = Right::kPacking == Packing::kAlways || (kMayPack && extent.rows >= kRowsWorthPacking);
  const Index depth_block = !packs && b.step > kWideRow ? kDepthBlockInPlace : kDepthBlock;
  Index k = 0;
  do {
    const Index depth = std::min(depth_block, extent.depth - k);
    for (Index first = 0; first < extent.cols; first += kCols * kPackedPanels) {
      const Index end = std::min(first + kCols * kPackedPanels, extent.cols);
      const auto place = [&](Index col) { return packed + (col - first) * depth; };
      const auto is_packed = [&](Index col) { return packs && (Right::kPacking == Packing::kAlways || col + kCols <= end); };
      if constexpr (kMayPack) {
        for (Index col = first; col < end; col += kCols) {
          if (is_packed(col)) b.template pack<kCols>(k, col, depth, std::min(kCols, end - col), place(col));
        }
      }
      for (Index col = first; col < end; col += kCols) {
        const Panel<T> panel = is_packed(col) ? Panel<T>{place(col), kCols, depth} : Panel<T>{b.at(k, col), b.step, depth};
        multiply_columns<kRows, kVectors, T>(a.from(0, k), extent.rows, panel, kept.from(0, col), end - col);
      }
    }
    kept.start = kept.c;
    kept.start_step = kept.step;
    k += depth;
  } while (k < extent.depth);
}

template <class T>
void product(ConstView<T> x, ConstView<T> w, const T* bias, View<T> y, Range outputs) {
  const RowMajor<T> a{x.data, x.cols};
  const Straight<T> b{w.data + outputs.begin, w.cols};
  const Extent extent{y.rows, outputs.size(), w.rows};
  const Kept<T> kept{bias != nullptr ? bias + outputs.begin : nullptr, 0, y.data + outputs.begin, y.cols};
  if (y.rows == 1) return multiply<1, kRowVectors, T>(a, b, extent, kept);
  multiply<kTileRows, kTileVectors, T>(a, b, extent, kept);
}

template <class T>
void product_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw, Range inputs) {
  const ColumnMajor<T> a{x.data + inputs.begin, x.cols};
  const Kept<T> kept{nullptr, 0, dw.row(inputs.begin), dw.cols};
  multiply<kTileRows, kTileVectors, T>(a, Straight<T>{dy.data, dy.cols}, Extent{inputs.size(), dw.cols, dy.rows}, kept);
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
