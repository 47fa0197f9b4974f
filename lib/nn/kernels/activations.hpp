#pragma once

#include "core/matrix.hpp"

/// Activations of `count` numbers each, beside relu, tanh and sigmoid (kernels.hpp).  y may be x, and dx may be dy.  A gradient is computed
/// from y where y determines it, which lets y overwrite x, and from x otherwise.
namespace normrun::nn::kernels {

/// x where x > 0, else slope * x
template <class T>
void leaky_relu(const T* x, T slope, T* y, Index count);
/// dx = dy where y > 0, else dy * slope; slope is not negative.
template <class T>
void leaky_relu_backward(const T* y, const T* dy, T slope, T* dx, Index count);
/// leaky_relu with a slope of any sign for each column.  slope: (columns)
template <class T>
void prelu(ConstView<T> x, const T* slope, View<T> y);
/// dx = dy where x > 0, else dy * slope[column]
template <class T>
void prelu_backward(ConstView<T> x, ConstView<T> dy, const T* slope, View<T> dx);
/// x where x > 0, else alpha (exp(x) - 1)
template <class T>
void elu(const T* x, T alpha, T* y, Index count);
/// dx = dy where y > 0, else dy * (y + alpha); alpha is not negative.
template <class T>
void elu_backward(const T* y, const T* dy, T alpha, T* dx, Index count);
/// max(0, min(x, 6)); NaN stays NaN.
template <class T>
void relu6(const T* x, T* y, Index count);
/// dx = dy where 0 < y < 6, else 0
template <class T>
void relu6_backward(const T* y, const T* dy, T* dx, Index count);
/// max(0, min(fma(x, slope, 1/2), 1)); NaN stays NaN.
template <class T>
void hard_sigmoid(const T* x, T slope, T* y, Index count);
/// dx = dy * slope where 0 < y < 1, else 0
template <class T>
void hard_sigmoid_backward(const T* y, const T* dy, T slope, T* dx, Index count);
/// x hard_sigmoid(x) with slope 1/6
template <class T>
void hard_swish(const T* x, T* y, Index count);
/// dx = 0 where x <= -3, dy where x >= 3, else dy * fma(x, 1/3, 1/2)
template <class T>
void hard_swish_backward(const T* x, const T* dy, T* dx, Index count);
/// log(1 + exp(beta x)) / beta
template <class T>
void softplus(const T* x, T beta, T* y, Index count);
/// dx = dy * (1 - exp(-beta y)), which is dy * sigmoid(beta x)
template <class T>
void softplus_backward(const T* y, const T* dy, T beta, T* dx, Index count);
/// x sigmoid(x)
template <class T>
void silu(const T* x, T* y, Index count);
/// dx = dy * (s fma(x, 1 - s, 1)) with s = sigmoid(x)
template <class T>
void silu_backward(const T* x, const T* dy, T* dx, Index count);
/// x normal_cdf(x)
template <class T>
void gelu(const T* x, T* y, Index count);
/// dx = dy * fma(x, density, normal_cdf(x)), where `density` is the density of the normal distribution at x.
template <class T>
void gelu_backward(const T* x, const T* dy, T* dx, Index count);
/// x sigmoid(u) with u = 2 sqrt(2/pi) (x + 0.044715 x^3), which is x (1 + tanh(u / 2)) / 2
template <class T>
void gelu_tanh(const T* x, T* y, Index count);
/// dx = dy * (s fma(x u', 1 - s, 1)) with s = sigmoid(u)
template <class T>
void gelu_tanh_backward(const T* x, const T* dy, T* dx, Index count);

/// u = x (kLinear + kCubic x^2)
template <class T>
struct GeluTanh {
  static constexpr T kLinear = static_cast<T>(0x1.9884533d43651p0);  // 2 sqrt(2 / pi)
  static constexpr T kCubic = static_cast<T>(0x1.9884533d43651p0 * 0.044715);
};

}  // namespace normrun::nn::kernels
