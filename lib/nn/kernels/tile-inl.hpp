// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_TILE_INL
#undef NORMRUN_KERNELS_TILE_INL
#else
#define NORMRUN_KERNELS_TILE_INL
#endif

#include <cstring>
#include <type_traits>

#include "nn/kernels/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

// One tile of a product a b: rows x vectors of sums that stay in registers while k ascends.  Each output element has the chain that
// kernels.hpp prescribes, however the product is divided into tiles.

inline constexpr int kTileRows = 6;
inline constexpr int kTileVectors = HWY_MAX_BYTES == 64 ? 4 : 2;  // the sums take 24 of 32 registers, or 12 of 16

/// A left side a that lies in memory as rows x depth, as x does in y = x w.
template <class T>
struct RowMajor {
  const T* data;
  Index step;
  HWY_INLINE RowMajor from(Index row, Index k) const { return {data + row * step + k, step}; }
  HWY_INLINE Vector<T> broadcast(Index row, Index k) const { return fill(data[row * step + k]); }
};
/// A left side a that lies in memory as depth x rows, as x does in dw = x^T dy.
template <class T>
struct ColumnMajor {
  const T* data;
  Index step;
  HWY_INLINE ColumnMajor from(Index row, Index k) const { return {data + k * step + row, step}; }
  HWY_INLINE Vector<T> broadcast(Index row, Index k) const { return fill(data[k * step + row]); }
};

/// Some columns of b, whose rows lie `step` numbers apart.
template <class T>
struct Panel {
  const T* b;
  Index step;
  Index depth;
};

/// A sink of sums that stores them in c.  Each chain starts from a bias (start_step 0), from the number in c, or from 0 if `start` is null.
template <class T>
struct Kept {
  const T* start;
  Index start_step;
  T* c;
  Index step;
  HWY_INLINE Kept from(Index row, Index col) const {
    return {start != nullptr ? start + row * start_step + col : nullptr, start_step, c + row * step + col, step};
  }
  template <class Access>
  HWY_INLINE Vector<T> first(Index row, Index col, Access access) const {
    return start == nullptr ? fill(T{0}) : access.load(start + row * start_step + col);
  }
  /// Stores the sums of a row; `last` stores the last vector.
  template <int kVectors, class Last>
  HWY_INLINE void finish_row(Index row, const Vector<T> (&sums)[kVectors], Last last) const {
    T* const to = c + row * step;
    NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) Whole<T>().store(sums[v], to + v * kWidth<T>);
    last.store(sums[kVectors - 1], to + (kVectors - 1) * kWidth<T>);
  }
};

/// Computes a tile of kRows x kVectors.  `last` loads and stores the last vector of each row.
template <int kRows, int kVectors, class T, class Left, class Sink, class Last>
HWY_INLINE void multiply_tile(Left a, const Panel<T>& panel, const Sink& sink, Last last) {
  constexpr Whole<T> kWhole;
  constexpr Index kLast = (kVectors - 1) * kWidth<T>;
  Vector<T> sum[kRows][kVectors];
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
    NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) sum[r][v] = sink.first(r, v * kWidth<T>, kWhole);
    sum[r][kVectors - 1] = sink.first(r, kLast, last);
  }
  const T* b = panel.b;
  for (Index k = 0; k < panel.depth; ++k, b += panel.step) {
    Vector<T> b_k[kVectors];
    NORMRUN_UNROLL for (int v = 0; v < kVectors - 1; ++v) b_k[v] = kWhole.load(b + v * kWidth<T>);
    b_k[kVectors - 1] = last.load(b + kLast);
    NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) {
      const Vector<T> a_rk = a.broadcast(r, k);
      NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) sum[r][v] = hn::MulAdd(a_rk, b_k[v], sum[r][v]);
    }
  }
  NORMRUN_UNROLL for (int r = 0; r < kRows; ++r) sink.finish_row(r, sum[r], last);
}

/// Computes the rows that are too few for a whole tile: 0 <= rows <= kRows.
template <int kRows, int kVectors, class T, class Left, class Sink, class Last>
HWY_INLINE void multiply_rest(Left a, Index rows, const Panel<T>& panel, const Sink& sink, Last last) {
  if constexpr (kRows > 0) {
    if (rows == kRows) return multiply_tile<kRows, kVectors, T>(a, panel, sink, last);
    multiply_rest<kRows - 1, kVectors, T>(a, rows, panel, sink, last);
  }
}

#if HWY_MAX_BYTES == 32
// Ten outputs, a usual number of classes, are a whole vector of 8 and a quarter of another one.  Instead of a nearly empty vector for each
// row, four rows share one vector for their last columns, 64 bits each.  Four rows then take five multiply-adds instead of eight.

inline constexpr int kSharing = 4;  // how many rows share a vector
template <class T>
inline constexpr Index kShare = kWidth<T> / kSharing;  // how many columns of a row the shared vector holds
inline constexpr Index kDepthWorthSharing = 8;

/// The kCols columns at b, repeated for each of the rows that share the vector.
template <Index kCols, class T>
HWY_INLINE Vector<T> repeat_share(const T* b) {
  double bits = 0;
  std::memcpy(&bits, b, kCols * sizeof(T));
  return hn::BitCast(Tag<T>(), hn::Set(Tag<double>(), bits));
}

/// The vector that rows share: the share of row i comes from v[i].
template <class T>
HWY_INLINE Vector<T> join_shares(Vector<T> (&v)[kSharing]) {
  constexpr Tag<double> kShares;
  const auto share = [&](int i) NORMRUN_LAMBDA { return hn::BitCast(kShares, v[i]); };
  const auto low = hn::OddEven(share(1), share(0));
  const auto high = hn::OddEven(share(3), share(2));
  return hn::BitCast(Tag<T>(), hn::ConcatUpperLower(kShares, high, low));
}

