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

template <class T>
void adam_update(T* w, const T* g, T* m, T* v, T step, T root_scale, T beta_1, T beta_2, T epsilon, Index count) {
  const T fresh_1 = T{1} - beta_1;
  const T fresh_2 = T{1} - beta_2;
  sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA {
    const Vector<T> gradient = access.load(g + i);
    const Vector<T> first = hn::MulAdd(fill(beta_1), access.load(m + i), hn::Mul(fill(fresh_1), gradient));
    const Vector<T> square = hn::Mul(gradient, gradient);
    const Vector<T> second = hn::MulAdd(fill(beta_2), access.load(v + i), hn::Mul(fill(fresh_2), square));
    access.store(first, m + i);
    access.store(second, v + i);
    const Vector<T> denominator = hn::MulAdd(hn::Sqrt(second), fill(root_scale), fill(epsilon));
    access.store(hn::Sub(access.load(w + i), hn::Div(hn::Mul(fill(step), first), denominator)), w + i);
  });
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
