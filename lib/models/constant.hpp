#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/matrix.hpp"
#include "files/onnx_file.hpp"

namespace normrun::models {

enum class NumberSet {
  kReal,
  kWhole,  // divisions round towards zero
};
/// Returns which numbers the type of a tensor has.
NumberSet number_set(files::OnnxType type);

/// A tensor of a graph whose numbers do not depend on the examples.  Whole numbers and truth values are doubles too.
struct Constant {
  std::vector<Index> dims;  // empty for a single number
  std::shared_ptr<const std::vector<double>> values;
  NumberSet set = NumberSet::kReal;           // which numbers its type has
  const files::OnnxTensor* source = nullptr;  // the file's tensor that holds just these numbers in this order; null: they were computed
  std::string name = "";                      // of that tensor

  Index count() const { return static_cast<Index>(values->size()); }
  const std::vector<double>& numbers() const { return *values; }
  /// Returns the numbers as whole numbers, clamped to the range of Index.
  std::vector<Index> integers() const;
};

/// Makes a constant of computed numbers.  This function and those below throw Error(kUsage) for more than kMostComputed numbers.
Constant computed(std::vector<Index> dims, std::vector<double> values, NumberSet set);
Constant whole_numbers(const std::vector<Index>& values);

/// The most numbers that a computed constant may have.  No model needs more, but a damaged file could ask for any number.
inline constexpr Index kMostComputed = Index{1} << 24;
/// Returns the product of dimensions.  Throws Error(kUsage) if it is larger than kMostComputed.
Index checked_count(const std::vector<Index>& dims);

/// Returns the dimensions of the result when two tensors meet element by element, by numpy's rule of broadcasting.  Empty if they do not
/// fit.
std::optional<std::vector<Index>> broadcast_dims(const std::vector<Index>& a, const std::vector<Index>& b);

/// Reads a constant as if it were broadcast to the dimensions `dims`.
class BroadcastReader {
 public:
  BroadcastReader(const Constant& constant, const std::vector<Index>& dims);
  /// Returns the index in the constant of the element at these coordinates in `dims`.
  Index place(const std::vector<Index>& at) const;
  /// Returns whether the numbers may differ along an axis of `dims`.
  bool varies(std::size_t axis) const { return steps_[axis] != 0; }
  Index step(std::size_t axis) const { return steps_[axis]; }

 private:
  std::vector<Index> steps_;
};

Constant expanded(const Constant& constant, const std::vector<Index>& dims);
Constant transposed(const Constant& constant, const std::vector<Index>& axes);
Constant combined(const Constant& a, const Constant& b, NumberSet set, const std::function<double(double, double)>& f);

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

/// Returns an axis counted from the front.  `axis` may count from the back: -1 is the last one.  Throws Error(kUsage) if a tensor of this
/// rank has no such axis.
std::size_t axis_of(Index axis, std::size_t rank);

}  // namespace normrun::models
