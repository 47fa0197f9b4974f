#pragma once

#include <cmath>
#include <deque>
#include <iterator>
#include <limits>

#include "core/random.hpp"

namespace normrun {

enum class Numbers { kUsual, kWild };

/// Numbers, some of them zero; kWild adds infinities, NaN, denormal and huge ones.
template <class T>
Buffer<T> make_numbers(Index count, Numbers kind, std::uint64_t index) {
  using Limits = std::numeric_limits<T>;
  static const T wild[] = {T{0},          -T{0},         Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), Limits::denorm_min(),
                           Limits::max(), -Limits::min()};
  RandomStream random(7, Purpose::kData, index);
  Buffer<T> numbers(static_cast<std::size_t>(count));
  for (T& number : numbers) {
    number = static_cast<T>(random.normal() * 3);
    if (random.below(8) == 0) number = 0;
    if (kind == Numbers::kWild && random.below(24) == 0) number = wild[random.below(std::size(wild))];
  }
  return numbers;
}

/// Makes the inputs of one kernel call and keeps its results, each with numbers behind its end that must survive.
template <class T>
class Arena {
 public:
  const Index rows, cols, outputs;
  Arena(Index r, Index c, Index o, Numbers kind) : rows(r), cols(c), outputs(o), kind_(kind) {}

  ConstView<T> matrix(Index r, Index c) { return {input(r * c), r, c}; }
  ConstView<T> x() { return matrix(rows, cols); }
  ConstView<T> w() { return matrix(cols, outputs); }
  ConstView<T> dy() { return matrix(rows, outputs); }
  const T* bias() { return input(outputs); }
  const T* per_row() { return input(rows); }
  const T* per_column() { return input(cols); }
  const T* variance() { return absolute(inputs_, cols); }

  View<T> result_matrix(Index r, Index c) { return {result(r * c), r, c}; }
  View<T> y() { return result_matrix(rows, outputs); }
  View<T> dw() { return result_matrix(cols, outputs); }
  View<T> dx() { return result_matrix(rows, cols); }
  T* x_hat() { return result(rows * cols); }
  T* out_per_row() { return result(rows); }
  T* out() { return result(cols); }  // cols numbers, which the kernel may read first
  T* squares() { return absolute(results_, cols + kGuard); }
  T* squares_like_w() { return absolute(results_, cols * outputs + kGuard); }

  const std::deque<Buffer<T>>& results() const { return results_; }

 private:
  static constexpr Index kGuard = 64;
  const T* input(Index count) { return inputs_.emplace_back(make_numbers<T>(count, kind_, inputs_.size())).data(); }
  T* result(Index count) { return results_.emplace_back(make_numbers<T>(count + kGuard, kind_, 100 + results_.size())).data(); }
  T* absolute(std::deque<Buffer<T>>& where, Index count) {
    Buffer<T>& numbers = where.emplace_back(make_numbers<T>(count, kind_, 200 + where.size()));
    for (T& number : numbers) number = std::abs(number);
    return numbers.data();
  }

  Numbers kind_;
  std::deque<Buffer<T>> inputs_;
  std::deque<Buffer<T>> results_;
};

}  // namespace normrun
