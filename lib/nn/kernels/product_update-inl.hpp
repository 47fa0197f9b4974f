// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_PRODUCT_UPDATE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_PRODUCT_UPDATE_INL
#undef NORMRUN_KERNELS_PRODUCT_UPDATE_INL
#else
#define NORMRUN_KERNELS_PRODUCT_UPDATE_INL
#endif

#include <algorithm>

#include "nn/kernels/optimizer-inl.hpp"
#include "nn/kernels/products-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

// Adam's updates by weight gradients that never reach memory.  The loops visit w, m and v in the order of memory, so that the processor
// prefetches them.

/// A sink of sums, as Kept in tile-inl.hpp is one.  Its sums are weight gradients, and Adam takes them from the registers.
template <class T>
struct TakenByAdam {
  AdamStep<T> by;
  AdamBuffers<T> to;
  template <class Access>
  HWY_INLINE Vector<T> first(Index, Index, Access) const {
    return fill(T{0});
  }
  template <int kVectors, class Last>
  HWY_INLINE void finish_row(Index /*row: the only one*/, const Vector<T> (&sums)[kVectors], Last last) const {
    adam_on(by, sums, to, last);
  }
  HWY_INLINE TakenByAdam from(Index /*row*/, Index col) const { return {by, to.from(col)}; }
};

/// The update for a batch of few rows.  All of dy stays in the first cache, so the function walks w row by row.  The multiply-adds of one
/// group of vectors run while the divisions of the group before are under way.
template <class T>
HWY_NOINLINE void adam_update_by_rows(const AdamStep<T>& given, ColumnMajor<T> x, Straight<T> dy, Extent extent, const AdamBuffers<T>& to) {
  constexpr Index kCols = kUpdatedVectors * kWidth<T>;
  const AdamStep<T> by = given;  // copies that no store can change, so their numbers stay in registers
  const AdamBuffers<T> all = to;
  const Index whole = extent.cols / kCols * kCols;
  const Panel<T> edge{dy.at(0, whole), dy.step, extent.depth};
  Index at = 0;  // runs through w, m and v; their addresses stay in registers
  for (Index row = 0; row < extent.rows; ++row) {
    const ColumnMajor<T> x_row = x.from(row, 0);
    for (Index col = 0; col < whole; col += kCols, at += kCols) {
      const Panel<T> panel{dy.at(0, col), dy.step, extent.depth};
      multiply_tile<1, kUpdatedVectors, T>(x_row, panel, TakenByAdam<T>{by, all.from(at)}, Whole<T>());
    }
    if (whole == extent.cols) continue;
    multiply_columns<1, kUpdatedVectors, T>(x_row, 1, edge, TakenByAdam<T>{by, all.from(at)}, extent.cols - whole);
    at += extent.cols - whole;
  }
}

// A block of gradients is small enough to stay in the second cache until Adam takes it.
inline constexpr Index kGradientNumbers = 12288;       // about how many numbers a block has
inline constexpr Index kGradientRows = 4 * kTileRows;  // the fewest rows of a block; they share the loads of dy
inline constexpr Index kGradientColumns = 1024;        // the most columns of a block

/// w, m and v from one row and column on.  Their rows lie `step` numbers apart.
template <class T>
struct UpdatedBlock {
  AdamBuffers<T> to;
  Index step;
  HWY_INLINE UpdatedBlock from(Index row, Index col) const { return {to.from(row * step + col), step}; }
};

template <class T>
HWY_INLINE void adam_update_rows(const AdamStep<T>& by, const T* gradient, Index rows, Index cols, const UpdatedBlock<T>& block) {
  if (cols == block.step) return HWY_NAMESPACE::adam_update<T>(by, gradient, block.to, rows * cols);
  for (Index r = 0; r < rows; ++r) {
    HWY_NAMESPACE::adam_update<T>(by, gradient + r * cols, block.from(r, 0).to, cols);
  }
}

/// A copy of dy, panel after panel.
template <class T>
struct Packed {
  const T* data;
  Index depth;
  static constexpr Index step = kTileVectors * kWidth<T>;
  static constexpr Packing kPacking = Packing::kNever;
  HWY_INLINE const T* at(Index k, Index col) const { return data + col * depth + k * step; }
};
template <class T>
HWY_INLINE void weight_gradient_rows(ColumnMajor<T> x, Packed<T> dy, Extent extent, T* dw) {
  multiply<kTileRows, kTileVectors, T>(x, dy, extent, Kept<T>{nullptr, 0, dw, extent.cols});
}

/// The update for larger batches.  It computes the gradients of a block of rows, and then runs Adam over the block.
template <class T, class Right>
void adam_update_by_blocks(const AdamStep<T>& by, ColumnMajor<T> x, Right dy, Extent extent, const UpdatedBlock<T>& updated) {
  HWY_ALIGN T gradient[kGradientRows * kGradientColumns];
  const Index block_rows = std::max(kGradientRows, kGradientNumbers / extent.cols / kTileRows * kTileRows);
  for (Index row = 0; row < extent.rows; row += block_rows) {
    const Index rows = std::min(block_rows, extent.rows - row);
    weight_gradient_rows<T>(x.from(row, 0), dy, {rows, extent.cols, extent.depth}, gradient);
    adam_update_rows<T>(by, gradient, rows, extent.cols, updated.from(row, 0));
  }
}

template <class T>
void adam_update_product(const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, const AdamBuffers<T>& to, Range inputs) {
  constexpr Index kCols = kTileVectors * kWidth<T>;
  constexpr Index kPackedNumbers = 512 * 1024 / sizeof(T);  // small enough for a thread's stack, which may have only 2 MiB
  HWY_ALIGN T packed[kPackedNumbers];
  const ColumnMajor<T> a{x.data + inputs.begin, x.cols};
  const Straight<T> b{dy.data, dy.cols};
  const Index depth = dy.rows;
  const UpdatedBlock<T> updated = UpdatedBlock<T>{to, dy.cols}.from(inputs.begin, 0);
  if (depth <= kFewRows && dy.cols >= kUpdatedVectors * kWidth<T>)
    return adam_update_by_rows<T>(by, a, b, {inputs.size(), dy.cols, depth}, updated.to);
  for (Index first = 0; first < dy.cols; first += kGradientColumns) {
    const Extent extent{inputs.size(), std::min(kGradientColumns, dy.cols - first), depth};
    const Index panels = (extent.cols + kCols - 1) / kCols;
    if (is_better_turned<T>(extent) || panels * kCols * depth > kPackedNumbers) {
      adam_update_by_blocks<T>(by, a, Straight<T>{b.at(0, first), b.step}, extent, updated.from(0, first));
      continue;
    }
    for (Index col = 0; col < extent.cols; col += kCols)
      b.template pack<kCols>(0, first + col, depth, std::min(kCols, extent.cols - col), packed + col * depth);
    adam_update_by_blocks<T>(by, a, Packed<T>{packed, depth}, extent, updated.from(0, first));
  }
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