/// Computes kGroups * kSharing rows of one vector of columns, and of the few columns behind it; `last` counts these.
template <int kGroups, Index kLastCols, class T, class Left, class Sink>
HWY_INLINE void multiply_shared_tile(Left a, const Panel<T>& panel, const Sink& sink, const Partial<T>& last) {
  constexpr Whole<T> kWhole;
  constexpr Index kLast = kWidth<T>;
  HWY_ALIGN T shares[kWidth<T> * 2] = {};
  Vector<T> sum[kGroups][kSharing];
  Vector<T> last_sum[kGroups];
  NORMRUN_UNROLL for (int g = 0; g < kGroups; ++g) {
    NORMRUN_UNROLL for (int i = 0; i < kSharing; ++i) {
      sum[g][i] = sink.first(g * kSharing + i, 0, kWhole);
      // The store of the next row overwrites the numbers behind the share.
      kWhole.store(sink.first(g * kSharing + i, kLast, last), shares + i * kShare<T>);
    }
    last_sum[g] = kWhole.load(shares);
  }
  const T* b = panel.b;
  for (Index k = 0; k < panel.depth; ++k, b += panel.step) {
    const Vector<T> b_k = kWhole.load(b);
    const Vector<T> last_b_k = repeat_share<kLastCols>(b + kLast);
    NORMRUN_UNROLL for (int g = 0; g < kGroups; ++g) {
      Vector<T> a_k[kSharing];
      NORMRUN_UNROLL for (int i = 0; i < kSharing; ++i) {
        a_k[i] = a.broadcast(g * kSharing + i, k);
        sum[g][i] = hn::MulAdd(a_k[i], b_k, sum[g][i]);
      }
      last_sum[g] = hn::MulAdd(join_shares<T>(a_k), last_b_k, last_sum[g]);
    }
  }
  NORMRUN_UNROLL for (int g = 0; g < kGroups; ++g) {
    kWhole.store(last_sum[g], shares);
    NORMRUN_UNROLL for (int i = 0; i < kSharing; ++i) {
      const Vector<T> sums[] = {sum[g][i], kWhole.load(shares + i * kShare<T>)};
      sink.finish_row(g * kSharing + i, sums, last);
    }
  }
}

/// Computes all rows but the last few (fewer than kSharing).  Returns how many rows it computed.
template <Index kLastCols, class T, class Left, class Sink>
HWY_NOINLINE Index multiply_shared_rows(Left a, Index rows, const Panel<T>& panel, const Sink& shared, const Partial<T>& last) {
  const Sink sink = shared;  // a copy that no store can change, so its numbers stay in registers
  Index row = 0;
  for (; row + 2 * kSharing <= rows; row += 2 * kSharing)
    multiply_shared_tile<2, kLastCols, T>(a.from(row, 0), panel, sink.from(row, 0), last);
  for (; row + kSharing <= rows; row += kSharing) multiply_shared_tile<1, kLastCols, T>(a.from(row, 0), panel, sink.from(row, 0), last);
  return row;
}
#endif

/// Computes every row of one panel.
template <int kShortRows, int kVectors, class T, class Left, class Sink, class Last>
HWY_NOINLINE void multiply_panel(Left a, Index rows, const Panel<T>& panel, const Sink& shared, Last last) {
  constexpr int kRows = kVectors == 1 && kShortRows > 1 ? 8 : kShortRows;  // enough chains to hide the latency of one chain
  const Sink sink = shared;  // a copy that no store can change, so its numbers stay in registers
  Index row = 0;
#if HWY_MAX_BYTES == 32
  if constexpr (kVectors == 2 && std::is_same_v<Last, Partial<T>>) {
    if (panel.depth >= kDepthWorthSharing && last.count == 1) row = multiply_shared_rows<1, T>(a, rows, panel, sink, last);
    if (panel.depth >= kDepthWorthSharing && last.count == 2 && kShare<T> == 2)
      row = multiply_shared_rows<kShare<T>, T>(a, rows, panel, sink, last);
  }
#endif
  for (; row + kRows <= rows; row += kRows) multiply_tile<kRows, kVectors, T>(a.from(row, 0), panel, sink.from(row, 0), last);
  multiply_rest<kRows - 1, kVectors, T>(a.from(row, 0), rows - row, panel, sink.from(row, 0), last);
}

/// Computes the last columns: at most kVectors vectors, the last of which may be partial.
template <int kRows, int kVectors, class T, class Left, class Sink>
HWY_INLINE void multiply_edge(Left a, Index rows, const Panel<T>& panel, const Sink& sink, Index cols) {
  if constexpr (kVectors > 0) {
    constexpr Index kBefore = (kVectors - 1) * kWidth<T>;
    if (cols > kBefore) return multiply_panel<kRows, kVectors, T>(a, rows, panel, sink, Partial<T>(cols - kBefore));
    multiply_edge<kRows, kVectors - 1, T>(a, rows, panel, sink, cols);
  }
}

/// Computes every row of the next `cols` columns of b, which are at most kVectors vectors.
template <int kRows, int kVectors, class T, class Left, class Sink>
HWY_INLINE void multiply_columns(Left a, Index rows, const Panel<T>& panel, const Sink& sink, Index cols) {
  if (cols >= kVectors * kWidth<T>) return multiply_panel<kRows, kVectors, T>(a, rows, panel, sink, Whole<T>());
  multiply_edge<kRows, kVectors, T>(a, rows, panel, sink, cols);
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
