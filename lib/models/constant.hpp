#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/matrix.hpp"
#include "files/onnx_file.hpp"

namespace normrun::models {

/// A tensor of a graph whose numbers do not depend on the examples.  Whole numbers and truth values are doubles too.
struct Constant {
  std::vector<Index> dims;  // none: one number
  std::shared_ptr<const std::vector<double>> values;
  bool is_whole = false;                      // its type has whole numbers, so that divisions round towards zero
  const files::OnnxTensor* source = nullptr;  // the file's tensor that holds just these numbers in this order; null: they were computed
  std::string name = "";                      // of that tensor

  Index count() const { return static_cast<Index>(values->size()); }
  const std::vector<double>& numbers() const { return *values; }
  /// The numbers as whole ones, clamped to what an Index holds.
  std::vector<Index> integers() const;
};

/// A computed constant.  Throws Error(kUsage) if it would have more than kMostComputed numbers; so do the functions below.
Constant computed(std::vector<Index> dims, std::vector<double> values, bool is_whole);
Constant whole_numbers(const std::vector<Index>& values);

/// How many numbers a computed constant may have: no model needs more, and a damaged file could ask for any number.
inline constexpr Index kMostComputed = Index{1} << 24;
/// The product of dimensions, if it is at most kMostComputed; else throws Error(kUsage).
Index checked_count(const std::vector<Index>& dims);

/// The dimensions of what two tensors give element by element, numpy's rule; nothing where they do not fit.
std::optional<std::vector<Index>> broadcast_dims(const std::vector<Index>& a, const std::vector<Index>& b);

/// Reads a constant as if it had the dimensions `dims`, to which it must broadcast.
class BroadcastReader {
 public:
  BroadcastReader(const Constant& constant, const std::vector<Index>& dims);
  /// The flat place in the constant of the element at these coordinates.
  Index place(const std::vector<Index>& at) const;
  /// Whether the numbers may differ along an axis of `dims`.
  bool varies(std::size_t axis) const { return steps_[axis] != 0; }
  Index step(std::size_t axis) const { return steps_[axis]; }

 private:
  std::vector<Index> steps_;
};

Constant expanded(const Constant& constant, const std::vector<Index>& dims);
Constant transposed(const Constant& constant, const std::vector<Index>& axes);
Constant combined(const Constant& a, const Constant& b, bool is_whole, const std::function<double(double, double)>& f);

/// Calls visit(at) for each place of a tensor, the last axis running fastest.
template <class Visit>
void each_place(const std::vector<Index>& dims, const Visit& visit) {
  std::vector<Index> at(dims.size(), 0);
  for (const Index dim : dims) {
    if (dim == 0) return;
  }
  while (true) {
    visit(static_cast<const std::vector<Index>&>(at));
    std::size_t axis = dims.size();
    while (axis > 0 && ++at[axis - 1] == dims[axis - 1]) at[--axis] = 0;
    if (axis == 0) return;
  }
}

/// The axis counted from the front.  Throws Error(kUsage) where there is none.
std::size_t axis_of(Index axis, std::size_t rank);

}  // namespace normrun::models
