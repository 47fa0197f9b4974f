// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_NORMALIZE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_NORMALIZE_INL
#undef NORMRUN_KERNELS_NORMALIZE_INL
#else
#define NORMRUN_KERNELS_NORMALIZE_INL
#endif

#include <algorithm>
#include <bit>
#include <cstdint>

#include "nn/kernels/kernels.hpp"
#include "nn/kernels/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

template <class T>
void inverse_std(const T* variance, T epsilon, T* inv_std, Index count) {
  sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
    const Vector<T> given = access.load(variance + i);
    const Vector<T> inverse = hn::Div(fill(T{1}), hn::Sqrt(hn::Add(given, fill(epsilon))));
    access.store(hn::Add(inverse, hn::Sub(given, given)), inv_std + i);
  });
}

/// Loads gamma and beta for a vector of columns.  A null gamma stands for 1, a null beta for 0.
template <class T>
struct ColumnFactors {
  const T* gamma;
  const T* beta;
  template <class Access>
  HWY_INLINE Vector<T> scale(Index c, Access access) const {
    return gamma != nullptr ? access.load(gamma + c) : fill(T{1});
  }
  template <class Access>
  HWY_INLINE Vector<T> shift(Index c, Access access) const {
    return beta != nullptr ? access.load(beta + c) : fill(T{0});
  }
  template <class Access>
  HWY_INLINE Vector<T> apply(Index c, Access access, Vector<T> x_hat) const {
    return hn::MulAdd(scale(c, access), x_hat, shift(c, access));
  }
};

/// x_hat = (x - mean) * inv_std
template <class V>
HWY_INLINE V normalized_by(V x, V mean, V inv_std) {
  return hn::Mul(hn::Sub(x, mean), inv_std);
}
template <class T, class Access>
HWY_INLINE Vector<T> normalized_at(const NormalizedColumns<T>& x_hat, Index r, Index c, Access access) {
  return normalized_by(access.load(x_hat.x.row(r) + c), access.load(x_hat.mean + c), access.load(x_hat.inv_std + c));
}

/// How many rows use a vector of column factors once it is loaded.
inline constexpr int kRowsSharing = 4;

// A row narrower than a vector needs masked stores, and a processor cannot forward a masked store to the next load.  Kernels that treat
// each number by itself therefore join several rows into one long row of whole vectors.

/// Groups of `together` rows that fill whole vectors.  There is no group if a row is at least as wide as a vector, or if there are too few
/// rows.
template <class T>
struct JoinedRows {
  Index together = 1;
  Index groups = 0;
  JoinedRows(Index rows, Index cols) {
    constexpr Index kGroupsWorthJoining = 4;
    if (cols >= kWidth<T> || rows < 2 * kGroupsWorthJoining) return;
    together = kWidth<T> >> std::countr_zero(static_cast<std::uint64_t>(cols));  // the width of a vector is a power of two
    if (rows >= kGroupsWorthJoining * together) groups = rows / together;
  }
  /// Each group as one row.
  template <class V>
  HWY_INLINE V joined(V view) const {
    return view.slice(0, groups * together).reshaped(groups, together * view.cols);
  }
  /// The rows that belong to no group.
  template <class V>
  HWY_INLINE V rest(V view) const {
    return view.slice(groups * together, view.rows - groups * together);
  }
};

/// A factor for each column, repeated for each of the joined rows.
template <class T>
class Repeated {
 public:
  Repeated(const T* numbers, Index cols, Index rows) : is_null_(numbers == nullptr) {
    const Partial<T> row(cols);
    for (Index i = 0; !is_null_ && i < rows * cols; i += cols) Whole<T>().store(row.load(numbers), repeated_ + i);
  }
  const T* data() const { return is_null_ ? nullptr : repeated_; }

 private:
  bool is_null_;
  HWY_ALIGN T repeated_[kWidth<T> * kWidth<T>];  // room for the last repetition, which stores a whole vector
};

template <class T>
void normalize_columns(const NormalizedColumns<T>& x_hat, ScaleAndShift<T> by, View<T> y);

