// Included once for each instruction set: see vector.cpp.
#if defined(NORMRUN_KERNELS_ACTIVATIONS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMRUN_KERNELS_ACTIVATIONS_INL
#undef NORMRUN_KERNELS_ACTIVATIONS_INL
#else
#define NORMRUN_KERNELS_ACTIVATIONS_INL
#endif

#include "nn/kernels/activations.hpp"
#include "nn/kernels/elementwise-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

template <class T>
HWY_INLINE Vector<T> leaky(Vector<T> x, Vector<T> slope) {
  return hn::IfThenElse(hn::Le(x, fill(T{0})), hn::Mul(x, slope), x);
}
template <class T>
HWY_INLINE Vector<T> leaky_backward(Vector<T> by, Vector<T> dy, Vector<T> slope) {
  return hn::IfThenElse(hn::Gt(by, fill(T{0})), dy, hn::Mul(dy, slope));
}

template <class T>
void leaky_relu(const T* x, T slope, T* y, Index count) {
  map(x, y, count, [&](Vector<T> v) NORMRUN_LAMBDA { return leaky<T>(v, fill(slope)); });
}

template <class T>
void leaky_relu_backward(const T* y, const T* dy, T slope, T* dx, Index count) {
  map(y, dy, dx, count, [&](Vector<T> v, Vector<T> dv) NORMRUN_LAMBDA { return leaky_backward<T>(v, dv, fill(slope)); });
}

template <class T>
void prelu(ConstView<T> x, const T* slope, View<T> y) {
  for (Index r = 0; r < x.rows; ++r)
    map(x.row(r), slope, y.row(r), x.cols, [](Vector<T> v, Vector<T> s) NORMRUN_LAMBDA { return leaky<T>(v, s); });
}

template <class T>
void prelu_backward(ConstView<T> x, ConstView<T> dy, const T* slope, View<T> dx) {
  for (Index r = 0; r < x.rows; ++r) {
    const T* const x_r = x.row(r);
    const T* const dy_r = dy.row(r);
    T* const dx_r = dx.row(r);
    sweep<T>(x.cols, [&](Index c, auto access) NORMRUN_LAMBDA {
      access.store(leaky_backward<T>(access.load(x_r + c), access.load(dy_r + c), access.load(slope + c)), dx_r + c);
    });
  }
}

template <class T>
void elu(const T* x, T alpha, T* y, Index count) {
  map(x, y, count,
      [&](Vector<T> v) NORMRUN_LAMBDA { return hn::IfThenElse(hn::Le(v, fill(T{0})), hn::Mul(fill(alpha), expm1_of<T>(v)), v); });
}

template <class T>
void elu_backward(const T* y, const T* dy, T alpha, T* dx, Index count) {
  map(y, dy, dx, count, [&](Vector<T> v, Vector<T> dv) NORMRUN_LAMBDA {
    return hn::IfThenElse(hn::Gt(v, fill(T{0})), dv, hn::Mul(dv, hn::Add(v, fill(alpha))));
  });
}

/// min(max(x, 0), most); NaN stays NaN.
template <class T>
HWY_INLINE Vector<T> clip(Vector<T> x, T most) {
  const Vector<T> low = hn::IfThenZeroElse(hn::Le(x, fill(T{0})), x);
  return hn::IfThenElse(hn::Ge(low, fill(most)), fill(most), low);
}
template <class T>
HWY_INLINE Vector<T> where_between(Vector<T> y, T most, Vector<T> dx) {
  return hn::IfThenElseZero(hn::And(hn::Gt(y, fill(T{0})), hn::Lt(y, fill(most))), dx);
}

template <class T>
void relu6(const T* x, T* y, Index count) {
  map(x, y, count, [](Vector<T> v) NORMRUN_LAMBDA { return clip<T>(v, T{6}); });
}

template <class T>
void relu6_backward(const T* y, const T* dy, T* dx, Index count) {
  map(y, dy, dx, count, [](Vector<T> v, Vector<T> dv) NORMRUN_LAMBDA { return where_between<T>(v, T{6}, dv); });
}

template <class T>
void hard_sigmoid(const T* x, T slope, T* y, Index count) {
  map(x, y, count, [&](Vector<T> v) NORMRUN_LAMBDA { return clip<T>(hn::MulAdd(v, fill(slope), fill(T{0.5})), T{1}); });
}

