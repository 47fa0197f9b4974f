#include "models/open_sizes.hpp"

#include <algorithm>

namespace normrun::models {
namespace {

using Dim = files::OnnxValue::Dim;

bool is_open(Index size) { return size < 1; }

/// Returns the places of an example's sizes among the axes of the input.  The first open axis is that of the examples, or else the first.
std::vector<std::size_t> axes_of_example(const files::OnnxFile& file) {
  std::vector<std::size_t> axes;
  if (file.inputs.empty()) return axes;
  const std::vector<Dim>& dims = file.inputs.front().dims;
  const auto open = std::find_if(dims.begin(), dims.end(), [](const Dim& dim) { return is_open(dim.size); });
  const auto batch = static_cast<std::size_t>(open == dims.end() ? 0 : open - dims.begin());
  for (std::size_t axis = 0; axis < dims.size(); ++axis)
    if (axis != batch) axes.push_back(axis);
  return axes;
}

bool fits(const std::vector<Index>& example, const std::vector<Index>& sizes) {
  return std::equal(example.begin(), example.end(), sizes.begin(), sizes.end(),
                    [](Index own, Index size) { return is_open(size) || own == size; });
}

}  // namespace

bool has_open_sizes(const std::vector<Index>& sizes) { return std::any_of(sizes.begin(), sizes.end(), is_open); }

void take_sizes(const std::vector<Index>& example, std::vector<Index>& sizes) {
  std::vector<Index> channels_first = example;
  if (!example.empty()) std::rotate(channels_first.begin(), channels_first.end() - 1, channels_first.end());
  for (const std::vector<Index>& order : {example, channels_first}) {
    if (!fits(order, sizes)) continue;
    sizes = order;
    return;
  }
}

std::vector<Index> sizes_of_example(const files::OnnxFile& file) {
  std::vector<Index> sizes;
  for (const std::size_t axis : axes_of_example(file)) sizes.push_back(file.inputs.front().dims[axis].size);
  return sizes;
}

void set_sizes_of_example(const std::vector<Index>& sizes, files::OnnxFile& file) {
  const std::vector<std::size_t> axes = axes_of_example(file);
  for (std::size_t i = 0; i < axes.size(); ++i) file.inputs.front().dims[axes[i]].size = sizes[i];
}

}  // namespace normrun::models
