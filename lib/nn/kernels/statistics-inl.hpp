// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_STATISTICS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_STATISTICS_INL
#undef NORMRUN_KERNELS_STATISTICS_INL
#else
#define NORMRUN_KERNELS_STATISTICS_INL
#endif

#include <algorithm>
#include <type_traits>

#include "nn/kernels/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::kernels::HWY_NAMESPACE {

/// A sum in double for each number of a Vector<T>.
template <class T>
struct WideSum;

template <>
struct WideSum<double> {
  Vector<double> sum;
  static HWY_INLINE WideSum zero() { return {fill(0.0)}; }
  HWY_INLINE void add(Vector<double> v) { sum = hn::Add(sum, v); }
  HWY_INLINE Vector<double> rounded() const { return sum; }
  HWY_INLINE Vector<double> rounded_quotient(double divisor) const { return hn::Div(sum, fill(divisor)); }
};

template <>
struct WideSum<float> {
  static constexpr hn::Half<Tag<float>> kHalf{};
  Vector<double> low;
  Vector<double> high;
  static HWY_INLINE WideSum zero() { return {fill(0.0), fill(0.0)}; }
  HWY_INLINE void add(Vector<float> v) {
    low = hn::Add(low, hn::PromoteTo(Tag<double>(), hn::LowerHalf(kHalf, v)));
    high = hn::Add(high, hn::PromoteTo(Tag<double>(), hn::UpperHalf(kHalf, v)));
  }
  HWY_INLINE Vector<float> rounded() const { return hn::Combine(Tag<float>(), hn::DemoteTo(kHalf, high), hn::DemoteTo(kHalf, low)); }
  HWY_INLINE Vector<float> rounded_quotient(double divisor) const {
    return WideSum{hn::Div(low, fill(divisor)), hn::Div(high, fill(divisor))}.rounded();
  }
};

/// How many vectors of columns are summed side by side: one line of the cache, and chains enough to hide an addition's latency.
template <int kCount>
using Vectors = std::integral_constant<int, kCount>;

/// The sums over the rows of some vectors of columns: in a block, sum = add(r, vector, sum) for each stripe.
template <class T, int kVectors, class Add>
HWY_INLINE void sum_over_rows(Index rows, const Add& add, WideSum<T> (&total)[kVectors]) {
  NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) total[v] = WideSum<T>::zero();
  for (Index first = 0; first < rows; first += kBlockRows) {
    const Index end = std::min(first + kBlockRows, rows);
    Vector<T> s[kStripes][kVectors];
    NORMRUN_UNROLL for (int i = 0; i < kStripes; ++i) { NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) s[i][v] = fill(T{0}); }
    Index r = first;
    for (; r + kStripes <= end; r += kStripes) {
      NORMRUN_UNROLL for (int i = 0; i < kStripes; ++i) {
        NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) s[i][v] = add(r + i, v, s[i][v]);
      }
    }
    NORMRUN_UNROLL for (int i = 0; i < kStripes - 1; ++i) {
      if (r + i >= end) break;
      NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) s[i][v] = add(r + i, v, s[i][v]);
    }
    NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) total[v].add(hn::Add(hn::Add(s[0][v], s[2][v]), hn::Add(s[1][v], s[3][v])));
  }
}

/// Calls body(column, access, Vectors<...>) for all columns, two vectors of them at a time while there are so many.
template <class T, class Body>
HWY_INLINE void sweep_columns(Index cols, const Body& body) {
  Index c = 0;
  for (; c + 2 * kWidth<T> <= cols; c += 2 * kWidth<T>) body(c, Whole<T>(), Vectors<2>());
  for (; c + kWidth<T> <= cols; c += kWidth<T>) body(c, Whole<T>(), Vectors<1>());
  if (c < cols) body(c, Part<T>(cols - c), Vectors<1>());
}

template <class T>
void column_sums(ConstView<T> x, T* sums) {
  sweep_columns<T>(x.cols, [&](Index c, auto access, auto vectors) NORMRUN_LAMBDA {
    const auto add = [&](Index r, int v, Vector<T> sum) NORMRUN_LAMBDA { return hn::Add(sum, access.load(x.row(r) + c + v * kWidth<T>)); };
    WideSum<T> total[vectors()];
    sum_over_rows<T, vectors()>(x.rows, add, total);
    NORMRUN_UNROLL for (int v = 0; v < vectors(); ++v) access.store(total[v].rounded(), sums + c + v * kWidth<T>);
  });
}

template <class T>
void column_dots(ConstView<T> a, ConstView<T> b, T* sums) {
  sweep_columns<T>(a.cols, [&](Index c, auto access, auto vectors) NORMRUN_LAMBDA {
    const auto add = [&](Index r, int v, Vector<T> sum) NORMRUN_LAMBDA {
      const Index at = c + v * kWidth<T>;
      return hn::MulAdd(access.load(a.row(r) + at), access.load(b.row(r) + at), sum);
    };
    WideSum<T> total[vectors()];
    sum_over_rows<T, vectors()>(a.rows, add, total);
    NORMRUN_UNROLL for (int v = 0; v < vectors(); ++v) access.store(total[v].rounded(), sums + c + v * kWidth<T>);
  });
}

template <class T>
void column_moments(ConstView<T> x, T* mean, T* variance) {
  const auto rows = static_cast<double>(x.rows);
  sweep_columns<T>(x.cols, [&](Index c, auto access, auto vectors) NORMRUN_LAMBDA {
    const auto value = [&](Index r, int v) NORMRUN_LAMBDA { return access.load(x.row(r) + c + v * kWidth<T>); };
    const auto add = [&](Index r, int v, Vector<T> sum) NORMRUN_LAMBDA { return hn::Add(sum, value(r, v)); };
    WideSum<T> total[vectors()];
    sum_over_rows<T, vectors()>(x.rows, add, total);
    Vector<T> mean_c[vectors()];
    NORMRUN_UNROLL for (int v = 0; v < vectors(); ++v) mean_c[v] = total[v].rounded_quotient(rows);
    const auto add_square = [&](Index r, int v, Vector<T> sum) NORMRUN_LAMBDA {
      const Vector<T> deviation = hn::Sub(value(r, v), mean_c[v]);
      return hn::MulAdd(deviation, deviation, sum);
    };
    sum_over_rows<T, vectors()>(x.rows, add_square, total);
    NORMRUN_UNROLL for (int v = 0; v < vectors(); ++v) {
      access.store(mean_c[v], mean + c + v * kWidth<T>);
      access.store(total[v].rounded_quotient(rows), variance + c + v * kWidth<T>);
    }
  });
}

template <class T>
void row_moments(ConstView<T> x, T* mean, T* variance) {
  const auto channels = static_cast<T>(x.cols);
  for (Index r = 0; r < x.rows; ++r) {
    const T* row = x.row(r);
    const auto add = [&](Index c, auto access, Vector<T> sum) NORMRUN_LAMBDA { return hn::Add(sum, access.load(row + c)); };
    mean[r] = sum_over_columns<T>(x.cols, add) / channels;
    const Vector<T> mean_r = fill(mean[r]);
    const auto add_square = [&](Index c, auto access, Vector<T> sum) NORMRUN_LAMBDA {
      const Vector<T> deviation = hn::Sub(access.load(row + c), mean_r);
      return hn::MulAdd(deviation, deviation, sum);
    };
    variance[r] = sum_over_columns<T>(x.cols, add_square) / channels;
  }
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
