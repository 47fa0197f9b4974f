// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_STATISTICS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_STATISTICS_INL
#undef NORMRUN_KERNELS_STATISTICS_INL
#else
#define NORMRUN_KERNELS_STATISTICS_INL
#endif

#include <algorithm>

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

/// The sum over the rows of one vector of columns: in a block, sum = add(r, sum) for each stripe.
template <class T, class Add>
HWY_INLINE WideSum<T> sum_over_rows(Index rows, const Add& add) {
  WideSum<T> total = WideSum<T>::zero();
  for (Index first = 0; first < rows; first += kBlockRows) {
    const Index end = std::min(first + kBlockRows, rows);
    Vector<T> s[kStripes] = {fill(T{0}), fill(T{0}), fill(T{0}), fill(T{0})};
    Index r = first;
    for (; r + kStripes <= end; r += kStripes) {
      NORMRUN_UNROLL for (int i = 0; i < kStripes; ++i) s[i] = add(r + i, s[i]);
    }
    NORMRUN_UNROLL for (int i = 0; i < kStripes - 1; ++i) {
      if (r + i < end) s[i] = add(r + i, s[i]);
    }
    total.add(hn::Add(hn::Add(s[0], s[2]), hn::Add(s[1], s[3])));
  }
  return total;
}

template <class T>
void column_sums(ConstView<T> x, T* sums) {
  sweep<T>(x.cols, [&](Index c, auto access) NORMRUN_LAMBDA {
    const auto add = [&](Index r, Vector<T> sum) NORMRUN_LAMBDA { return hn::Add(sum, access.load(x.row(r) + c)); };
    access.store(sum_over_rows<T>(x.rows, add).rounded(), sums + c);
  });
}

template <class T>
void column_dots(ConstView<T> a, ConstView<T> b, T* sums) {
  sweep<T>(a.cols, [&](Index c, auto access) NORMRUN_LAMBDA {
    const auto add = [&](Index r, Vector<T> sum)
                         NORMRUN_LAMBDA { return hn::MulAdd(access.load(a.row(r) + c), access.load(b.row(r) + c), sum); };
    access.store(sum_over_rows<T>(a.rows, add).rounded(), sums + c);
  });
}

template <class T>
void column_moments(ConstView<T> x, T* mean, T* variance) {
  const auto rows = static_cast<double>(x.rows);
  sweep<T>(x.cols, [&](Index c, auto access) NORMRUN_LAMBDA {
    const auto add = [&](Index r, Vector<T> sum) NORMRUN_LAMBDA { return hn::Add(sum, access.load(x.row(r) + c)); };
    const Vector<T> mean_c = sum_over_rows<T>(x.rows, add).rounded_quotient(rows);
    const auto add_square = [&](Index r, Vector<T> sum) NORMRUN_LAMBDA {
      const Vector<T> deviation = hn::Sub(access.load(x.row(r) + c), mean_c);
      return hn::MulAdd(deviation, deviation, sum);
    };
    access.store(mean_c, mean + c);
    access.store(sum_over_rows<T>(x.rows, add_square).rounded_quotient(rows), variance + c);
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
