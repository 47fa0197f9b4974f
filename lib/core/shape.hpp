#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "core/matrix.hpp"

namespace normrun {

/// Writes dimensions as messages show them: "(28, 28, 3)".
std::string shape_text(const std::vector<Index>& dims);

/// The shape of one example without the batch axis, channels last: (784), (28, 28, 3), (time, features).
class Shape {
 public:
  /// A shape may hold at most this many numbers, so that no size computed from shapes overflows an Index.
  static constexpr Index kMaxSize = Index{1} << 31;

  Shape() = default;
  Shape(std::initializer_list<Index> dims) : Shape(std::vector<Index>(dims)) {}
  /// Throws std::invalid_argument unless every dimension is positive and the product is at most kMaxSize.
  explicit Shape(std::vector<Index> dims);

  const std::vector<Index>& dims() const { return dims_; }
  Index rank() const { return static_cast<Index>(dims_.size()); }
  Index size() const { return size_; }            // numbers in one example
  Index channels() const { return channels_; }    // the last axis
  Index positions() const { return positions_; }  // rows that one example has in a matrix: height * width, time, or 1
  std::string text() const { return shape_text(dims_); }
  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<Index> dims_;
  Index size_ = 1;
  Index channels_ = 1;
  Index positions_ = 1;
};

/// Sets `product` to a * b and returns true, or returns false if the product does not fit an Index.  a and b must not be negative.
bool checked_product(Index a, Index b, Index& product);

}  // namespace normrun
