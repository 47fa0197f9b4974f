// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_NORMALIZE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_NORMALIZE_INL
#undef NORMRUN_KERNELS_NORMALIZE_INL
#else
#define NORMRUN_KERNELS_NORMALIZE_INL
#endif

#include <algorithm>

#include "nn/kernels/kernels.hpp"
#include "nn/kernels/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::kernels::HWY_NAMESPACE {

template <class T>
void inverse_std(const T* variance, T epsilon, T* inv_std, Index count) {
  sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
    const Vector<T> shifted = hn::Add(access.load(variance + i), fill(epsilon));
    access.store(hn::Div(fill(T{1}), hn::Sqrt(shifted)), inv_std + i);
  });
}

/// gamma and beta of a vector of columns; null stands for 1 and 0.
template <class T>
struct Affine {
  const T* gamma;
  const T* beta;
  template <class Access>
  HWY_INLINE Vector<T> apply(Index c, Access access, Vector<T> x_hat) const {
    const Vector<T> scale = gamma != nullptr ? access.load(gamma + c) : fill(T{1});
    return hn::MulAdd(scale, x_hat, beta != nullptr ? access.load(beta + c) : fill(T{0}));
  }
};

template <class T, class Access>
HWY_INLINE Vector<T> normalized_at(const NormalizedColumns<T>& x_hat, Index r, Index c, Access access) {
  return hn::Mul(hn::Sub(access.load(x_hat.x.row(r) + c), access.load(x_hat.mean + c)), access.load(x_hat.inv_std + c));
}

template <class T>
void normalize_columns(const NormalizedColumns<T>& given, const T* gamma, const T* beta, View<T> y) {
  const NormalizedColumns<T> x_hat = given;  // a copy that no store can reach
  const Affine<T> affine{gamma, beta};
  for (Index r = 0; r < y.rows; ++r) {
    sweep<T>(y.cols, [&](Index c, auto access)
                         NORMRUN_LAMBDA { access.store(affine.apply(c, access, normalized_at(x_hat, r, c, access)), y.row(r) + c); });
  }
}

template <class T>
void normalize_rows(ConstView<T> x, const T* mean, const T* inv_std, const T* gamma, const T* beta, T* x_hat, View<T> y) {
  const Affine<T> affine{gamma, beta};
  for (Index r = 0; r < x.rows; ++r) {
    const Vector<T> mean_r = fill(mean[r]);
    const Vector<T> inv_std_r = fill(inv_std[r]);
    sweep<T>(x.cols, [&](Index c, auto access) NORMRUN_LAMBDA {
      const Vector<T> normalized = hn::Mul(hn::Sub(access.load(x.row(r) + c), mean_r), inv_std_r);
      if (x_hat != nullptr) access.store(normalized, x_hat + r * x.cols + c);
      access.store(affine.apply(c, access, normalized), y.row(r) + c);
    });
  }
}

template <class T>
void normalize_columns_backward(const NormalizedColumns<T>& given, ConstView<T> dy, const T* gamma, const T* sum_dy, const T* sum_dy_x_hat,
                                View<T> dx) {
  constexpr Index kColumns = 256;  // whose factors are divided once and kept
  HWY_ALIGN T factors[kColumns];
  const NormalizedColumns<T> x_hat = given;  // a copy that no store can reach
  const Vector<T> rows = fill(static_cast<T>(dx.rows));
  for (Index first = 0; first < dx.cols; first += kColumns) {
    const Index count = std::min(kColumns, dx.cols - first);
    sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
      const Vector<T> inv = access.load(x_hat.inv_std + first + i);
      access.store(hn::Div(gamma != nullptr ? hn::Mul(access.load(gamma + first + i), inv) : inv, rows), factors + i);
    });
    for (Index r = 0; r < dx.rows; ++r) {
      sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
        const Index c = first + i;
        const Vector<T> centred = hn::MulSub(rows, access.load(dy.row(r) + c), access.load(sum_dy + c));
        const Vector<T> projected = hn::NegMulAdd(normalized_at(x_hat, r, c, access), access.load(sum_dy_x_hat + c), centred);
        access.store(hn::Mul(access.load(factors + i), projected), dx.row(r) + c);
      });
    }
  }
}

template <class T>
void normalize_rows_backward(ConstView<T> x_hat, ConstView<T> dy, const T* gamma, const T* inv_std, View<T> dx) {
  const auto channels = static_cast<T>(dx.cols);
  for (Index r = 0; r < dx.rows; ++r) {
    const auto g = [&](Index c, auto access) NORMRUN_LAMBDA {
      const Vector<T> dy_c = access.load(dy.row(r) + c);
      return gamma != nullptr ? hn::Mul(dy_c, access.load(gamma + c)) : dy_c;
    };
    const auto add_g = [&](Index c, auto access, Vector<T> sum) NORMRUN_LAMBDA { return hn::Add(sum, g(c, access)); };
    const auto add_g_x_hat = [&](Index c, auto access, Vector<T> sum)
                                 NORMRUN_LAMBDA { return hn::MulAdd(g(c, access), access.load(x_hat.row(r) + c), sum); };
    const Vector<T> mean_g = fill(sum_over_columns<T>(dx.cols, add_g) / channels);
    const Vector<T> mean_g_x_hat = fill(sum_over_columns<T>(dx.cols, add_g_x_hat) / channels);
    const Vector<T> inv_std_r = fill(inv_std[r]);
    sweep<T>(dx.cols, [&](Index c, auto access) NORMRUN_LAMBDA {
      const Vector<T> centred = hn::Sub(g(c, access), mean_g);
      access.store(hn::Mul(inv_std_r, hn::NegMulAdd(access.load(x_hat.row(r) + c), mean_g_x_hat, centred)), dx.row(r) + c);
    });
  }
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
