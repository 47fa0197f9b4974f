// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_PRODUCTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_PRODUCTS_INL
#undef NORMRUN_KERNELS_PRODUCTS_INL
#else
#define NORMRUN_KERNELS_PRODUCTS_INL
#endif

#include <algorithm>

#include "nn/kernels/right_side-inl.hpp"
#include "nn/kernels/table.hpp"
#include "nn/kernels/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

// The product c = a b + start, tile by tile.  If many rows share the cost, some panels of b are first copied side by side, so that they
// stay in the second cache.  A deep product takes one block of its depth after another; each block continues from the numbers in c.

inline constexpr int kRowVectors = 8;  // how many vectors a tile has for a single row
inline constexpr Index kRowsWorthPacking = 16;
/// Rows of b longer than kWideRow numbers lie in different memory pages, and a deep block would need too many pages at once.  Unless such a
/// b is packed, the product therefore takes only kDepthBlockInPlace rows at a time, over all their columns.
inline constexpr Index kWideRow = 256;
inline constexpr Index kDepthBlockInPlace = 16;

/// How much of the product's depth a block has.  A row-major a allows a large block, so that c is loaded and stored seldom.  The columns of
/// a column-major a lie far apart, so its block is only what the first cache holds beside a panel.
template <class Left>
inline constexpr Index kDepthBlock = HWY_MAX_BYTES == 64 ? 1024 : 256;
template <class T>
inline constexpr Index kDepthBlock<ColumnMajor<T>> = HWY_MAX_BYTES == 64 ? 64 : 128;

inline constexpr Index kPackedBytes = (HWY_MAX_BYTES == 64 ? 256 : 64) * 1024;

/// The shape of c, (rows, cols), and the depth of the product.
struct Extent {
  Index rows, cols, depth;
};

/// c = a b.  `kept` says what each chain starts from.  b is packed if it has to be, or if packing saves time.
template <int kRows, int kVectors, class T, class Left, class Right>
void multiply(Left a, Right b, Extent extent, Kept<T> kept) {
  constexpr Index kCols = kVectors * kWidth<T>;
  constexpr bool kMayPack = kRows > 1 && Right::kPacking != Packing::kNever;
  constexpr Index kPackedPanels = std::max<Index>(1, kPackedBytes / static_cast<Index>(sizeof(T)) / (kDepthBlock<Left> * kCols));
  HWY_ALIGN T packed[kMayPack ? kDepthBlock<Left> * kCols * kPackedPanels : 1];
  const bool packs = Right::kPacking == Packing::kAlways || (kMayPack && extent.rows >= kRowsWorthPacking && b.step > kCols);
  const Index depth_block = !packs && b.step > kWideRow ? kDepthBlockInPlace : kDepthBlock<Left>;
  const Index group = packs ? kCols * kPackedPanels : extent.cols;
  for (Index first = 0; first < extent.cols; first += group) {
    const Index end = std::min(first + group, extent.cols);
    Kept<T> sums = kept;
    Index k = 0;
    do {
      const Index depth = std::min(depth_block, extent.depth - k);
      if constexpr (kMayPack) {
        for (Index col = first; packs && col < end; col += kCols)
          b.template pack<kCols>(k, col, depth, std::min(kCols, end - col), packed + (col - first) * depth);
      }
      for (Index col = first; col < end; col += kCols) {
        const Panel<T> panel = packs ? Panel<T>{packed + (col - first) * depth, kCols, depth} : Panel<T>{b.at(k, col), b.step, depth};
        multiply_columns<kRows, kVectors, T>(a.from(0, k), extent.rows, panel, sums.from(0, col), end - col);
      }
      sums.start = sums.c;
      sums.start_step = sums.step;
      k += depth;
    } while (k < extent.depth);
  }
}

// Few outputs fill only part of a vector of 512 bits.  If many rows share the cost, dw^T is therefore computed, each number by the same
// chain as in dw, and then turned back.

inline constexpr Index kFewOutputs = 16;
inline constexpr Index kInputsWorthTurning = 16;
inline constexpr Index kDepthWorthTurning = 16;
inline constexpr Index kTurnedInputs = 256;  // how many inputs are computed and turned at a time

template <class T>
HWY_INLINE bool is_better_turned(const Extent& dw) {
  return HWY_MAX_BYTES == 64 && dw.cols < kFewOutputs && dw.cols % kWidth<T> != 0 && dw.rows >= kInputsWorthTurning &&
         dw.depth >= kDepthWorthTurning;
}

/// Writes the first `inputs` columns of `turned` to `to`, as rows of `outputs` numbers each.
template <class T>
HWY_INLINE void turn_back(const T* turned, Index inputs, Index outputs, T* to) {
  for (Index i = 0; i < inputs; i += kDeep<T>) {
    for (Index o = 0; o < outputs; o += kWidth<T>) {
      Vector<T> rows[kDeep<T>];
      turn(turned + o * kTurnedInputs + i, kTurnedInputs, rows);
      const Partial<T> partial(std::min(outputs - o, kWidth<T>));
      for (Index j = 0; j < std::min(kDeep<T>, inputs - i); ++j) partial.store(rows[j], to + (i + j) * outputs + o);
    }
  }
}

template <class T>
HWY_NOINLINE void turned_weight_gradient(ColumnMajor<T> x, Straight<T> dy, Extent extent, T* dw) {
  HWY_ALIGN T turned[kFewOutputs * kTurnedInputs];
  for (Index first = 0; first < extent.rows; first += kTurnedInputs) {
    const Index inputs = std::min(kTurnedInputs, extent.rows - first);
    multiply<kTileRows, kTileVectors, T>(ColumnMajor<T>{dy.data, dy.step}, Straight<T>{x.data + first, x.step},
                                         Extent{extent.cols, inputs, extent.depth}, Kept<T>{nullptr, 0, turned, kTurnedInputs});
    turn_back(turned, inputs, extent.cols, dw + first * extent.cols);
  }
}

/// Some neighbouring rows of dw = x^T dy.
template <class T>
void weight_gradient_rows(ColumnMajor<T> x, Straight<T> dy, Extent extent, T* dw) {
  if (is_better_turned<T>(extent)) return turned_weight_gradient<T>(x, dy, extent, dw);
  multiply<kTileRows, kTileVectors, T>(x, dy, extent, Kept<T>{nullptr, 0, dw, extent.cols});
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
  weight_gradient_rows<T>(ColumnMajor<T>{x.data + inputs.begin, x.cols}, Straight<T>{dy.data, dy.cols},
                          Extent{inputs.size(), dw.cols, dy.rows}, dw.row(inputs.begin));
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
