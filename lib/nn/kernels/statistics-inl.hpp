// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_STATISTICS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_STATISTICS_INL
#undef NORMRUN_KERNELS_STATISTICS_INL
#else
#define NORMRUN_KERNELS_STATISTICS_INL
#endif

#include <algorithm>
#include <type_traits>

#include "nn/kernels/normalize-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

/// Sums in double, one for each of a block of columns.
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
  /// Writes the sums, rounded to float or double, as the type of `to` says.
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
  /// Divides the sums and writes the quotients, rounded to T.
  template <class T>
  HWY_INLINE void rounded_quotients(Index count, double divisor, T* to) {
    for (Index i = 0; i < count; i += kWidth<double>) hn::Store(hn::Div(at(i), fill(divisor)), Tag<double>(), sums + i);
    rounded(count, to);
  }
};

/// Sums over the rows [begin, end) of one block, for kVectors vectors of columns.  add(r, v, sums) adds row r to the kSums sums of vector v
/// in one stripe.
template <int kVectors, class T, int kSums, class Add>
HWY_INLINE void sum_block(Index begin, Index end, const Add& add, Vector<T> (&sums)[kVectors][kSums]) {
  Vector<T> s[kStripes][kVectors][kSums];
  NORMRUN_UNROLL for (int j = 0; j < kStripes; ++j) {
    NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) { NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) s[j][v][k] = fill(T{0}); }
  }
  const auto add_row = [&](Index r, Vector<T>(&stripe)[kVectors][kSums])
                           NORMRUN_LAMBDA { NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) add(r, v, stripe[v]); };
  Index r = begin;
  for (; r + kStripes <= end; r += kStripes) {
    NORMRUN_UNROLL for (int j = 0; j < kStripes; ++j) add_row(r + j, s[j]);
  }
  NORMRUN_UNROLL for (int j = 0; j < kStripes - 1; ++j) {
    if (r + j >= end) break;
    add_row(r + j, s[j]);
  }
  NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) {
    NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) sums[v][k] = hn::Add(hn::Add(s[0][v][k], s[2][v][k]), hn::Add(s[1][v][k], s[3][v][k]));
  }
}

/// Calls body(c, access, count) for groups of count.value vectors of columns from c on: of kVectors while there are as many, then of fewer.
template <int kVectors, class T, class Body>
HWY_INLINE void for_vector_groups(Index cols, const Body& body, Index c = 0) {
  constexpr std::integral_constant<int, kVectors> kCount;
  for (; c + kVectors * kWidth<T> <= cols; c += kVectors * kWidth<T>) body(c, Whole<T>(), kCount);
  if constexpr (kVectors > 1) {
    for_vector_groups<kVectors / 2, T>(cols, body, c);
  } else if (c < cols) {
    body(c, Partial<T>(cols - c), kCount);
  }
}

/// How many vectors of columns are summed side by side: whole cache lines, with the sums in registers.
template <int kSums>
inline constexpr int kSummedVectors = (HWY_MAX_BYTES == 64 ? 4 : 2) / kSums;

/// Sums over all rows, for the columns [first, first + count).  It takes one block of rows after another, so that each row is read once.
/// add(r, column, access, sums) adds row r to the kSums sums of its stripe.
template <class T, int kSums, class Add>
HWY_INLINE void sum_over_rows(Index rows, Index first, Index count, const Add& add, WideSums (&total)[kSums]) {
  NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) total[k].clear(count);
  for (Index begin = 0; begin < rows; begin += kBlockRows) {
    for_vector_groups<kSummedVectors<kSums>, T>(count, [&](Index i, auto access, auto vectors) NORMRUN_LAMBDA {
      Vector<T> sums[vectors.value][kSums];
      const auto add_vector = [&](Index r, int v, Vector<T>(&stripe)[kSums])
                                  NORMRUN_LAMBDA { add(r, first + i + v * kWidth<T>, access, stripe); };
      sum_block<vectors.value, T>(begin, std::min(begin + kBlockRows, rows), add_vector, sums);
      NORMRUN_UNROLL for (int v = 0; v < vectors.value; ++v) {
        NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) total[k].add(i + v * kWidth<T>, sums[v][k]);
      }
    });
  }
}

