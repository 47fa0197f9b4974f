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
  static constexpr Index kLine = 64 / sizeof(T);
  HWY_INLINE TakenByAdam from(Index row, Index col) const {
    const Index at = row * step + col;
    return {by, w + at, m + at, v + at, step};
  }
  /// Fetches the numbers of a tile to come.
  template <int kRows, int kCols>
  HWY_INLINE void fetch() const {
    NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
      NORMRUN_UNROLL for (Index c = 0; c < kCols; c += kLine) {
        hwy::Prefetch(w + r * step + c);
        hwy::Prefetch(m + r * step + c);
        hwy::Prefetch(v + r * step + c);
      }
    }
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

inline constexpr Index kTilesAhead = 4;  // whose numbers are fetched

/// kRows rows by some whole panels, from left to right: the sink's memory is met in the order it lies in.
template <int kRows, int kVectors, class T, class Left, class Sink>
HWY_NOINLINE void multiply_strip(Left a, const Panels<T>& panels, Index count, const Sink& shared) {
  constexpr Index kCols = kVectors * kWidth<T>;
  const Sink sink = shared;  // a copy that no store can reach: its constants stay in registers
  for (Index p = 0; p < count; ++p) {
    sink.from(0, (p + kTilesAhead) * kCols).template fetch<kRows, kCols>();
    multiply_tile<kRows, kVectors, T>(a, panels.at(p), sink.from(0, p * kCols), Whole<T>());
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
    first += count;
    const Index edge = first == whole ? extent.cols - whole * kCols : 0;
    const Panel<T> edge_panel{b.at(0, extent.cols - edge), b.step, extent.depth};
    for (Index row = 0; row < extent.rows; row += kRows) {
      const Index rows = std::min<Index>(kRows, extent.rows - row);
      if (rows == kRows) {
        multiply_strip<kRows, kVectors, T>(a.from(row, 0), panels, count, block.from(row, 0));
      } else {
        for (Index p = 0; p < count; ++p)
          multiply_columns<kRows, kVectors, T>(a.from(row, 0), rows, panels.at(p), block.from(row, p * kCols), kCols);
      }
      if (edge > 0) multiply_columns<kRows, kVectors, T>(a.from(row, 0), rows, edge_panel, block.from(row, count * kCols), edge);
    }
  }
  if (whole == 0) multiply_columns<kRows, kVectors, T>(a, extent.rows, Panel<T>{b.at(0, 0), b.step, extent.depth}, sink, extent.cols);
}

/// Rows that are no whole number of vectors: some gradients at a time in the first cache, and the update over all of them in one go.
template <class T>
void adam_update_in_blocks(const AdamStep<T>& by, ColumnMajor<T> x, Straight<T> dy, Extent extent, T* w, T* m, T* v) {
  constexpr Index kBlock = 2048;
  HWY_ALIGN T gradient[kBlock];
  const Index block_rows = kBlock / extent.cols;
  for (Index row = 0; row < extent.rows; row += block_rows) {
    const Index rows = std::min(block_rows, extent.rows - row);
    const Index at = row * extent.cols;
    multiply<kTileRows, kTileVectors, T>(x.from(row, 0), dy, {rows, extent.cols, extent.depth}, Kept<T>{nullptr, 0, gradient, extent.cols});
    HWY_NAMESPACE::adam_update<T>(by, gradient, w + at, m + at, v + at, rows * extent.cols);
  }
}

template <class T>
void adam_update_product(const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, T* w, T* m, T* v, Range inputs) {
  constexpr Index kNarrow = 16 * kWidth<T>;  // where a last vector in part costs
  const ColumnMajor<T> a{x.data + inputs.begin, x.cols};
  const Straight<T> b{dy.data, dy.cols};
  const Extent extent{inputs.size(), dy.cols, dy.rows};
  const Index at = inputs.begin * dy.cols;
  if (dy.cols < kNarrow && dy.cols % kWidth<T> != 0) return adam_update_in_blocks<T>(by, a, b, extent, w + at, m + at, v + at);
  multiply_in_strips<kTileRows, kTileVectors, T>(a, b, extent, TakenByAdam<T>{by, w + at, m + at, v + at, dy.cols});
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
