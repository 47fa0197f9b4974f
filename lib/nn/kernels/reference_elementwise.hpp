#pragma once

#include <cmath>

#include "core/elementary.hpp"
#include "nn/kernels/kernels.hpp"

/// The references of the kernels that work element by element: kernels.hpp says what each computes.
namespace normrun::nn::kernels::reference {

template <class T>
void inverse_std(const T* variance, T epsilon, T* inv_std, Index count) {
  for (Index i = 0; i < count; ++i) inv_std[i] = T{1} / std::sqrt(variance[i] + epsilon) + (variance[i] - variance[i]);
}

template <class T>
void relu(const T* x, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = x[i] <= 0 ? T{0} : x[i];
}

template <class T>
void relu_backward(const T* y, const T* dy, T* dx, Index count) {
  for (Index i = 0; i < count; ++i) dx[i] = y[i] > 0 ? dy[i] : T{0};
}

template <class T>
void tanh(const T* x, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = math::tanh(x[i]);
}

template <class T>
void tanh_backward(const T* y, const T* dy, T* dx, Index count) {
  for (Index i = 0; i < count; ++i) dx[i] = dy[i] * std::fma(-y[i], y[i], T{1});
}

template <class T>
void sigmoid(const T* x, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = math::sigmoid(x[i]);
}

template <class T>
void sigmoid_backward(const T* y, const T* dy, T* dx, Index count) {
  for (Index i = 0; i < count; ++i) dx[i] = dy[i] * (y[i] * (T{1} - y[i]));
}

template <class T>
void exp(const T* x, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = math::exp(x[i]);
}

template <class T>
void scale(const T* x, T factor, T* y, Index count) {
  for (Index i = 0; i < count; ++i) y[i] = x[i] * factor;
}

template <class T>
void scale_columns(ConstView<T> x, const T* factor, View<T> y) {
  for (Index r = 0; r < x.rows; ++r) {
    for (Index c = 0; c < x.cols; ++c) y(r, c) = x(r, c) * factor[c];
  }
}

template <class T>
void blend(T momentum, const T* fresh, T* old, Index count) {
  for (Index i = 0; i < count; ++i) old[i] = std::fma(momentum, old[i], (T{1} - momentum) * fresh[i]);
}

template <class T>
void sgd_update(T* w, const T* g, T learning_rate, Index count) {
  for (Index i = 0; i < count; ++i) w[i] = std::fma(-learning_rate, g[i], w[i]);
}

template <class T>
void momentum_update_keras(const MomentumStep<T>& by, const T* g, T* w, T* v, Index count) {
  for (Index i = 0; i < count; ++i) {
    const T descent = -by.learning_rate * g[i];
    v[i] = std::fma(by.momentum, v[i], descent);
    w[i] += by.kind == Momentum::kNesterov ? std::fma(by.momentum, v[i], descent) : v[i];
  }
}

template <class T>
void momentum_update_torch(const MomentumStep<T>& by, const T* g, T* w, T* v, Index count) {
  for (Index i = 0; i < count; ++i) {
    v[i] = std::fma(by.momentum, v[i], g[i]);
    w[i] = std::fma(-by.learning_rate, by.kind == Momentum::kNesterov ? std::fma(by.momentum, v[i], g[i]) : v[i], w[i]);
  }
}

template <class T>
void adam_update(const AdamStep<T>& by, const T* g, const AdamBuffers<T>& to, Index count) {
  const auto [w, m, v] = to;
  for (Index i = 0; i < count; ++i) {
    m[i] = std::fma(by.beta_1, m[i], (T{1} - by.beta_1) * g[i]);
    v[i] = std::fma(by.beta_2, v[i], (T{1} - by.beta_2) * (g[i] * g[i]));
    w[i] -= by.step * m[i] / std::fma(std::sqrt(v[i]), by.root_scale, by.epsilon);
  }
}

template <class T>
void rmsprop_update(const RmspropStep<T>& by, const T* g, T* w, T* v, Index count) {
  for (Index i = 0; i < count; ++i) {
    v[i] = std::fma(by.rho, v[i], (T{1} - by.rho) * (g[i] * g[i]));
    const T root = by.place == EpsilonPlace::kInsideRoot ? std::sqrt(v[i] + by.epsilon) : std::sqrt(v[i]) + by.epsilon;
    w[i] -= by.learning_rate * g[i] / root;
  }
}

}  // namespace normrun::nn::kernels::reference