template <class T>
HWY_NOINLINE void normalize_joined_columns(const JoinedRows<T>& rows, const NormalizedColumns<T>& x_hat, ScaleAndShift<T> by, View<T> y) {
  const auto repeat = [&](const T* numbers) { return Repeated<T>(numbers, y.cols, rows.together); };
  const Repeated<T> mean = repeat(x_hat.mean), inv_std = repeat(x_hat.inv_std), scale = repeat(by.gamma), shift = repeat(by.beta);
  HWY_NAMESPACE::normalize_columns<T>({rows.joined(x_hat.x), mean.data(), inv_std.data()}, {scale.data(), shift.data()}, rows.joined(y));
  HWY_NAMESPACE::normalize_columns<T>({rows.rest(x_hat.x), x_hat.mean, x_hat.inv_std}, by, rows.rest(y));
}

template <class T>
void normalize_columns(const NormalizedColumns<T>& x_hat, ScaleAndShift<T> by, View<T> y) {
  if (const JoinedRows<T> rows(y.rows, y.cols); rows.groups > 0) return normalize_joined_columns(rows, x_hat, by, y);
  const ColumnFactors<T> factors{by.gamma, by.beta};
  const Index step = y.cols;
  for_row_groups<kRowsSharing>(y.rows, [&](Index r, auto count) NORMRUN_LAMBDA {
    const T* from = x_hat.x.row(r);
    T* to = y.row(r);
    sweep<T>(step, [&](Index c, auto access) NORMRUN_LAMBDA {
      const Vector<T> mean = access.load(x_hat.mean + c);
      const Vector<T> inv_std = access.load(x_hat.inv_std + c);
      const Vector<T> scale = factors.scale(c, access);
      const Vector<T> shift = factors.shift(c, access);
      NORMRUN_UNROLL for (int k = 0; k < count.value; ++k) {
        const Vector<T> normalized = normalized_by(access.load(from + k * step + c), mean, inv_std);
        access.store(hn::MulAdd(scale, normalized, shift), to + k * step + c);
      }
    });
  });
}

template <class T>
void normalize_rows(const NormalizedRows<T>& x_hat, ScaleAndShift<T> by, T* kept, View<T> y) {
  const ConstView<T> x = x_hat.x;
  const ColumnFactors<T> factors{by.gamma, by.beta};
  for (Index r = 0; r < x.rows; ++r) {
    const Vector<T> mean_r = fill(x_hat.mean[r]);
    const Vector<T> inv_std_r = fill(x_hat.inv_std[r]);
    sweep<T>(x.cols, [&](Index c, auto access) NORMRUN_LAMBDA {
      const Vector<T> normalized = normalized_by(access.load(x.row(r) + c), mean_r, inv_std_r);
      if (kept != nullptr) access.store(normalized, kept + r * x.cols + c);
      access.store(factors.apply(c, access, normalized), y.row(r) + c);
    });
  }
}

template <class T>
void normalize_columns_backward(const NormalizedColumns<T>& x_hat, ConstView<T> dy, const T* gamma, const GradientSums<T>& sums,
                                View<T> dx);

template <class T>
HWY_NOINLINE void normalize_joined_columns_backward(const JoinedRows<T>& rows, const NormalizedColumns<T>& x_hat, ConstView<T> dy,
                                                    const T* gamma, const GradientSums<T>& sums, View<T> dx) {
  const auto repeat = [&](const T* numbers) { return Repeated<T>(numbers, dx.cols, rows.together); };
  const Repeated<T> mean = repeat(x_hat.mean), inv_std = repeat(x_hat.inv_std), scale = repeat(gamma);
  const Repeated<T> sum_dy = repeat(sums.dy), sum_dy_x_hat = repeat(sums.dy_x_hat);
  HWY_NAMESPACE::normalize_columns_backward<T>({rows.joined(x_hat.x), mean.data(), inv_std.data()}, rows.joined(dy), scale.data(),
                                               {sum_dy.data(), sum_dy_x_hat.data(), sums.rows}, rows.joined(dx));
  HWY_NAMESPACE::normalize_columns_backward<T>({rows.rest(x_hat.x), x_hat.mean, x_hat.inv_std}, rows.rest(dy), gamma, sums, rows.rest(dx));
}

