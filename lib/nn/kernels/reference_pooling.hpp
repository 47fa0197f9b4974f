#pragma once

#include <cmath>
#include <limits>

#include "nn/kernels/pooling.hpp"

/// The references of the pooling kernels: pooling.hpp says what each computes.
namespace normrun::nn::kernels::reference {

/// Calls visit(place, channel) for each place of a line and each channel.
template <class Visit>
void for_each_pooled(const PooledLine& line, const Visit& visit) {
  for (Index place = 0; place < line.places; ++place) {
    for (Index c = 0; c < line.channels; ++c) visit(place, c);
  }
}

/// Calls visit(cell) for the cells under the window at a place, in their order.
template <class Visit>
void for_each_cell(const PooledLine& line, Index place, const Visit& visit) {
  for (Index i = 0; i < line.height; ++i) {
    for (Index j = 0; j < line.width; ++j) visit(place * line.step + i * line.line + j * line.channels);
  }
}

template <class T>
void pool_largest(const PooledLine& line, const T* x, T* y) {
  for_each_pooled(line, [&](Index place, Index c) {
    T largest = -std::numeric_limits<T>::infinity();
    for_each_cell(line, place, [&](Index cell) {
      if (x[cell + c] > largest || std::isnan(x[cell + c])) largest = x[cell + c];
    });
    y[place * line.channels + c] = largest;
  });
}

template <class T>
void pool_largest_backward(const PooledLine& line, const T* x, const T* y, const T* dy, T* dx) {
  for_each_pooled(line, [&](Index place, Index c) {
    const Index at = place * line.channels + c;
    bool found = false;
    for_each_cell(line, place, [&](Index cell) {
      if (found || x[cell + c] < y[at]) return;
      found = true;
      dx[cell + c] += dy[at];
    });
  });
}

template <class T>
void pool_mean(const PooledLine& line, const T* x, T* y) {
  for_each_pooled(line, [&](Index place, Index c) {
    T sum = 0;
    for_each_cell(line, place, [&](Index cell) { sum += x[cell + c]; });
    y[place * line.channels + c] = sum / static_cast<T>(line.divisor);
  });
}

template <class T>
void pool_mean_backward(const PooledLine& line, const T* dy, T* dx) {
  for_each_pooled(line, [&](Index place, Index c) {
    const T share = dy[place * line.channels + c] / static_cast<T>(line.divisor);
    for_each_cell(line, place, [&](Index cell) { dx[cell + c] += share; });
  });
}

}  // namespace normrun::nn::kernels::reference