/// Calls body(first, count) for one block of columns after another.  WideSums has room for the columns of a block.
template <class Body>
HWY_INLINE void for_column_blocks(Index cols, const Body& body) {
  for (Index first = 0; first < cols; first += WideSums::kColumns) body(first, std::min(WideSums::kColumns, cols - first));
}

// The rows of a small batch make a single block.  Its sums then need no doubles: 0 is added to the sum of the block, and a double would
// only carry the result.  A quotient of a sum and a number of rows has the same bits, too, whether T or double divides, because a double
// has more than twice the digits of a float (Figueroa 1995, When is double rounding innocuous?).

/// Writes kSums sums over at most kBlockRows rows for each column, by the `add` of sum_over_rows.
template <class T, int kSums, class Add>
HWY_INLINE void sum_few_rows(Index rows, Index cols, const Add& add, T* const (&to)[kSums]) {
  for_vector_groups<kSummedVectors<kSums>, T>(cols, [&](Index c, auto access, auto vectors) NORMRUN_LAMBDA {
    Vector<T> sums[vectors.value][kSums];
    const auto add_vector = [&](Index r, int v, Vector<T>(&stripe)[kSums]) NORMRUN_LAMBDA { add(r, c + v * kWidth<T>, access, stripe); };
    sum_block<vectors.value, T>(0, rows, add_vector, sums);
    NORMRUN_UNROLL for (int v = 0; v < vectors.value; ++v) {
      NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) access.store(hn::Add(fill(T{0}), sums[v][k]), to[k] + c + v * kWidth<T>);
    }
  });
}

/// Writes kSums sums over all rows for each column, by the `add` of sum_over_rows.
template <class T, int kSums, class Add>
HWY_INLINE void sum_rows(Index rows, Index cols, const Add& add, T* const (&to)[kSums]) {
  if (rows <= kBlockRows) return sum_few_rows<T>(rows, cols, add, to);
  WideSums total[kSums];
  for_column_blocks(cols, [&](Index first, Index count) NORMRUN_LAMBDA {
    sum_over_rows<T>(rows, first, count, add, total);
    NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) total[k].rounded(count, to[k] + first);
  });
}

template <class T>
void column_sums(ConstView<T> x, T* sums) {
  const auto add = [&](Index r, Index c, auto access, Vector<T>(&sum)[1])
                       NORMRUN_LAMBDA { sum[0] = hn::Add(sum[0], access.load(x.row(r) + c)); };
  T* const to[] = {sums};
  sum_rows<T>(x.rows, x.cols, add, to);
}

template <class T>
void column_dots(ConstView<T> a, ConstView<T> b, T* sums) {
  const auto add = [&](Index r, Index c, auto access, Vector<T>(&sum)[1])
                       NORMRUN_LAMBDA { sum[0] = hn::MulAdd(access.load(a.row(r) + c), access.load(b.row(r) + c), sum[0]); };
  T* const to[] = {sums};
  sum_rows<T>(a.rows, a.cols, add, to);
}

template <class T>
void column_gradient_sums(const NormalizedColumns<T>& x_hat, ConstView<T> dy, T* sum_dy, T* sum_dy_x_hat) {
  const auto add = [&](Index r, Index c, auto access, Vector<T>(&sum)[2]) NORMRUN_LAMBDA {
    const Vector<T> dy_rc = access.load(dy.row(r) + c);
    sum[0] = hn::Add(sum[0], dy_rc);
    sum[1] = hn::MulAdd(dy_rc, normalized_at(x_hat, r, c, access), sum[1]);
  };
  T* const to[] = {sum_dy, sum_dy_x_hat};
  sum_rows<T>(dy.rows, dy.cols, add, to);
}

