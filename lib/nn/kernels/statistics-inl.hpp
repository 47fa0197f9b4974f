// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_STATISTICS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_STATISTICS_INL
#undef NORMRUN_KERNELS_STATISTICS_INL
#else
#define NORMRUN_KERNELS_STATISTICS_INL
#endif

#include <algorithm>

#include "nn/kernels/normalize-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::kernels::HWY_NAMESPACE {

/// A sum in double for each column of a block of columns.
struct WideSums {
  static constexpr Index kColumns = 128;
  HWY_ALIGN double sums[kColumns];

  HWY_INLINE void clear(Index count) {
    const Index whole_vectors = (count + kWidth<float> - 1) / kWidth<float> * kWidth<float>;
    for (Index i = 0; i < whole_vectors; i += kWidth<double>) hn::Store(fill(0.0), Tag<double>(), sums + i);
  }
  HWY_INLINE void add(Index i, Vector<double> v) { hn::Store(hn::Add(at(i), v), Tag<double>(), sums + i); }
  HWY_INLINE void add(Index i, Vector<float> v) {
    constexpr hn::Half<Tag<float>> kHalf;
    add(i, hn::PromoteTo(Tag<double>(), hn::LowerHalf(kHalf, v)));
    add(i + kWidth<double>, hn::PromoteTo(Tag<double>(), hn::UpperHalf(kHalf, v)));
  }
  HWY_INLINE Vector<double> at(Index i) const { return hn::Load(Tag<double>(), sums + i); }
  /// The sums, and the sums divided, as numbers of T.
  HWY_INLINE void rounded(Index count, double* to) const {
    sweep<double>(count, [&](Index i, auto access) NORMRUN_LAMBDA { access.store(at(i), to + i); });
  }
  HWY_INLINE void rounded(Index count, float* to) const {
    sweep<float>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
      constexpr hn::Half<Tag<float>> kHalf;
      const auto low = hn::DemoteTo(kHalf, at(i));
      access.store(hn::Combine(Tag<float>(), hn::DemoteTo(kHalf, at(i + kWidth<double>)), low), to + i);
    });
  }
  template <class T>
  HWY_INLINE void rounded_quotients(Index count, double divisor, T* to) {
    for (Index i = 0; i < count; i += kWidth<double>) hn::Store(hn::Div(at(i), fill(divisor)), Tag<double>(), sums + i);
    rounded(count, to);
  }
};

/// Sums over the rows of [first, first + count) columns, block by block of rows, so that they are read once: in a block,
/// add(r, column, access, sums) adds row r to the kSums sums of one stripe.
template <class T, int kSums, class Add>
HWY_INLINE void sum_over_rows(Index rows, Index first, Index count, const Add& add, WideSums (&total)[kSums]) {
  NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) total[k].clear(count);
  for (Index begin = 0; begin < rows; begin += kBlockRows) {
    const Index end = std::min(begin + kBlockRows, rows);
    sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
      Vector<T> s[kStripes][kSums];
      NORMRUN_UNROLL for (int j = 0; j < kStripes; ++j) { NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) s[j][k] = fill(T{0}); }
      Index r = begin;
      for (; r + kStripes <= end; r += kStripes) {
        NORMRUN_UNROLL for (int j = 0; j < kStripes; ++j) add(r + j, first + i, access, s[j]);
      }
      NORMRUN_UNROLL for (int j = 0; j < kStripes - 1; ++j) {
        if (r + j >= end) break;
        add(r + j, first + i, access, s[j]);
      }
      NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) total[k].add(i, hn::Add(hn::Add(s[0][k], s[2][k]), hn::Add(s[1][k], s[3][k])));
    });
  }
}

/// Calls body(first, count) for all columns, as many of them at a time as WideSums has room for.
template <class Body>
HWY_INLINE void for_column_blocks(Index cols, const Body& body) {
  for (Index first = 0; first < cols; first += WideSums::kColumns) body(first, std::min(WideSums::kColumns, cols - first));
}

template <class T>
void column_sums(ConstView<T> x, T* sums) {
  WideSums total[1];
  for_column_blocks(x.cols, [&](Index first, Index count) NORMRUN_LAMBDA {
    const auto add = [&](Index r, Index c, auto access, Vector<T>(&sum)[1])
                         NORMRUN_LAMBDA { sum[0] = hn::Add(sum[0], access.load(x.row(r) + c)); };
    sum_over_rows<T>(x.rows, first, count, add, total);
    total[0].rounded(count, sums + first);
  });
}

