#include "models/onnx_shape_rules.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/shape.hpp"

namespace normrun::models {
namespace {

Index product_of(const OnnxNodeReader& node, const std::vector<Index>& dims) {
  Index product = 1;
  for (const Index dim : dims) {
    if (dim < 0 || !checked_product(product, dim, product)) node.refuse("its shape " + shape_text(dims) + " is too large");
  }
  return product;
}

/// Returns the axis of `wanted` that holds the batch of `dims`.  It is the axis before which as many numbers lie as before the batch in
/// `dims`; if there is none, the last axis with fewer numbers before it.  The last axis holds the channels, so it cannot be the batch,
/// unless it is the only axis or the batch was last before.
std::size_t batch_axis_of(const std::vector<Index>& dims, const std::vector<Index>& wanted, Index batch) {
  Index before = 1;
  std::size_t own = 0;
  while (own + 1 < dims.size() && dims[own] % batch != 0) before *= dims[own++];
  Index begun = 1;
  std::size_t found = 0;
  for (std::size_t i = 0; i < wanted.size() && begun <= before; begun *= std::max<Index>(wanted[i], 1), ++i) {
    found = i;
    if (begun == before) break;
  }
  const bool is_last = found > 0 && found + 1 == wanted.size() && own + 1 < dims.size();
  return is_last ? found - 1 : found;
}

/// Replaces the number of examples that the exporter fixed in a shape by the batch.
void free_batch(const OnnxNodeReader& node, const std::vector<Index>& dims, std::vector<Index>& wanted) {
  const Index baked = node.baked_batch();
  const Index batch = node.batch();
  const Index size = product_of(node, dims);
  if (baked < 1 || size % batch != 0 || product_of(node, wanted) != size / batch * baked) return;
  Index& dim = wanted[batch_axis_of(dims, wanted, batch)];
  if (dim % baked == 0) dim = dim / baked * batch;
}

/// Computes the size of the axis that the shape gives as -1.
void close_shape(const OnnxNodeReader& node, const std::vector<Index>& dims, std::vector<Index>& wanted) {
  const auto open = std::find(wanted.begin(), wanted.end(), Index{-1});
  if (open == wanted.end()) return;
  *open = 1;
  if (std::find(wanted.begin(), wanted.end(), Index{-1}) != wanted.end()) node.refuse("its shape leaves two sizes open (-1)");
  const Index size = product_of(node, dims);
  const Index batch = node.batch();
  const auto has_batch = [&](Index dim) { return dim > 0 && dim % batch == 0; };
  const bool is_baked = size % batch == 0 && node.baked_batch() > 0 && wanted.front() == node.baked_batch() && open != wanted.begin() &&
                        !dims.empty() && has_batch(dims.front()) && std::none_of(wanted.begin(), wanted.end(), has_batch);
  if (is_baked) wanted.front() = batch;
  const Index known = product_of(node, wanted);
  *open = known > 0 ? size / known : 0;
}

}  // namespace

std::vector<AxisSlice> slices_of(const OnnxNodeReader& node, const std::vector<Index>& dims) {
  const auto starts = node.integers(1, "starts");
  const auto ends = node.integers(2, "ends");
  if (!starts || !ends || starts->size() != ends->size()) node.refuse("its starts and ends do not fit");
  auto axes = node.integers(3, "axes");
  if (!axes) {
    axes.emplace(starts->size());
    std::iota(axes->begin(), axes->end(), Index{0});
  }
  const std::vector<Index> steps = node.has(4) ? node.constant(4).integers() : std::vector<Index>(starts->size(), 1);
  if (axes->size() != starts->size() || steps.size() != starts->size()) node.refuse("its axes or steps do not fit its starts");
  std::vector<AxisSlice> slices;
  slices.reserve(starts->size());
  for (std::size_t i = 0; i < starts->size(); ++i) {
    AxisSlice slice{.axis = axis_of((*axes)[i], dims.size()), .step = steps[i]};
    const Index size = dims[slice.axis];
    if (slice.step == 0) node.refuse("its step is 0");
    const Index lowest = slice.step < 0 ? -1 : 0;
    const Index highest = slice.step < 0 ? size - 1 : size;
    const auto place = [&](Index at) { return std::clamp(at < 0 ? at + size : at, lowest, std::max(lowest, highest)); };
    slice.start = place((*starts)[i]);
    const Index end = (*ends)[i] < -size ? lowest : place((*ends)[i]);
    const Index span = slice.step < 0 ? slice.start - end : end - slice.start;
    const Index step = slice.step < 0 ? -slice.step : slice.step;
    slice.count = span <= 0 ? 0 : (span - 1) / step + 1;
    slices.push_back(slice);
  }
  return slices;
}

std::vector<AxisSlice> parts_of(const OnnxNodeReader& node, const std::vector<Index>& dims) {
  const std::size_t axis = axis_of(node.integer("axis", 0), dims.size());
  const auto outputs = static_cast<Index>(node.node().outputs.size());
  auto sizes = node.integers(1, "split");
  if (!sizes) {
    const Index each = (dims[axis] + outputs - 1) / std::max<Index>(outputs, 1);
    sizes.emplace();
    for (Index first = 0; first < dims[axis]; first += std::max<Index>(each, 1)) sizes->push_back(std::min(each, dims[axis] - first));
  }
  std::vector<AxisSlice> parts;
  parts.reserve(sizes->size());
  Index start = 0;
  for (const Index size : *sizes) {
    if (size < 0 || size > dims[axis] - start) node.refuse("its parts are larger than the axis");
    parts.push_back({.axis = axis, .start = start, .step = 1, .count = size});
    start += size;
  }
  if (start != dims[axis]) node.refuse("its parts are smaller than the axis");
  return parts;
}

std::vector<Index> squeezed(const OnnxNodeReader& node, const std::vector<Index>& dims) {
  const auto axes = node.integers(1, "axes");
  std::vector<bool> is_dropped(dims.size(), false);
  for (std::size_t i = 0; i < dims.size(); ++i) is_dropped[i] = !axes && dims[i] == 1;
  if (axes) {
    for (const Index axis : *axes) {
      const std::size_t at = axis_of(axis, dims.size());
      if (dims[at] != 1) node.refuse("axis " + std::to_string(axis) + " of " + shape_text(dims) + " has not the size 1");
      is_dropped[at] = true;
    }
  }
  std::vector<Index> out;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (!is_dropped[i]) out.push_back(dims[i]);
  }
  return out;
}

