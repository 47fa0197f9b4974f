// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_LOSS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_LOSS_INL
#undef NORMRUN_KERNELS_LOSS_INL
#else
#define NORMRUN_KERNELS_LOSS_INL
#endif

#include "nn/kernels/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

/// A vector of T with as many numbers as a vector of doubles.
template <class T>
using Narrow = hn::Rebind<T, Tag<double>>;

template <class T>
HWY_INLINE Vector<double> load_wide(Whole<double>, const T* from) {
  return hn::PromoteTo(Tag<double>(), hn::LoadU(Narrow<T>(), from));
}
template <class T>
HWY_INLINE Vector<double> load_wide(const Partial<double>& partial, const T* from) {
  return hn::PromoteTo(Tag<double>(), hn::MaskedLoad(hn::FirstN(Narrow<T>(), partial.count), Narrow<T>(), from));
}
HWY_INLINE Vector<double> load_wide(Whole<double> whole, const double* from) { return whole.load(from); }
HWY_INLINE Vector<double> load_wide(const Partial<double>& partial, const double* from) { return partial.load(from); }

template <class T>
HWY_INLINE void store_narrow(Whole<double>, Vector<double> v, T* to) {
  hn::StoreU(hn::DemoteTo(Narrow<T>(), v), Narrow<T>(), to);
}
template <class T>
HWY_INLINE void store_narrow(const Partial<double>& partial, Vector<double> v, T* to) {
  store_first(Narrow<T>(), hn::DemoteTo(Narrow<T>(), v), partial.count, to);
}
HWY_INLINE void store_narrow(Whole<double> whole, Vector<double> v, double* to) { whole.store(v, to); }
HWY_INLINE void store_narrow(const Partial<double>& partial, Vector<double> v, double* to) { partial.store(v, to); }

template <class T>
double squared_errors(const T* z, const T* t, double scale, T* dz, Index count) {
  return sum_over_columns<double>(count, [&](Index i, auto access, Vector<double> sum) NORMRUN_LAMBDA {
    const Vector<double> error = hn::Sub(load_wide(access, z + i), load_wide(access, t + i));
    if (dz != nullptr) store_narrow(access, hn::Mul(fill(scale), error), dz + i);
    return hn::MulAdd(error, error, sum);
  });
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