template <class T>
void column_dots(ConstView<T> a, ConstView<T> b, T* sums) {
  WideSums total[1];
  for_column_blocks(a.cols, [&](Index first, Index count) NORMRUN_LAMBDA {
    const auto add = [&](Index r, Index c, auto access, Vector<T>(&sum)[1])
                         NORMRUN_LAMBDA { sum[0] = hn::MulAdd(access.load(a.row(r) + c), access.load(b.row(r) + c), sum[0]); };
    sum_over_rows<T>(a.rows, first, count, add, total);
    total[0].rounded(count, sums + first);
  });
}

template <class T>
void column_gradient_sums(const NormalizedColumns<T>& x_hat, ConstView<T> dy, T* sum_dy, T* sum_dy_x_hat) {
  WideSums total[2];
  for_column_blocks(dy.cols, [&](Index first, Index count) NORMRUN_LAMBDA {
    const auto add = [&](Index r, Index c, auto access, Vector<T>(&sum)[2]) NORMRUN_LAMBDA {
      const Vector<T> dy_rc = access.load(dy.row(r) + c);
      sum[0] = hn::Add(sum[0], dy_rc);
      sum[1] = hn::MulAdd(dy_rc, normalized_at(x_hat, r, c, access), sum[1]);
    };
    sum_over_rows<T>(dy.rows, first, count, add, total);
    total[0].rounded(count, sum_dy + first);
    total[1].rounded(count, sum_dy_x_hat + first);
  });
}

template <class T>
void column_moments(ConstView<T> x, T* mean, T* variance) {
  const auto rows = static_cast<double>(x.rows);
  WideSums total[1];
  for_column_blocks(x.cols, [&](Index first, Index count) NORMRUN_LAMBDA {
    const auto add = [&](Index r, Index c, auto access, Vector<T>(&sum)[1])
                         NORMRUN_LAMBDA { sum[0] = hn::Add(sum[0], access.load(x.row(r) + c)); };
    sum_over_rows<T>(x.rows, first, count, add, total);
    total[0].rounded_quotients(count, rows, mean + first);
    const auto add_square = [&](Index r, Index c, auto access, Vector<T>(&sum)[1]) NORMRUN_LAMBDA {
      const Vector<T> deviation = hn::Sub(access.load(x.row(r) + c), access.load(mean + c));
      sum[0] = hn::MulAdd(deviation, deviation, sum[0]);
    };
    sum_over_rows<T>(x.rows, first, count, add_square, total);
    total[0].rounded_quotients(count, rows, variance + first);
  });
}

/// The sums of several matrices that do not fit the second cache are taken kRowsTogether rows at a time, so that memory is read in the
/// order it lies in; the stripes' sums wait in memory meanwhile.
template <class T>
void column_sums_and_dots(ConstView<T> dy, ConstView<T> a, ConstView<T> b, T* sums, T* dots_a, T* dots_b) {
  constexpr Index kRowsTogether = 16;
  constexpr Index kColumns = WideSums::kColumns;
  HWY_ALIGN T stripes[kStripes][3][kColumns];
  WideSums total[3];
  for_column_blocks(dy.cols, [&](Index first, Index count) NORMRUN_LAMBDA {
    for (WideSums& sum : total) sum.clear(count);
    for (Index begin = 0; begin < dy.rows; begin += kBlockRows) {
      const Index end = std::min(begin + kBlockRows, dy.rows);
      std::fill_n(&stripes[0][0][0], kStripes * 3 * kColumns, T{0});
      for (Index r = begin; r < end; r += kRowsTogether) {
        const Index rows = std::min(kRowsTogether, end - r);
        sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
          const Index at = r * dy.cols + first + i;
          NORMRUN_UNROLL for (int j = 0; j < kStripes; ++j) {
            Vector<T> s[3];
            NORMRUN_UNROLL for (int k = 0; k < 3; ++k) s[k] = Whole<T>().load(stripes[j][k] + i);
            for (Index row = j; row < rows; row += kStripes) {
              const Index c = at + row * dy.cols;
              const Vector<T> dy_rc = access.load(dy.data + c);
              s[0] = hn::Add(s[0], dy_rc);
              s[1] = hn::MulAdd(dy_rc, access.load(a.data + c), s[1]);
              s[2] = hn::MulAdd(dy_rc, access.load(b.data + c), s[2]);
            }
            NORMRUN_UNROLL for (int k = 0; k < 3; ++k) Whole<T>().store(s[k], stripes[j][k] + i);
          }
        });
      }
      for (Index i = 0; i < count; i += kWidth<T>) {
        NORMRUN_UNROLL for (int k = 0; k < 3; ++k) {
          const auto stripe = [&](int j) NORMRUN_LAMBDA { return Whole<T>().load(stripes[j][k] + i); };
          total[k].add(i, hn::Add(hn::Add(stripe(0), stripe(2)), hn::Add(stripe(1), stripe(3))));
        }
      }
    }
    total[0].rounded(count, sums + first);
    total[1].rounded(count, dots_a + first);
    total[2].rounded(count, dots_b + first);
  });
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
