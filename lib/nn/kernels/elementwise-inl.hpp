// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_ELEMENTWISE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_ELEMENTWISE_INL
#undef NORMRUN_KERNELS_ELEMENTWISE_INL
#else
#define NORMRUN_KERNELS_ELEMENTWISE_INL
#endif

#include "nn/kernels/elementary-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

/// y = f(x), element by element.
template <class T, class F>
HWY_INLINE void map(const T* x, T* y, Index count, const F& f) {
  sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA { access.store(f(access.load(x + i)), y + i); });
}

/// z = f(x, y), element by element.
template <class T, class F>
HWY_INLINE void map(const T* x, const T* y, T* z, Index count, const F& f) {
  sweep<T>(count, [&](Index i, auto access) NORMRUN_LAMBDA { access.store(f(access.load(x + i), access.load(y + i)), z + i); });
}

template <class T>
void relu(const T* x, T* y, Index count) {
  map(x, y, count, [](Vector<T> v) NORMRUN_LAMBDA { return hn::IfThenZeroElse(hn::Le(v, fill(T{0})), v); });
}

template <class T>
void relu_backward(const T* y, const T* dy, T* dx, Index count) {
  map(y, dy, dx, count, [](Vector<T> v, Vector<T> dv) NORMRUN_LAMBDA { return hn::IfThenElseZero(hn::Gt(v, fill(T{0})), dv); });
}

template <class T>
void tanh(const T* x, T* y, Index count) {
  map(x, y, count, [](Vector<T> v) NORMRUN_LAMBDA { return tanh_of<T>(v); });
}

template <class T>
void tanh_backward(const T* y, const T* dy, T* dx, Index count) {
  map(y, dy, dx, count, [](Vector<T> v, Vector<T> dv) NORMRUN_LAMBDA { return hn::Mul(dv, hn::NegMulAdd(v, v, fill(T{1}))); });
}

template <class T>
void sigmoid(const T* x, T* y, Index count) {
  map(x, y, count, [](Vector<T> v) NORMRUN_LAMBDA { return sigmoid_of<T>(v); });
}

template <class T>
void sigmoid_backward(const T* y, const T* dy, T* dx, Index count) {
  map(y, dy, dx, count, [](Vector<T> v, Vector<T> dv) NORMRUN_LAMBDA { return hn::Mul(dv, hn::Mul(v, hn::Sub(fill(T{1}), v))); });
}

template <class T>
void exp(const T* x, T* y, Index count) {
  map(x, y, count, [](Vector<T> v) NORMRUN_LAMBDA { return exp_of<T>(v); });
}

template <class T>
void scale(const T* x, T factor, T* y, Index count) {
  map(x, y, count, [&](Vector<T> v) NORMRUN_LAMBDA { return hn::Mul(v, fill(factor)); });
}

template <class T>
void scale_columns(ConstView<T> x, const T* factor, View<T> y) {
  for (Index r = 0; r < x.rows; ++r)
    map(x.row(r), factor, y.row(r), x.cols, [](Vector<T> v, Vector<T> f) NORMRUN_LAMBDA { return hn::Mul(v, f); });
}

template <class T>
void blend(T momentum, const T* fresh, T* old, Index count) {
  map(fresh, old, old, count,
      [&](Vector<T> f, Vector<T> o) NORMRUN_LAMBDA { return hn::MulAdd(fill(momentum), o, hn::Mul(fill(T{1} - momentum), f)); });
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