template <class T>
void hard_sigmoid_backward(const T* y, const T* dy, T slope, T* dx, Index count) {
  map(y, dy, dx, count, [&](Vector<T> v, Vector<T> dv) NORMRUN_LAMBDA { return where_between<T>(v, T{1}, hn::Mul(dv, fill(slope))); });
}

template <class T>
void hard_swish(const T* x, T* y, Index count) {
  map(x, y, count, [](Vector<T> v) NORMRUN_LAMBDA { return hn::Mul(v, clip<T>(hn::MulAdd(v, fill(T{1} / T{6}), fill(T{0.5})), T{1})); });
}

template <class T>
void hard_swish_backward(const T* x, const T* dy, T* dx, Index count) {
  map(x, dy, dx, count, [](Vector<T> v, Vector<T> dv) NORMRUN_LAMBDA {
    const Vector<T> between = hn::Mul(dv, hn::MulAdd(v, fill(T{1} / T{3}), fill(T{0.5})));
    return hn::IfThenZeroElse(hn::Le(v, fill(T{-3})), hn::IfThenElse(hn::Ge(v, fill(T{3})), dv, between));
  });
}

template <class T>
void softplus(const T* x, T beta, T* y, Index count) {
  map(x, y, count, [&](Vector<T> v) NORMRUN_LAMBDA { return hn::Div(softplus_of<T>(hn::Mul(v, fill(beta))), fill(beta)); });
}

template <class T>
void softplus_backward(const T* y, const T* dy, T beta, T* dx, Index count) {
  map(y, dy, dx, count,
      [&](Vector<T> v, Vector<T> dv) NORMRUN_LAMBDA { return hn::Mul(dv, hn::Neg(expm1_of<T>(hn::Mul(v, fill(-beta))))); });
}

template <class T>
void silu(const T* x, T* y, Index count) {
  map(x, y, count, [](Vector<T> v) NORMRUN_LAMBDA { return hn::Mul(v, sigmoid_of<T>(v)); });
}

/// The slope of x sigmoid(u) is s + x s (1 - s) du/dx, with s = sigmoid(u).
template <class T>
HWY_INLINE Vector<T> gated_slope(Vector<T> x_du, Vector<T> s) {
  return hn::Mul(s, hn::MulAdd(x_du, hn::Sub(fill(T{1}), s), fill(T{1})));
}

template <class T>
void silu_backward(const T* x, const T* dy, T* dx, Index count) {
  map(x, dy, dx, count, [](Vector<T> v, Vector<T> dv) NORMRUN_LAMBDA { return hn::Mul(dv, gated_slope<T>(v, sigmoid_of<T>(v))); });
}

template <class T>
void gelu(const T* x, T* y, Index count) {
  map(x, y, count, [](Vector<T> v) NORMRUN_LAMBDA { return hn::Mul(v, normal_cdf_by<T>(normal_tail_of<T>(v), v)); });
}

template <class T>
void gelu_backward(const T* x, const T* dy, T* dx, Index count) {
  map(x, dy, dx, count, [](Vector<T> v, Vector<T> dv) NORMRUN_LAMBDA {
    const NormalTail<T> tail = normal_tail_of<T>(v);
    const Vector<T> density = hn::Mul(tail.exponential, fill(static_cast<T>(math::kNormalDensityAtZero)));
    return hn::Mul(dv, hn::MulAdd(v, density, normal_cdf_by<T>(tail, v)));
  });
}

template <class T>
HWY_INLINE Vector<T> gelu_tanh_gate(Vector<T> x, Vector<T> square) {
  return sigmoid_of<T>(hn::Mul(x, hn::MulAdd(fill(GeluTanh<T>::kCubic), square, fill(GeluTanh<T>::kLinear))));
}

template <class T>
void gelu_tanh(const T* x, T* y, Index count) {
  map(x, y, count, [](Vector<T> v) NORMRUN_LAMBDA { return hn::Mul(v, gelu_tanh_gate<T>(v, hn::Mul(v, v))); });
}

template <class T>
void gelu_tanh_backward(const T* x, const T* dy, T* dx, Index count) {
  map(x, dy, dx, count, [](Vector<T> v, Vector<T> dv) NORMRUN_LAMBDA {
    const Vector<T> square = hn::Mul(v, v);
    const Vector<T> slope = hn::MulAdd(fill(T{3} * GeluTanh<T>::kCubic), square, fill(GeluTanh<T>::kLinear));
    return hn::Mul(dv, gated_slope<T>(hn::Mul(v, slope), gelu_tanh_gate<T>(v, square)));
  });
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