template <class T>
void normalize_columns_backward(const NormalizedColumns<T>& x_hat, ConstView<T> dy, const T* gamma, const GradientSums<T>& sums,
                                View<T> dx) {
  if (const JoinedRows<T> rows(dx.rows, dx.cols); rows.groups > 0)
    return normalize_joined_columns_backward(rows, x_hat, dy, gamma, sums, dx);
  constexpr Index kColumns = 256;  // how many columns have their factors computed once and kept
  HWY_ALIGN T factors[kColumns];
  const Vector<T> rows = fill(static_cast<T>(sums.rows));
  for (Index first = 0; first < dx.cols; first += kColumns) {
    const Index count = std::min(kColumns, dx.cols - first);
    sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
      const Vector<T> inv = access.load(x_hat.inv_std + first + i);
      const Vector<T> factor = hn::Div(gamma != nullptr ? hn::Mul(access.load(gamma + first + i), inv) : inv, rows);
      Whole<T>().store(factor, factors + i);  // a masked store could not be forwarded to the next load
    });
    for_row_groups<kRowsSharing>(dx.rows, [&](Index r, auto row_count) NORMRUN_LAMBDA {
      const Index step = dx.cols;
      const T* x = x_hat.x.row(r) + first;
      const T* from = dy.row(r) + first;
      T* to = dx.row(r) + first;
      sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
        const Vector<T> mean = access.load(x_hat.mean + first + i);
        const Vector<T> inv_std = access.load(x_hat.inv_std + first + i);
        const Vector<T> sum = access.load(sums.dy + first + i);
        const Vector<T> dot = access.load(sums.dy_x_hat + first + i);
        const Vector<T> factor = Whole<T>().load(factors + i);
        NORMRUN_UNROLL for (int k = 0; k < row_count.value; ++k) {
          const Vector<T> normalized = normalized_by(access.load(x + k * step + i), mean, inv_std);
          const Vector<T> centred = hn::MulSub(rows, access.load(from + k * step + i), sum);
          access.store(hn::Mul(factor, hn::NegMulAdd(normalized, dot, centred)), to + k * step + i);
        }
      });
    });
  }
}

/// How many rows sum over their columns side by side, so that additions need not wait for one another: as many as make four chains, or
/// eight.
template <class T>
inline constexpr int kRowsBeside = kLaneVectors<T> == 4 ? 2 : 4;

/// The means of kRows rows, the first of which is row r, and the means of their squared deviations.
template <int kRows, class T>
HWY_INLINE void moments_of_rows(ConstView<T> x, Index r, T (&mean)[kRows], T (&variance)[kRows]) {
  const auto channels = static_cast<T>(x.cols);
  const T* row = x.row(r);
  const Index step = x.cols;
  const auto add = [&](int k, Index c, auto access, Vector<T> sum) NORMRUN_LAMBDA { return hn::Add(sum, access.load(row + k * step + c)); };
  sum_over_columns<T>(x.cols, add, mean);
  NORMRUN_UNROLL for (int k = 0; k < kRows; ++k) mean[k] /= channels;
  const auto add_square = [&](int k, Index c, auto access, Vector<T> sum) NORMRUN_LAMBDA {
    const Vector<T> deviation = hn::Sub(access.load(row + k * step + c), fill(mean[k]));
    return hn::MulAdd(deviation, deviation, sum);
  };
  sum_over_columns<T>(x.cols, add_square, variance);
  NORMRUN_UNROLL for (int k = 0; k < kRows; ++k) variance[k] /= channels;
}

template <class T>
void row_moments(ConstView<T> x, T* mean, T* variance) {
  for_row_groups<kRowsBeside<T>>(x.rows, [&](Index r, auto count) NORMRUN_LAMBDA {
    T means[count.value], variances[count.value];
    moments_of_rows(x, r, means, variances);
    std::copy_n(means, count.value, mean + r);
    std::copy_n(variances, count.value, variance + r);
  });
}

