#pragma once

#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"
#include "core/elementary_constants.hpp"
#include "nn/kernels/activations.hpp"

/// The references of the activations: activations.hpp says what each computes.
namespace normrun::nn::kernels::reference {

template <class T>
void leaky_relu(const T* x, T slope, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = x[i] <= 0 ? x[i] * slope : x[i];
}

template <class T>
void leaky_relu_backward(const T* y, const T* dy, T slope, T* dx, Index count) {
  for (Index i = 0; i < count; ++i) dx[i] = y[i] > 0 ? dy[i] : dy[i] * slope;
}

template <class T>
void prelu(ConstView<T> x, const T* slope, View<T> y) {
  for (Index r = 0; r < x.rows; ++r) {
    for (Index c = 0; c < x.cols; ++c) y(r, c) = x(r, c) <= 0 ? x(r, c) * slope[c] : x(r, c);
  }
}

template <class T>
void prelu_backward(ConstView<T> x, ConstView<T> dy, const T* slope, View<T> dx) {
  for (Index r = 0; r < x.rows; ++r) {
    for (Index c = 0; c < x.cols; ++c) dx(r, c) = x(r, c) > 0 ? dy(r, c) : dy(r, c) * slope[c];
  }
}

template <class T>
void elu(const T* x, T alpha, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = x[i] <= 0 ? alpha * math::expm1(x[i]) : x[i];
}

template <class T>
void elu_backward(const T* y, const T* dy, T alpha, T* dx, Index count) {
  for (Index i = 0; i < count; ++i) dx[i] = y[i] > 0 ? dy[i] : dy[i] * (y[i] + alpha);
}

/// min(max(x, 0), most); NaN stays NaN.
template <class T>
T clip(T x, T most) {
  return x <= 0 ? T{0} : x >= most ? most : x;
}

template <class T>
void relu6(const T* x, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = clip(x[i], T{6});
}

template <class T>
void relu6_backward(const T* y, const T* dy, T* dx, Index count) {
  for (Index i = 0; i < count; ++i) dx[i] = y[i] > 0 && y[i] < 6 ? dy[i] : T{0};
}

template <class T>
void hard_sigmoid(const T* x, T slope, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = clip(std::fma(x[i], slope, T{0.5}), T{1});
}

template <class T>
void hard_sigmoid_backward(const T* y, const T* dy, T slope, T* dx, Index count) {
  for (Index i = 0; i < count; ++i) dx[i] = y[i] > 0 && y[i] < 1 ? dy[i] * slope : T{0};
}

template <class T>
void hard_swish(const T* x, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = x[i] * clip(std::fma(x[i], T{1} / T{6}, T{0.5}), T{1});
}

template <class T>
void hard_swish_backward(const T* x, const T* dy, T* dx, Index count) {
  for (Index i = 0; i < count; ++i) {
    const T between = dy[i] * std::fma(x[i], T{1} / T{3}, T{0.5});
    dx[i] = x[i] <= -3 ? T{0} : x[i] >= 3 ? dy[i] : between;
  }
}

template <class T>
void softplus(const T* x, T beta, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = math::softplus(x[i] * beta) / beta;
}

template <class T>
void softplus_backward(const T* y, const T* dy, T beta, T* dx, Index count) {
  for (Index i = 0; i < count; ++i) dx[i] = dy[i] * -math::expm1(y[i] * -beta);
}

template <class T>
void silu(const T* x, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = x[i] * math::sigmoid(x[i]);
}

template <class T>
void silu_backward(const T* x, const T* dy, T* dx, Index count) {
  for (Index i = 0; i < count; ++i) {
    const T s = math::sigmoid(x[i]);
    dx[i] = dy[i] * (s * std::fma(x[i], T{1} - s, T{1}));
  }
}

template <class T>
void gelu(const T* x, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = x[i] * math::normal_cdf(x[i]);
}

template <class T>
void gelu_backward(const T* x, const T* dy, T* dx, Index count) {
  for (Index i = 0; i < count; ++i) {
    const auto [exponential, area] = math::normal_tail(x[i]);
    const T density = exponential * static_cast<T>(math::kNormalDensityAtZero);
    dx[i] = dy[i] * std::fma(x[i], density, x[i] < 0 ? area : T{1} - area);
  }
}

template <class T>
void gelu_tanh(const T* x, T* y, Index count) {
  for (Index i = 0; i < count; ++i) {
    const T u = x[i] * std::fma(GeluTanh<T>::kCubic, x[i] * x[i], GeluTanh<T>::kLinear);
    y[i] = x[i] * math::sigmoid(u);
  }
}

template <class T>
void gelu_tanh_backward(const T* x, const T* dy, T* dx, Index count) {
  for (Index i = 0; i < count; ++i) {
    const T square = x[i] * x[i];
    const T s = math::sigmoid(x[i] * std::fma(GeluTanh<T>::kCubic, square, GeluTanh<T>::kLinear));
    const T slope = std::fma(T{3} * GeluTanh<T>::kCubic, square, GeluTanh<T>::kLinear);
    dx[i] = dy[i] * (s * std::fma(x[i] * slope, T{1} - s, T{1}));
  }
}

}  // namespace normrun::nn::kernels::reference
