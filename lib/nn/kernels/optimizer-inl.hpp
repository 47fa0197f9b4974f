// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_OPTIMIZER_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_OPTIMIZER_INL
#undef NORMRUN_KERNELS_OPTIMIZER_INL
#else
#define NORMRUN_KERNELS_OPTIMIZER_INL
#endif

#include <cstdint>

#include "nn/kernels/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

template <class T>
void sgd_update(T* w, const T* g, T learning_rate, Index count) {
  sweep<T>(count, [&](Index i, auto access)
                      NORMRUN_LAMBDA { access.store(hn::NegMulAdd(fill(learning_rate), access.load(g + i), access.load(w + i)), w + i); });
}

template <class T>
void momentum_update_keras(const MomentumStep<T>& by, const T* g, T* w, T* v, Index count) {
  const MomentumStep<T> step = by;  // a copy that no store can change, so its numbers stay in registers
  sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
    const Vector<T> descent = hn::Mul(fill(-step.learning_rate), access.load(g + i));
    const Vector<T> velocity = hn::MulAdd(fill(step.momentum), access.load(v + i), descent);
    access.store(velocity, v + i);
    const Vector<T> move = step.kind == Momentum::kNesterov ? hn::MulAdd(fill(step.momentum), velocity, descent) : velocity;
    access.store(hn::Add(access.load(w + i), move), w + i);
  });
}

template <class T>
void momentum_update_torch(const MomentumStep<T>& by, const T* g, T* w, T* v, Index count) {
  const MomentumStep<T> step = by;  // a copy that no store can change, so its numbers stay in registers
  sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
    const Vector<T> gradient = access.load(g + i);
    const Vector<T> velocity = hn::MulAdd(fill(step.momentum), access.load(v + i), gradient);
    access.store(velocity, v + i);
    const Vector<T> move = step.kind == Momentum::kNesterov ? hn::MulAdd(fill(step.momentum), velocity, gradient) : velocity;
    access.store(hn::NegMulAdd(fill(step.learning_rate), move, access.load(w + i)), w + i);
  });
}

#if HWY_MAX_BYTES == 64
/// Replaces the first kCount vectors of x by their square roots, correctly rounded, and uses multiply-adds alone.
///
/// The method starts from an estimate y of 1 / sqrt(x).  One step of Newton's method improves g = x y and h = y / 2 together, and another
/// one improves g by its exact remainder (P. Markstein, Computation of elementary functions on the IBM RISC System/6000 processor, IBM J.
/// Res. Dev. 34(1), 1990).  If the estimate is within 2^-13, every root is correct; the tests check all floats.  The processor's own square
/// root serves where a remainder could be too small to be exact, and for numbers that are not finite.
template <int kCount, int kVectors>
HWY_INLINE void multiply_roots(Vector<float> (&x)[kVectors]) {
  constexpr Tag<std::uint32_t> kBits;
  constexpr std::uint32_t kLeast = 0x0D800000;     // 2^-100
  constexpr std::uint32_t kGreatest = 0x7F7FFFFF;  // the greatest finite number
  auto farthest = hn::Zero(kBits);
  NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) farthest = hn::Max(farthest, hn::Sub(hn::BitCast(kBits, x[i]), hn::Set(kBits, kLeast)));
  if (HWY_UNLIKELY(!hn::AllFalse(kBits, hn::Gt(farthest, hn::Set(kBits, kGreatest - kLeast))))) {
    NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) x[i] = hn::Sqrt(x[i]);
    return;
  }
  Vector<float> g[kCount], h[kCount], error[kCount];
  NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) h[i] = hn::ApproximateReciprocalSqrt(x[i]);
  NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) g[i] = hn::Mul(x[i], h[i]);
  NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) h[i] = hn::Mul(fill(0.5F), h[i]);
  NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) error[i] = hn::NegMulAdd(h[i], g[i], fill(0.5F));
  NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) g[i] = hn::MulAdd(g[i], error[i], g[i]);
  NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) h[i] = hn::MulAdd(h[i], error[i], h[i]);
  NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) error[i] = hn::NegMulAdd(g[i], g[i], x[i]);
  NORMRUN_UNROLL for (int i = 0; i < kCount; ++i) x[i] = hn::MulAdd(error[i], h[i], g[i]);
}
#endif

