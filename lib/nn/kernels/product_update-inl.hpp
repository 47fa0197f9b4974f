// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_PRODUCT_UPDATE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_PRODUCT_UPDATE_INL
#undef NORMRUN_KERNELS_PRODUCT_UPDATE_INL
#else
#define NORMRUN_KERNELS_PRODUCT_UPDATE_INL
#endif

#include "nn/kernels/optimizer-inl.hpp"
#include "nn/kernels/products-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::kernels::HWY_NAMESPACE {

// Weight gradients that are used up while they are still in registers.  The multiply-adds of a tile run beside the divisions of the
// tile before, and the gradient never reaches memory.

/// Where the sums of a weight gradient go that Adam takes at once.
template <class T>
struct TakenByAdam {
  AdamStep<T> by;
  T* w;
  T* m;
  T* v;
  Index step;
  HWY_INLINE TakenByAdam from(Index row, Index col) const {
    const Index at = row * step + col;
    return {by, w + at, m + at, v + at, step};
  }
  template <class Access>
  HWY_INLINE Vector<T> first(Index, Index, Access) const {
    return fill(T{0});
  }
  template <class Access>
  HWY_INLINE void finish(Index row, Index col, Access access, Vector<T> sum) const {
    const Index at = row * step + col;
    adam_at(by, access, sum, w + at, m + at, v + at);
  }
};

/// Panels of b that lie `apart` numbers from one another.
template <class T>
struct Panels {
  Panel<T> first;
  Index apart;
  HWY_INLINE Panel<T> at(Index p) const { return {first.b + p * apart, first.step, first.depth}; }
};

/// kRows rows by some whole panels, from left to right: the sink's memory is met in the order it lies in.
template <int kRows, int kVectors, class T, class Left, class Sink>
HWY_NOINLINE void multiply_strip(Left a, const Panels<T>& panels, Index count, const Sink& shared) {
  const Sink sink = shared;  // a copy that no store can reach: its constants stay in registers
  for (Index p = 0; p < count; ++p) {
    multiply_tile<kRows, kVectors, T>(a, panels.at(p), sink.from(0, p * kVectors * kWidth<T>), Whole<T>());
  }
}

/// Like multiply, but in one go over the whole depth, and row by row.
template <int kRows, int kVectors, class T, class Left, class Sink>
void multiply_in_strips(Left a, Straight<T> b, Extent extent, const Sink& sink) {
  constexpr Index kCols = kVectors * kWidth<T>;
  constexpr Index kDepthWorthPacking = 8;
  HWY_ALIGN T packed[kDepthBlock * kCols * kPackedPanels];
  const Index fitting = kDepthBlock * kPackedPanels / std::max<Index>(extent.depth, 1);
  const bool packs = extent.depth >= kDepthWorthPacking && fitting > 0;
  const Index whole = extent.cols / kCols;
  for (Index first = 0; first < whole;) {
    const Index count = packs ? std::min(fitting, whole - first) : whole - first;
    Panels<T> panels{{b.at(0, first * kCols), b.step, extent.depth}, kCols};
    if (packs) {
      panels = {{packed, kCols, extent.depth}, kCols * extent.depth};
      for (Index p = 0; p < count; ++p) b.template pack<kCols>(0, (first + p) * kCols, extent.depth, kCols, packed + p * panels.apart);
    }
    const Sink block = sink.from(0, first * kCols);
    Index row = 0;
    for (; row + kRows <= extent.rows; row += kRows) multiply_strip<kRows, kVectors, T>(a.from(row, 0), panels, count, block.from(row, 0));
    for (Index p = 0; p < count && row < extent.rows; ++p)
      multiply_columns<kRows, kVectors, T>(a.from(row, 0), extent.rows - row, panels.at(p), block.from(row, p * kCols), kCols);
    first += count;
  }
  if (const Index col = whole * kCols; col < extent.cols)
    multiply_columns<kRows, kVectors, T>(a, extent.rows, Panel<T>{b.at(0, col), b.step, extent.depth}, sink.from(0, col),
                                         extent.cols - col);
}

template <class T>
void adam_update_product(const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, T* w, T* m, T* v) {
  multiply_in_strips<kTileRows, kTileVectors, T>(ColumnMajor<T>{x.data, x.cols}, Straight<T>{dy.data, dy.cols},
                                                 Extent{x.cols, dy.cols, dy.rows}, TakenByAdam<T>{by, w, m, v, dy.cols});
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
