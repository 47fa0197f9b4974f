// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_ELEMENTARY_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_ELEMENTARY_INL
#undef NORMRUN_KERNELS_ELEMENTARY_INL
#else
#define NORMRUN_KERNELS_ELEMENTARY_INL
#endif

#include "core/elementary_constants.hpp"
#include "nn/kernels/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

// math::exp, math::tanh and math::sigmoid on vectors.  Every step is that of core/elementary.cpp, so the bits are the same.

template <class T>
using Constants = math::ExponentialConstants<T>;

/// e^x in two factors: e^x = 2^k (1 + expm1_r).
template <class T>
struct Exponential {
  Vector<T> k;
  Vector<T> expm1_r;
};

/// Computes k and expm1_r of kCount vectors side by side.  One vector at a time would be slower: each operation would wait for the one
/// before.
template <class T, int kCount>
HWY_INLINE void reduce(const Vector<T> (&x)[kCount], Exponential<T> (&e)[kCount]) {
  using C = Constants<T>;
  const Vector<T> to_integer = fill(T{C::kRoundToInteger});
  Vector<T> high[kCount], low[kCount], r[kCount], series[kCount];
  NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) {
    e[i].k = hn::Sub(hn::MulAdd(x[i], fill(T{C::kLog2E}), to_integer), to_integer);
    high[i] = hn::NegMulAdd(e[i].k, fill(T{C::kLn2High}), x[i]);
    low[i] = hn::Mul(e[i].k, fill(-T{C::kLn2Low}));
    r[i] = hn::Add(high[i], low[i]);
    series[i] = fill(static_cast<T>(math::kInverseFactorials[C::kTerms - 1]));
  }
  NORMRUN_UNROLL for (int n = C::kTerms - 2; n >= 0; --n) {
    const Vector<T> term = fill(static_cast<T>(math::kInverseFactorials[static_cast<std::size_t>(n)]));
    NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) series[i] = hn::MulAdd(series[i], r[i], term);
  }
  NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) { e[i].expm1_r = hn::Add(high[i], hn::MulAdd(hn::Mul(r[i], r[i]), series[i], low[i])); }
}

template <class T>
HWY_INLINE Exponential<T> reduce(Vector<T> x) {
  const Vector<T> of[1] = {x};
  Exponential<T> e[1];
  reduce<T>(of, e);
  return e[0];
}

/// 2^k for an integer k.  2^k must be a normal number.
template <class T>
HWY_INLINE Vector<T> power_of_two(Vector<T> k) {
  using C = Constants<T>;
  const hn::Rebind<typename C::Bits, Tag<T>> bits_tag;
  const auto bits = hn::BitCast(bits_tag, hn::Add(k, fill(T{C::kRoundToInteger})));
  return hn::BitCast(Tag<T>(), hn::ShiftLeft<C::kFractionBits>(hn::Add(bits, hn::Set(bits_tag, C::kExponentBias))));
}

/// 2^k (1 + expm1_r).  A subnormal result is rounded only once.
#if HWY_MAX_BYTES == 64
HWY_INLINE Vector<float> scaled(const Exponential<float>& e) {
  return Vector<float>{_mm512_scalef_ps(hn::Add(fill(1.0F), e.expm1_r).raw, e.k.raw)};
}
HWY_INLINE Vector<double> scaled(const Exponential<double>& e) {
  return Vector<double>{_mm512_scalef_pd(hn::Add(fill(1.0), e.expm1_r).raw, e.k.raw)};
}
#else
template <class T>
HWY_INLINE Vector<T> scaled(const Exponential<T>& e) {
  const Vector<T> half = hn::Floor(hn::Mul(e.k, fill(T{0.5})));
  const Vector<T> once = hn::Mul(hn::Add(fill(T{1}), e.expm1_r), power_of_two<T>(half));
  return hn::Mul(once, power_of_two<T>(hn::Sub(e.k, half)));
}
#endif

template <class T>
HWY_INLINE Vector<T> exp_of(Vector<T> x) {
  using C = Constants<T>;
  const Exponential<T> e = reduce<T>(hn::Min(hn::Max(x, fill(T{C::kSmallest})), fill(T{C::kLargest})));
  return hn::IfThenElse(hn::IsNaN(x), x, scaled(e));
}

/// e^x - 1.  2^k must be a normal number.
template <class T>
HWY_INLINE Vector<T> expm1_by(const Exponential<T>& power) {
  const Vector<T> scale = power_of_two<T>(power.k);
  return hn::MulAdd(scale, power.expm1_r, hn::Sub(scale, fill(T{1})));
}

