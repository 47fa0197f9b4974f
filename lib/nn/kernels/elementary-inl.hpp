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
namespace normrun::kernels::HWY_NAMESPACE {

// math::exp, tanh and sigmoid (core/elementary.cpp) on vectors, step by step the same formula.

template <class T>
using Constants = math::ExponentialConstants<T>;

/// e^x = 2^k (1 + expm1_r).
template <class T>
struct Exponential {
  Vector<T> k;
  Vector<T> expm1_r;
};

template <class T>
HWY_INLINE Exponential<T> reduce(Vector<T> x) {
  using C = Constants<T>;
  const Vector<T> to_integer = fill(T{C::kRoundToInteger});
  const Vector<T> k = hn::Sub(hn::MulAdd(x, fill(T{C::kLog2E}), to_integer), to_integer);
  const Vector<T> high = hn::NegMulAdd(k, fill(T{C::kLn2High}), x);
  const Vector<T> low = hn::Mul(hn::Neg(k), fill(T{C::kLn2Low}));
  const Vector<T> r = hn::Add(high, low);
  Vector<T> series = fill(static_cast<T>(math::kInverseFactorials[C::kTerms - 1]));
  NORMRUN_UNROLL for (int n = C::kTerms - 2; n >= 0; --n) {
    series = hn::MulAdd(series, r, fill(static_cast<T>(math::kInverseFactorials[static_cast<std::size_t>(n)])));
  }
  return {k, hn::Add(high, hn::MulAdd(hn::Mul(r, r), series, low))};
}

/// 2^k for an integer k of a normal number.
template <class T>
HWY_INLINE Vector<T> power_of_two(Vector<T> k) {
  using C = Constants<T>;
  const hn::Rebind<typename C::Bits, Tag<T>> bits_tag;
  const auto bits = hn::BitCast(bits_tag, hn::Add(k, fill(T{C::kRoundToInteger})));
  return hn::BitCast(Tag<T>(), hn::ShiftLeft<C::kFractionBits>(hn::Add(bits, hn::Set(bits_tag, C::kExponentBias))));
}

/// 2^k (1 + expm1_r), rounded once where that is subnormal.
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

template <class T>
HWY_INLINE Vector<T> tanh_of(Vector<T> x) {
  const Vector<T> two = fill(T{2});
  const Exponential<T> parts = reduce<T>(hn::Mul(two, hn::Min(hn::Abs(x), fill(T{Constants<T>::kTanhIsOne}))));
  const Vector<T> scale = power_of_two<T>(parts.k);
  const Vector<T> e = hn::MulAdd(scale, parts.expm1_r, hn::Sub(scale, fill(T{1})));
  const Vector<T> d = hn::Add(e, two);
  const Vector<T> lost = hn::Sub(hn::Min(e, two), hn::Sub(d, hn::Max(e, two)));
  const Vector<T> inverse = hn::Div(fill(T{1}), d);
  const Vector<T> t = hn::Mul(e, inverse);
  const Vector<T> remainder = hn::Sub(hn::NegMulAdd(t, d, e), hn::Mul(t, lost));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::CopySign(hn::MulAdd(remainder, inverse, t), x));
}

template <class T>
HWY_INLINE Vector<T> sigmoid_of(Vector<T> x) {
  const Vector<T> one = fill(T{1});
  const Vector<T> e = scaled(reduce<T>(hn::Max(hn::Neg(hn::Abs(x)), fill(T{Constants<T>::kSmallest}))));  // exp of what is never large
  const Vector<T> d = hn::Add(one, e);
  const Vector<T> lost = hn::Sub(e, hn::Sub(d, one));
  const Vector<T> s = hn::Div(one, d);
  const Vector<T> positive = hn::MulAdd(s, hn::Sub(hn::NegMulAdd(s, d, one), hn::Mul(s, lost)), s);
  const Vector<T> either = hn::IfThenElse(hn::Lt(x, fill(T{0})), hn::Mul(e, positive), positive);
  return hn::IfThenElse(hn::IsNaN(x), x, either);
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