std::vector<Index> unsqueezed(const OnnxNodeReader& node, const std::vector<Index>& dims) {
  const auto axes = node.integers(1, "axes");
  if (!axes) node.refuse("it does not say which axes are new");
  const std::size_t rank = dims.size() + axes->size();
  std::vector<bool> is_new(rank, false);
  for (const Index axis : *axes) is_new[axis_of(axis, rank)] = true;
  if (static_cast<std::size_t>(std::count(is_new.begin(), is_new.end(), true)) != axes->size()) node.refuse("it names an axis twice");
  std::vector<Index> out(rank, 1);
  std::size_t next = 0;
  for (std::size_t i = 0; i < rank; ++i) {
    if (!is_new[i]) out[i] = dims[next++];
  }
  return out;
}

std::vector<Index> reshaped(const OnnxNodeReader& node, const std::vector<Index>& dims) {
  const auto shape = node.integers(1, "shape");
  if (!shape) node.refuse("its shape is missing");
  std::vector<Index> out = *shape;
  const Index size = product_of(node, dims);
  const bool keeps_zeros = node.integer("allowzero", 0) != 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == 0 && !keeps_zeros && i < dims.size()) out[i] = dims[i];
    if (out[i] < -1) node.refuse("its shape " + shape_text(*shape) + " is not one");
  }
  close_shape(node, dims, out);
  free_batch(node, dims, out);
  if (product_of(node, out) != size)
    node.refuse("it reshapes " + shape_text(dims) + " to " + shape_text(*shape) + ", which has another size");
  return out;
}

std::vector<Index> flattened(const OnnxNodeReader& node, const std::vector<Index>& dims) {
  const Index axis = node.integer("axis", 1);
  const auto rank = static_cast<Index>(dims.size());
  if (axis < -rank || axis > rank) node.refuse("its axis " + std::to_string(axis) + " is none of " + shape_text(dims));
  const auto middle = dims.begin() + static_cast<std::ptrdiff_t>(axis < 0 ? axis + rank : axis);
  return {product_of(node, {dims.begin(), middle}), product_of(node, {middle, dims.end()})};
}

std::vector<Index> order_of_axes(const OnnxNodeReader& node, std::size_t rank) {
  std::vector<Index> backwards(rank);
  std::iota(backwards.rbegin(), backwards.rend(), Index{0});
  std::vector<Index> axes = node.integers("perm", backwards);
  std::vector<Index> sorted = axes;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < rank; ++i) {
    if (sorted.size() != rank || sorted[i] != static_cast<Index>(i))
      node.refuse("its order of axes does not name each of " + std::to_string(rank) + " once");
  }
  return axes;
}

void give_shape(OnnxNodeReader& node, const std::vector<Index>& dims) {
  const auto rank = static_cast<Index>(dims.size());
  const auto place = [&](Index at) { return std::clamp<Index>(at < 0 ? at + rank : at, 0, rank); };
  const Index start = place(node.integer("start", 0));
  const Index end = std::max(start, place(node.integer("end", rank)));
  node.give(0, whole_numbers({dims.begin() + static_cast<std::ptrdiff_t>(start), dims.begin() + static_cast<std::ptrdiff_t>(end)}));
}

}  // namespace normrun::models