/// tanh(x) and sigmoid(x) are computed from the exponential of their argument, which follows from x.  NaN passes through all steps, because
/// Min and Max return their second operand if one operand is NaN.
template <class T>
HWY_INLINE Vector<T> tanh_argument(Vector<T> x) {
  return hn::Mul(fill(T{2}), hn::Min(fill(T{Constants<T>::kTanhIsOne}), hn::Abs(x)));
}
template <class T>
HWY_INLINE Vector<T> tanh_by(const Exponential<T>& power, Vector<T> x) {
  const Vector<T> two = fill(T{2});
  const Vector<T> e = expm1_by<T>(power);
  const Vector<T> d = hn::Add(e, two);
  const Vector<T> lost = hn::Sub(hn::Min(e, two), hn::Sub(d, hn::Max(e, two)));
  const Vector<T> inverse = hn::Div(fill(T{1}), d);
  const Vector<T> t = hn::Mul(e, inverse);
  const Vector<T> remainder = hn::Sub(hn::NegMulAdd(t, d, e), hn::Mul(t, lost));
  return hn::CopySign(hn::MulAdd(remainder, inverse, t), x);
}

template <class T>
HWY_INLINE Vector<T> sigmoid_argument(Vector<T> x) {  // -|x|, whose exponential cannot overflow
  return hn::Max(fill(T{Constants<T>::kSmallest}), hn::Or(x, hn::SignBit(Tag<T>())));
}
template <class T>
HWY_INLINE Vector<T> sigmoid_by(const Exponential<T>& power, Vector<T> x) {
  const Vector<T> one = fill(T{1});
  const Vector<T> e = scaled(power);
  const Vector<T> d = hn::Add(one, e);
  const Vector<T> lost = hn::Sub(e, hn::Sub(d, one));
  const Vector<T> s = hn::Div(one, d);
  const Vector<T> positive = hn::MulAdd(s, hn::Sub(hn::NegMulAdd(s, d, one), hn::Mul(s, lost)), s);
  return hn::IfNegativeThenElse(x, hn::Mul(e, positive), positive);
}

template <class T>
HWY_INLINE Vector<T> tanh_of(Vector<T> x) {
  return tanh_by<T>(reduce<T>(tanh_argument<T>(x)), x);
}
template <class T>
HWY_INLINE Vector<T> sigmoid_of(Vector<T> x) {
  return sigmoid_by<T>(reduce<T>(sigmoid_argument<T>(x)), x);
}

template <class T>
HWY_INLINE Vector<T> expm1_of(Vector<T> x) {
  return expm1_by<T>(reduce<T>(hn::Max(fill(T{Constants<T>::kExpm1IsMinusOne}), x)));
}

template <class T>
HWY_INLINE Vector<T> softplus_of(Vector<T> x) {
  const Vector<T> f = scaled(reduce<T>(sigmoid_argument<T>(x)));
  const Vector<T> s = hn::Div(f, hn::Add(f, fill(T{2})));
  const Vector<T> z = hn::Mul(s, s);
  Vector<T> series = fill(static_cast<T>(math::kInverseOddNumbers[math::kLogarithmTerms<T> - 1]));
  NORMRUN_UNROLL for (int n = math::kLogarithmTerms<T> - 2; n >= 0; --n) {
    series = hn::MulAdd(series, z, fill(static_cast<T>(math::kInverseOddNumbers[static_cast<std::size_t>(n)])));
  }
  const Vector<T> half_f_squared = hn::Mul(hn::Mul(fill(T{0.5}), f), f);
  const Vector<T> tail = hn::Mul(s, hn::MulAdd(hn::Mul(fill(T{2}), z), series, half_f_squared));
  return hn::Add(hn::Max(x, fill(T{0})), hn::Sub(f, hn::Sub(half_f_squared, tail)));
}

/// math::normal_tail of x.
template <class T>
struct NormalTail {
  Vector<T> exponential;
  Vector<T> area;
};
template <class T>
HWY_INLINE NormalTail<T> normal_tail_of(Vector<T> x) {
  using C = math::NormalTailConstants<T>;
  const Vector<T> one = fill(T{1});
  const Vector<T> four = fill(T{4});
  const Vector<T> z = hn::Min(fill(T{C::kLargest}), hn::Abs(x));
  const Vector<T> square = hn::Mul(z, z);
  const Vector<T> lost = hn::MulSub(z, z, square);
  const Vector<T> rounded = exp_of<T>(hn::Mul(fill(T{-0.5}), square));
  const Vector<T> exponential = hn::MulAdd(rounded, hn::Mul(fill(T{-0.5}), lost), rounded);
  const Vector<T> d = hn::Add(z, four);
  const Vector<T> lost_of_d = hn::Sub(hn::Min(z, four), hn::Sub(d, hn::Max(z, four)));
  const Vector<T> rough = hn::Div(one, d);
  const Vector<T> inverse = hn::MulAdd(rough, hn::Sub(hn::NegMulAdd(rough, d, one), hn::Mul(rough, lost_of_d)), rough);
  const Vector<T> s = hn::MulAdd(fill(T{-8}), inverse, one);
  Vector<T> series = fill(C::kSeries.back());
  for (std::size_t n = C::kSeries.size() - 1; n-- > 0;) series = hn::MulAdd(series, s, fill(C::kSeries[n]));
  return {exponential, hn::Mul(exponential, hn::Mul(series, inverse))};
}
template <class T>
HWY_INLINE Vector<T> normal_cdf_by(const NormalTail<T>& tail, Vector<T> x) {
  return hn::IfThenElse(hn::Lt(x, fill(T{0})), tail.area, hn::Sub(fill(T{1}), tail.area));
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
