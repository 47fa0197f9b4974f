#include "core/shape.hpp"

#include <stdexcept>

namespace normrun {

bool checked_product(Index a, Index b, Index& product) { return !__builtin_mul_overflow(a, b, &product); }

Shape::Shape(std::vector<Index> dims) : dims_(std::move(dims)) {
  for (const Index dim : dims_) {
    if (dim < 1) throw std::invalid_argument("a shape's dimensions are at least 1, not " + text());
    if (!checked_product(size_, dim, size_) || size_ > kMaxSize) {
      throw std::invalid_argument("shape " + text() + " holds more than 2^31 numbers");
    }
  }
  channels_ = dims_.empty() ? 1 : dims_.back();
  positions_ = size_ / channels_;
}

std::string shape_text(const std::vector<Index>& dims) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(dims[axis]);
  }
  return text + ")";
}

}  // namespace normrun