/// The moments of at most kBlockRows rows.  The means stay in registers for the second pass.
template <class T>
HWY_NOINLINE void moments_of_few_rows(ConstView<T> x, T* mean, T* variance) {
  const Vector<T> rows = fill(static_cast<T>(x.rows));
  for_vector_groups<kSummedVectors<1>, T>(x.cols, [&](Index c, auto access, auto vectors) NORMRUN_LAMBDA {
    constexpr int kVectors = decltype(vectors)::value;
    const auto at = [&](Index r, int v) NORMRUN_LAMBDA { return access.load(x.row(r) + c + v * kWidth<T>); };
    const auto add = [&](Index r, int v, Vector<T>(&sum)[1]) NORMRUN_LAMBDA { sum[0] = hn::Add(sum[0], at(r, v)); };
    Vector<T> means[kVectors][1], squares[kVectors][1];
    sum_block<kVectors, T>(0, x.rows, add, means);
    NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v) {
      means[v][0] = hn::Div(hn::Add(fill(T{0}), means[v][0]), rows);
      access.store(means[v][0], mean + c + v * kWidth<T>);
    }
    const auto add_square = [&](Index r, int v, Vector<T>(&sum)[1]) NORMRUN_LAMBDA {
      const Vector<T> deviation = hn::Sub(at(r, v), means[v][0]);
      sum[0] = hn::MulAdd(deviation, deviation, sum[0]);
    };
    sum_block<kVectors, T>(0, x.rows, add_square, squares);
    NORMRUN_UNROLL for (int v = 0; v < kVectors; ++v)
        access.store(hn::Div(hn::Add(fill(T{0}), squares[v][0]), rows), variance + c + v * kWidth<T>);
  });
}

template <class T>
void column_moments(ConstView<T> x, T* mean, T* variance) {
  if (x.rows <= kBlockRows) return moments_of_few_rows(x, mean, variance);
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

/// Running sums in memory of type T.  Each vector of columns has kSums sums.  A sum holds its stripes and behind them, in double, the
/// totals of the complete blocks.
template <class T, int kSums>
struct RunningSums {
  static constexpr Index kDoubles = kNumbersOfDouble<T>;  // how many vectors the totals of one vector of columns take
  static constexpr Index kNumbers = kWidth<T> * (kStripes + kDoubles);
  T* stripes;
  RunningSums(T* running, Index column, int sum) : stripes(running + (kSums * column / kWidth<T> + sum) * kNumbers) {}
  HWY_INLINE T* stripe(Index j) const { return stripes + j * kWidth<T>; }
  /// The address of a total need not be aligned for a double.
  HWY_INLINE double* total(Index vector) const { return reinterpret_cast<double*>(stripes + kWidth<T> * (kStripes + vector)); }

  HWY_INLINE void clear() const {
    for (Index i = 0; i < kNumbers; i += kWidth<T>) Whole<T>().store(fill(T{0}), stripes + i);
  }
  HWY_INLINE void end_block(WideSums& wide) const {
    constexpr Whole<T> kWhole;
    const auto at = [&](int j) NORMRUN_LAMBDA { return kWhole.load(stripe(j)); };
    NORMRUN_UNROLL for (Index p = 0; p < kDoubles; ++p)
        hn::Store(Whole<double>().load(total(p)), Tag<double>(), wide.sums + p * kWidth<double>);
    wide.add(0, hn::Add(hn::Add(at(0), at(2)), hn::Add(at(1), at(3))));
    NORMRUN_UNROLL for (Index p = 0; p < kDoubles; ++p) Whole<double>().store(wide.at(p * kWidth<double>), total(p));
    NORMRUN_UNROLL for (int j = 0; j < kStripes; ++j) kWhole.store(fill(T{0}), stripe(j));
  }
};

/// Adds the rows of one call to kSums running sums of each column.  first_row is the place of the call's first row among the rows of all
/// calls.  `add` is that of sum_over_rows.  To read memory roughly in order, the function takes a few rows at a time, never across the
/// border of two blocks of kBlockRows rows.
template <int kSums, class T, class Add>
HWY_INLINE void add_to_running_sums(Index rows, Index cols, Index first_row, T* running, const Add& add) {
  constexpr Index kRowsTogether = kSums == 1 ? 64 : 16;
  constexpr Whole<T> kWhole;
  WideSums wide;
  for (Index c = 0; first_row == 0 && c < cols; c += kWidth<T>) {
    for (int k = 0; k < kSums; ++k) RunningSums<T, kSums>(running, c, k).clear();
  }
  for (Index r = 0, count = 0; r < rows; r += count) {
    const Index place = first_row + r;  // the place of row r among the rows of all calls
    count = std::min({kRowsTogether, kBlockRows - place % kBlockRows, rows - r});
    sweep<T>(cols, [&](Index c, auto access) NORMRUN_LAMBDA {
      Vector<T> s[kStripes][kSums];
      NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) {
        const RunningSums<T, kSums> kept(running, c, k);
        if (place % kBlockRows == 0) kept.end_block(wide);
        NORMRUN_UNROLL for (int j = 0; j < kStripes; ++j) s[j][k] = kWhole.load(kept.stripe((place + j) % kStripes));
      }
      Index row = r;
      for (; row + kStripes <= r + count; row += kStripes) {
        NORMRUN_UNROLL for (int j = 0; j < kStripes; ++j) add(row + j, c, access, s[j]);
      }
      NORMRUN_UNROLL for (int j = 0; j < kStripes - 1; ++j) {
        if (row + j < r + count) add(row + j, c, access, s[j]);
      }
      NORMRUN_UNROLL for (int k = 0; k < kSums; ++k) {
        const RunningSums<T, kSums> kept(running, c, k);
        NORMRUN_UNROLL for (int j = 0; j < kStripes; ++j) kWhole.store(s[j][k], kept.stripe((place + j) % kStripes));
      }
    });
  }
}

