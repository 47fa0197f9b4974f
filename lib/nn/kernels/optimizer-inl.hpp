// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_OPTIMIZER_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_OPTIMIZER_INL
#undef NORMRUN_KERNELS_OPTIMIZER_INL
#else
#define NORMRUN_KERNELS_OPTIMIZER_INL
#endif

#include "nn/kernels/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::kernels::HWY_NAMESPACE {

template <class T>
void sgd_update(T* w, const T* g, T learning_rate, Index count) {
  sweep<T>(count, [&](Index i, auto access)
                      NORMRUN_LAMBDA { access.store(hn::NegMulAdd(fill(learning_rate), access.load(g + i), access.load(w + i)), w + i); });
}

template <class T>
void momentum_update_keras(T* w, const T* g, T* v, T learning_rate, T momentum, Momentum kind, Index count) {
  sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
    const Vector<T> descent = hn::Mul(fill(-learning_rate), access.load(g + i));
    const Vector<T> velocity = hn::MulAdd(fill(momentum), access.load(v + i), descent);
    access.store(velocity, v + i);
    const Vector<T> move = kind == Momentum::kNesterov ? hn::MulAdd(fill(momentum), velocity, descent) : velocity;
    access.store(hn::Add(access.load(w + i), move), w + i);
  });
}

template <class T>
void momentum_update_torch(T* w, const T* g, T* v, T learning_rate, T momentum, Momentum kind, Index count) {
  sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
    const Vector<T> gradient = access.load(g + i);
    const Vector<T> velocity = hn::MulAdd(fill(momentum), access.load(v + i), gradient);
    access.store(velocity, v + i);
    const Vector<T> move = kind == Momentum::kNesterov ? hn::MulAdd(fill(momentum), velocity, gradient) : velocity;
    access.store(hn::NegMulAdd(fill(learning_rate), move, access.load(w + i)), w + i);
  });
}

/// Adam's update of one vector.
template <class T, class Access>
HWY_INLINE void adam_at(const AdamStep<T>& by, Access access, Vector<T> gradient, T* w, T* m, T* v) {
  const Vector<T> first = hn::MulAdd(fill(by.beta_1), access.load(m), hn::Mul(fill(T{1} - by.beta_1), gradient));
  const Vector<T> square = hn::Mul(gradient, gradient);
  const Vector<T> second = hn::MulAdd(fill(by.beta_2), access.load(v), hn::Mul(fill(T{1} - by.beta_2), square));
  access.store(first, m);
  access.store(second, v);
  const Vector<T> denominator = hn::MulAdd(hn::Sqrt(second), fill(by.root_scale), fill(by.epsilon));
  access.store(hn::Sub(access.load(w), hn::Div(hn::Mul(fill(by.step), first), denominator)), w);
}

template <class T>
void adam_update(const AdamStep<T>& step, const T* g, T* w, T* m, T* v, Index count) {
  const AdamStep<T> by = step;  // a copy that no store can reach: its numbers stay in registers
  sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA { adam_at(by, access, access.load(g + i), w + i, m + i, v + i); });
}

template <class T>
void rmsprop_update(T* w, const T* g, T* v, T learning_rate, T rho, T epsilon, EpsilonPlace place, Index count) {
  const T fresh = T{1} - rho;
  sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
    const Vector<T> gradient = access.load(g + i);
    const Vector<T> mean_square = hn::MulAdd(fill(rho), access.load(v + i), hn::Mul(fill(fresh), hn::Mul(gradient, gradient)));
    access.store(mean_square, v + i);
    const Vector<T> root =
        place == EpsilonPlace::kInsideRoot ? hn::Sqrt(hn::Add(mean_square, fill(epsilon))) : hn::Add(hn::Sqrt(mean_square), fill(epsilon));
    access.store(hn::Sub(access.load(w + i), hn::Div(hn::Mul(fill(learning_rate), gradient), root)), w + i);
  });
}

}  // namespace normrun::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
