#include "nn/layers/normalized_axes.hpp"

#include <algorithm>

namespace normrun::nn::layers {
namespace {

/// Returns for each axis of an example whether it is normalized.  Throws Error(kUsage) for axes that the input does not have.
std::vector<bool> chosen_axes(const std::vector<Index>& axes, const Blueprint& blueprint) {
  const Index rank = blueprint.input().rank();
  std::vector<bool> chosen(static_cast<std::size_t>(rank), false);
  for (const Index axis : axes) {
    // the index among the example's axes, which begin with axis 1; axis 0 is the batch
    const Index from_first = axis < 0 ? axis + rank : axis - 1;
    if (axis == 0 || from_first < 0 || from_first >= rank) {
      blueprint.refuse("axis " + std::to_string(axis) + " is not one of " + blueprint.input().text(),
                       "axes count from 1, or from -1 backwards; 0 is the batch");
    }
    if (chosen[static_cast<std::size_t>(from_first)])
      blueprint.refuse("axis " + std::to_string(axis) + " is given twice", "give each axis once");
    chosen[static_cast<std::size_t>(from_first)] = true;
  }
  if (axes.empty()) blueprint.refuse("it has no axis to normalize", "give \"axes\" at least one");
  return chosen;
}

}  // namespace

NormalizedAxes::NormalizedAxes(const std::vector<Index>& axes, const Blueprint& blueprint) {
  const std::vector<bool> chosen = chosen_axes(axes, blueprint);
  const std::vector<Index>& dims = blueprint.input().dims();
  // of each number of the rows in an example; grows axis by axis, the other axes first, then the normalized ones
  std::vector<Index> offsets = {0};
  const auto add_axis = [&](std::size_t axis) {
    Index stride = 1;
    for (std::size_t i = axis + 1; i < dims.size(); ++i) stride *= dims[i];
    std::vector<Index> extended;
    extended.reserve(offsets.size() * static_cast<std::size_t>(dims[axis]));
    for (const Index offset : offsets)
      for (Index i = 0; i < dims[axis]; ++i) extended.push_back(offset + i * stride);
    offsets = std::move(extended);
  };
  for (std::size_t axis = 0; axis < dims.size(); ++axis)
    if (!chosen[axis]) add_axis(axis);
  rows_ = static_cast<Index>(offsets.size());
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (!chosen[axis]) continue;
    add_axis(axis);
    shape_.push_back(dims[axis]);
  }
  features_ = static_cast<Index>(offsets.size()) / rows_;
  if (dims.size() == 2 && chosen.front()) steps_ = dims.front();
  if (!std::is_sorted(offsets.begin(), offsets.end())) sources_ = std::move(offsets);
}

}  // namespace normrun::nn::layers