template <class T, int kSums>
HWY_INLINE void finish_running_sums(T* running, Index channels, T* const (&to)[kSums]) {
  WideSums wide;
  for (Index c = 0; c < channels; c += kWidth<T>) {
    for (int k = 0; k < kSums; ++k) {
      RunningSums<T, kSums>(running, c, k).end_block(wide);
      wide.rounded(std::min(kWidth<T>, channels - c), to[k] + c);
    }
  }
}

template <class T>
void add_column_sums(ConstView<T> x, Index first_row, T* running) {
  add_to_running_sums<1>(x.rows, x.cols, first_row, running, [&](Index r, Index c, auto access, Vector<T>(&sum)[1]) NORMRUN_LAMBDA {
    sum[0] = hn::Add(sum[0], access.load(x.row(r) + c));
  });
}

template <class T>
void finish_column_sums(T* running, Index channels, T* sums) {
  T* const to[] = {sums};
  finish_running_sums(running, channels, to);
}

template <class T>
void add_sums_and_dots(ConstView<T> dy, ConstView<T> a, ConstView<T> b, Index first_row, T* running) {
  add_to_running_sums<3>(dy.rows, dy.cols, first_row, running, [&](Index r, Index c, auto access, Vector<T>(&sum)[3]) NORMRUN_LAMBDA {
    const Index at = r * dy.cols + c;
    const Vector<T> dy_rc = access.load(dy.data + at);
    sum[0] = hn::Add(sum[0], dy_rc);
    sum[1] = hn::MulAdd(dy_rc, access.load(a.data + at), sum[1]);
    sum[2] = hn::MulAdd(dy_rc, access.load(b.data + at), sum[2]);
  });
}

template <class T>
void finish_sums_and_dots(T* running, Index channels, T* sums, T* dots_a, T* dots_b) {
  T* const to[] = {sums, dots_a, dots_b};
  finish_running_sums(running, channels, to);
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