template <class T>
void standardize_rows(ConstView<T> x, T epsilon, ScaleAndShift<T> by, T* inv_std, T* x_hat, View<T> y) {
  const ColumnFactors<T> factors{by.gamma, by.beta};
  const Index step = x.cols;
  for_row_groups<kRowsBeside<T>>(x.rows, [&](Index r, auto count) NORMRUN_LAMBDA {
    constexpr int kRows = decltype(count)::value;
    T mean[kRows], variance[kRows];
    moments_of_rows(x, r, mean, variance);
    HWY_NAMESPACE::inverse_std<T>(variance, epsilon, inv_std + r, kRows);
    Vector<T> means[kRows], inverses[kRows];
    NORMRUN_UNROLL for (int k = 0; k < kRows; ++k) {
      means[k] = fill(mean[k]);
      inverses[k] = fill(inv_std[r + k]);
    }
    const T* from = x.row(r);
    T* hat = x_hat + r * step;
    T* to = y.row(r);
    sweep<T>(step, [&](Index c, auto access) NORMRUN_LAMBDA {
      const Vector<T> scale = factors.scale(c, access);
      const Vector<T> shift = factors.shift(c, access);
      NORMRUN_UNROLL for (int k = 0; k < kRows; ++k) {
        const Vector<T> normalized = normalized_by(access.load(from + k * step + c), means[k], inverses[k]);
        access.store(normalized, hat + k * step + c);
        access.store(hn::MulAdd(scale, normalized, shift), to + k * step + c);
      }
    });
  });
}

template <class T>
void normalize_rows_backward(ConstView<T> x_hat, ConstView<T> dy, const T* gamma, const T* inv_std, View<T> dx) {
  const auto channels = static_cast<T>(dx.cols);
  const Index step = dx.cols;
  constexpr int kRowsOfTwoSums = kLaneVectors<T> == 1 ? 4 : kRowsBeside<T> / 2;  // rows with two sums each, which make eight chains
  for_row_groups<kRowsOfTwoSums>(dx.rows, [&](Index r, auto count) NORMRUN_LAMBDA {
    constexpr int kRows = decltype(count)::value;
    const T* hat = x_hat.row(r);
    const T* d = dy.row(r);
    T* to = dx.row(r);
    const auto g = [&](int k, Index c, auto access) NORMRUN_LAMBDA {
      const Vector<T> dy_c = access.load(d + k * step + c);
      return gamma != nullptr ? hn::Mul(dy_c, access.load(gamma + c)) : dy_c;
    };
    T sums[2 * kRows];  // for each row the sum of g and the sum of g * x_hat
    const auto add = [&](int s, Index c, auto access, Vector<T> sum) NORMRUN_LAMBDA {
      const Vector<T> g_c = g(s / 2, c, access);
      return s % 2 == 0 ? hn::Add(sum, g_c) : hn::MulAdd(g_c, access.load(hat + s / 2 * step + c), sum);
    };
    sum_over_columns<T>(step, add, sums);
    Vector<T> mean_g[kRows], mean_g_x_hat[kRows], inverses[kRows];
    NORMRUN_UNROLL for (int k = 0; k < kRows; ++k) {
      mean_g[k] = fill(sums[2 * k] / channels);
      mean_g_x_hat[k] = fill(sums[2 * k + 1] / channels);
      inverses[k] = fill(inv_std[r + k]);
    }
    sweep<T>(step, [&](Index c, auto access) NORMRUN_LAMBDA {
      NORMRUN_UNROLL for (int k = 0; k < kRows; ++k) {
        const Vector<T> centred = hn::Sub(g(k, c, access), mean_g[k]);
        const Vector<T> projected = hn::NegMulAdd(access.load(hat + k * step + c), mean_g_x_hat[k], centred);
        access.store(hn::Mul(inverses[k], projected), to + k * step + c);
      }
    });
  });
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