/// x = sqrt(x), correctly rounded.  In Adam, the unit that divides and takes roots is busy while the multipliers are idle.  With vectors of
/// 512 bits, the multipliers therefore compute half of the roots.
template <int kVectors, class T>
HWY_INLINE void take_roots(Vector<T> (&x)[kVectors]) {
  int first = 0;
#if HWY_MAX_BYTES == 64
  if constexpr (sizeof(T) == sizeof(float) && kVectors > 1) {
    multiply_roots<kVectors / 2>(x);
    first = kVectors / 2;
  }
#endif
  NORMRUN_UNROLL for (int i = first; i < kVectors; ++i) x[i] = hn::Sqrt(x[i]);
}

/// Adam's update of kVectors vectors.  `last` loads and stores the last vector, which may be partial.
template <int kVectors, class T, class Last>
HWY_INLINE void adam_on(const AdamStep<T>& by, const Vector<T> (&gradient)[kVectors], const AdamBuffers<T>& on, Last last) {
  T* const w = on.w;
  T* const m = on.m;
  T* const v = on.v;
  Vector<T> first[kVectors], second[kVectors];
  const auto moments = [&](int i, auto access) NORMRUN_LAMBDA {
    const Index at = i * kWidth<T>;
    first[i] = hn::MulAdd(fill(by.beta_1), access.load(m + at), hn::Mul(fill(T{1} - by.beta_1), gradient[i]));
    const Vector<T> square = hn::Mul(gradient[i], gradient[i]);
    second[i] = hn::MulAdd(fill(by.beta_2), access.load(v + at), hn::Mul(fill(T{1} - by.beta_2), square));
    access.store(first[i], m + at);
    access.store(second[i], v + at);
  };
  NORMRUN_UNROLL for (int i = 0; i < kVectors - 1; ++i) moments(i, Whole<T>());
  moments(kVectors - 1, last);
  take_roots<kVectors, T>(second);
  const auto move = [&](int i, auto access) NORMRUN_LAMBDA {
    const Vector<T> denominator = hn::MulAdd(second[i], fill(by.root_scale), fill(by.epsilon));
    T* const to = w + i * kWidth<T>;
    access.store(hn::Sub(access.load(to), hn::Div(hn::Mul(fill(by.step), first[i]), denominator)), to);
  };
  NORMRUN_UNROLL for (int i = 0; i < kVectors - 1; ++i) move(i, Whole<T>());
  move(kVectors - 1, last);
}

inline constexpr int kUpdatedVectors = 4;  // how many vectors one call of adam_on updates

template <class T>
void adam_update(const AdamStep<T>& step, const T* g, const AdamBuffers<T>& to, Index count) {
  constexpr Index kNumbers = kUpdatedVectors * kWidth<T>;
  const AdamStep<T> by = step;  // copies that no store can change, so their numbers stay in registers
  const AdamBuffers<T> on = to;
  const Index whole = count / kNumbers * kNumbers;
  for (Index i = 0; i < whole; i += kNumbers) {
    Vector<T> gradient[kUpdatedVectors];
    NORMRUN_UNROLL for (int j = 0; j < kUpdatedVectors; ++j) gradient[j] = Whole<T>().load(g + i + j * kWidth<T>);
    adam_on(by, gradient, on.from(i), Whole<T>());
  }
  sweep<T>(count - whole, [&](Index rest, auto access) NORMRUN_LAMBDA {
    const Index i = whole + rest;
    const Vector<T> gradient[] = {access.load(g + i)};
    adam_on(by, gradient, on.from(i), access);
  });
}

template <class T>
void rmsprop_update(const RmspropStep<T>& by, const T* g, T* w, T* v, Index count) {
  const RmspropStep<T> step = by;  // a copy that no store can change, so its numbers stay in registers
  const T fresh = T{1} - step.rho;
  sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
    const Vector<T> gradient = access.load(g + i);
    const Vector<T> mean_square = hn::MulAdd(fill(step.rho), access.load(v + i), hn::Mul(fill(fresh), hn::Mul(gradient, gradient)));
    access.store(mean_square, v + i);
    const Vector<T> root = step.place == EpsilonPlace::kInsideRoot ? hn::Sqrt(hn::Add(mean_square, fill(step.epsilon)))
                                                                   : hn::Add(hn::Sqrt(mean_square), fill(step.epsilon));
    access.store(hn::Sub(access.load(w + i), hn::Div(hn::Mul(fill(step.learning_rate), gradient), root)), w + i);
  });
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
