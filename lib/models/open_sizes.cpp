#include "models/open_sizes.hpp"

#include <algorithm>

namespace normrun::models {
namespace {

using Dim = files::OnnxValue::Dim;

bool is_open(const Dim& dim) { return dim.size < 1; }

/// The sizes of an example, in the file's order.  The first open axis of the input is that of the examples.
std::vector<Dim*> sizes_of_example(files::OnnxFile& file) {
  std::vector<Dim*> sizes;
  if (file.inputs.empty()) return sizes;
  std::vector<Dim>& dims = file.inputs.front().dims;
  const auto batch = std::find_if(dims.begin(), dims.end(), is_open);
  for (auto dim = dims.begin(); dim != dims.end(); ++dim)
    if (dim != (batch == dims.end() ? dims.begin() : batch)) sizes.push_back(&*dim);
  return sizes;
}

bool fits(const std::vector<Index>& example, const std::vector<Dim*>& sizes) {
  return std::equal(example.begin(), example.end(), sizes.begin(), sizes.end(),
                    [](Index size, const Dim* dim) { return is_open(*dim) || dim->size == size; });
}

}  // namespace

bool has_open_sizes(const files::OnnxFile& file) {
  files::OnnxFile copy;
  copy.inputs = file.inputs;
  const std::vector<Dim*> sizes = sizes_of_example(copy);
  return std::any_of(sizes.begin(), sizes.end(), [](const Dim* dim) { return is_open(*dim); });
}

void take_sizes(const std::vector<Index>& example, files::OnnxFile& file) {
  const std::vector<Dim*> sizes = sizes_of_example(file);
  std::vector<Index> channels_first = example;
  if (!example.empty()) std::rotate(channels_first.begin(), channels_first.end() - 1, channels_first.end());
  for (const std::vector<Index>& order : {example, channels_first}) {
    if (!fits(order, sizes)) continue;
    for (std::size_t i = 0; i < sizes.size(); ++i) sizes[i]->size = order[i];
    return;
  }
}

void fill_sizes(Index size, files::OnnxFile& file) {
  for (Dim* const dim : sizes_of_example(file))
    if (is_open(*dim)) dim->size = size;
}

}  // namespace normrun::models
