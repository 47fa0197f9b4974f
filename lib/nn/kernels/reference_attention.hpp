#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/elementary.hpp"
#include "nn/kernels/attention.hpp"
#include "nn/kernels/reference_statistics.hpp"

/// The references of attention: attention.hpp says what each computes.
namespace normrun::nn::kernels::reference {

/// weights = softmax(scale q k^T)
template <class T>
void attention_weights(const AttentionHead<T>& head, T* weights) {
  for (Index r = 0; r < head.steps; ++r) {
    T* const row = weights + r * head.keys;
    std::fill_n(row, head.keys, T{0});
    const Index seen = head.seen(r);
    T highest = -std::numeric_limits<T>::infinity();
    for (Index c = 0; c < seen; ++c) {
      T score = 0;
      for (Index i = 0; i < head.size; ++i) score = std::fma(head.q.row(r)[i], head.k.row(c)[i], score);
      row[c] = score * head.scale;
      highest = std::max(highest, row[c]);
    }
    for (Index c = 0; c < seen; ++c) row[c] = math::exp(row[c] - highest);
    const T inverse = T{1} / sum_over_columns<T>(seen, [&](Index c, T sum) { return sum + row[c]; });
    for (Index c = 0; c < seen; ++c) row[c] *= inverse;
  }
}

/// numbers *= factors
template <class T>
void multiply_by_factors(const AttentionHead<T>& head, T* numbers) {
  for (Index r = 0; head.factors != nullptr && r < head.steps; ++r) {
    for (Index c = 0; c < head.keys; ++c) numbers[r * head.keys + c] *= head.factors[r * head.steps + c];
  }
}

/// y = a b, where at(r, k) returns number (r, k) of a.
template <class T, class Left>
void product_of_head(Index rows, Index depth, Index size, const Left& at, Columns<const T> b, Columns<T> y) {
  for (Index r = 0; r < rows; ++r) {
    for (Index i = 0; i < size; ++i) {
      T sum = 0;
      for (Index k = 0; k < depth; ++k) sum = std::fma(at(r, k), b.row(k)[i], sum);
      y.row(r)[i] = sum;
    }
  }
}

template <class T>
void attend(const AttentionHead<T>& head, T* weights, Columns<T> y) {
  attention_weights(head, weights);
  multiply_by_factors(head, weights);
  product_of_head<T>(
      head.steps, head.keys, head.size, [&](Index r, Index c) { return weights[r * head.keys + c]; }, head.v, y);
}

template <class T>
void attend_backward(const AttentionHead<T>& head, Columns<const T> dy, T* weights, T* dweights, const AttentionGradients<T>& to) {
  const Index keys = head.keys;
  const auto dweight = [&](Index r, Index c) { return dweights[r * keys + c]; };
  const auto dweight_turned = [&](Index r, Index c) { return dweights[c * keys + r]; };
  attention_weights(head, weights);
  std::copy_n(weights, head.steps * keys, dweights);
  multiply_by_factors(head, dweights);
  product_of_head<T>(keys, head.steps, head.size, dweight_turned, dy, to.dv);
  for (Index r = 0; r < head.steps; ++r) {
    for (Index c = 0; c < keys; ++c) {
      T sum = 0;
      for (Index i = 0; i < head.size; ++i) sum = std::fma(dy.row(r)[i], head.v.row(c)[i], sum);
      dweights[r * keys + c] = sum;
    }
  }
  multiply_by_factors(head, dweights);
  for (Index r = 0; r < head.steps; ++r) {
    const T* const p = weights + r * keys;
    T* const d = dweights + r * keys;
    const Index seen = head.seen(r);
    const T dot = sum_over_columns<T>(seen, [&](Index c, T sum) { return std::fma(d[c], p[c], sum); });
    for (Index c = 0; c < keys; ++c) d[c] = c < seen ? p[c] * (d[c] - dot) * head.scale : T{0};
  }
  product_of_head<T>(head.steps, keys, head.size, dweight, head.k, to.dq);
  product_of_head<T>(keys, head.steps, head.size, dweight_turned, head.q, to.dk);
  for (Index r = keys; r < head.steps; ++r) {
    std::fill_n(to.dk.row(r), head.size, T{0});
    std::fill_n(to.dv.row(r), head.size, T{0});
  }
}

}  // namespace normrun::nn::kernels::reference
