// Operations that change a signal's shape.  Most of them only regroup its factors (signal.hpp).
#include <algorithm>
#include <numeric>

#include "models/onnx_layout.hpp"
#include "models/onnx_operations.hpp"
#include "models/onnx_shape_rules.hpp"

namespace normrun::models {
namespace {

/// Returns the signal under other dimensions.  If its factors cannot be regrouped as they are, a layer first brings them into the order of
/// the axes.
Signal under(OnnxNodeReader& node, const Signal& signal, const std::vector<Index>& dims) {
  if (auto out = regrouped(signal, dims, node.batch())) return *out;
  if (signal.has_batch(signal.axes[0])) {
    Signal::Axis order;
    for (std::size_t axis = 0; axis < signal.rank(); ++axis) {
      const Signal::Axis own = signal.own_factors(axis);
      order.insert(order.end(), own.begin(), own.end());
    }
    Signal out = node.plan().arranged(signal, {order}, node.name());
    out.factors = out.shape;
    const bool is_whole = signal.axes[0].front() == Signal::kBatch;
    out.axes = {{Signal::kBatch, 0}};
    if (is_whole) {
      if (auto again = regrouped(out, dims, node.batch())) return *again;
    }
  }
  node.refuse("it mixes examples");
}

void reshape(OnnxNodeReader& node) {
  const Signal x = node.signal(0);
  node.give(0, under(node, x, reshaped(node, x.dims(node.batch()))));
}

void flatten(OnnxNodeReader& node) {
  const Signal x = node.signal(0);
  node.give(0, under(node, x, flattened(node, x.dims(node.batch()))));
}

/// Squeeze and Unsqueeze remove or add axes of size 1, which have no factors.
void set_ones(OnnxNodeReader& node, const Signal& x, const std::vector<Index>& dims) { node.give(0, under(node, x, dims)); }

void transpose(OnnxNodeReader& node) {
  Signal x = node.signal(0);
  const std::vector<Index> order = order_of_axes(node, x.rank());
  std::vector<Signal::Axis> axes(x.rank());
  for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = x.axes[static_cast<std::size_t>(order[i])];
  x.axes = std::move(axes);
  node.give(0, std::move(x));
}

/// Returns some entries of an axis; if they are all entries, the signal itself.
Signal cut(OnnxNodeReader& node, const Signal& signal, const AxisSlice& slice) {
  const Index size = signal.size_of(signal.axes[slice.axis], node.batch());
  if (slice.start == 0 && slice.step == 1 && slice.count == size) return signal;
  if (slice.count < 1) node.refuse("it leaves nothing of an axis");
  if (signal.has_batch(signal.axes[slice.axis])) node.refuse("it takes some of the examples");
  const Signal whole = gathered_axis(node, signal, slice.axis);
  const Signal::Axis& axis = whole.axes[slice.axis];
  Signal out = node.plan().arranged(whole, single_groups(whole), node.name());
  const Index last = slice.start + (slice.count - 1) * slice.step;
  OptionsText options;
  options.integer("axis", static_cast<Index>(axis[0]) + 1).integer("start", slice.start).integer("step", slice.step);
  options.integer("count", slice.count);
  if (last < 0 || last >= size) node.refuse("it reaches beyond an axis");
  const auto [layer, shape] = node.add("slice", {out}, options);
  out.layer = layer;
  out.shape = shape;
  out.factors = shape;
  drop_ones(out);
  return out;
}

void slice(OnnxNodeReader& node) {
  Signal x = node.signal(0);
  for (const AxisSlice& slice : slices_of(node, x.dims(node.batch()))) x = cut(node, x, slice);
  node.give(0, std::move(x));
}

void split(OnnxNodeReader& node) {
  const Signal x = node.signal(0);
  const std::vector<AxisSlice> parts = parts_of(node, x.dims(node.batch()));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (node.is_read(i)) node.give(i, cut(node, x, parts[i]));
  }
}

/// Returns the indices as a slice; nothing if the distances between them differ.
std::optional<AxisSlice> as_slice(const std::vector<Index>& indices, std::size_t axis, Index size) {
  AxisSlice slice{.axis = axis, .count = static_cast<Index>(indices.size())};
  std::vector<Index> places = indices;
  for (Index& place : places) place += place < 0 ? size : 0;
  if (places.empty()) return std::nullopt;
  slice.start = places[0];
  if (places.size() > 1) slice.step = places[1] - places[0];
  if (slice.step == 0) return std::nullopt;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i] < 0 || places[i] >= size || places[i] != slice.start + static_cast<Index>(i) * slice.step) return std::nullopt;
  }
  return slice;
}

/// Returns whether the indices are 0, 1, 2, … in order.  PyTorch's as_strided is exported as a Gather with such indices.
bool counts_up(const std::vector<Index>& indices) {
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] != static_cast<Index>(i)) return false;
  }
  return true;
}

void gather(OnnxNodeReader& node) {
  const Signal x = node.signal(0);
  const Constant& indices = node.constant(1, "its index");
  const std::vector<Index> dims = x.dims(node.batch());
  const std::size_t axis = axis_of(node.integer("axis", 0), x.rank());
  std::vector<Index> out(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(axis));
  out.insert(out.end(), indices.dims.begin(), indices.dims.end());
  out.insert(out.end(), dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1, dims.end());
  if (indices.count() == dims[axis] && counts_up(indices.integers())) return node.give(0, under(node, x, out));
  const auto slice = as_slice(indices.integers(), axis, dims[axis]);
  if (!slice) node.refuse("its indices are no regular steps along one axis");
  node.give(0, under(node, cut(node, x, *slice), out));
}

/// GatherND over a grid of indices slices each of the first axes by itself.
void gather_nd(OnnxNodeReader& node) {
  Signal x = node.signal(0);
  const Constant& indices = node.constant(1, "its index");
  if (node.integer("batch_dims", 0) != 0 || indices.dims.empty()) node.refuse("it gathers for each example by itself");
  const auto depth = static_cast<std::size_t>(indices.dims.back());
  const std::vector<Index> grid(indices.dims.begin(), indices.dims.end() - 1);
  if (depth != grid.size() || depth > x.rank()) node.refuse("its indices are no grid");
  const std::vector<Index> places = indices.integers();
  std::vector<std::vector<Index>> along(depth);
  for (std::size_t i = 0; i < depth; ++i) along[i].assign(static_cast<std::size_t>(grid[i]), -1);
  std::size_t next = 0;
  each_place(grid, [&](const std::vector<Index>& at) {
    for (std::size_t i = 0; i < depth; ++i, ++next) {
      Index& own = along[i][static_cast<std::size_t>(at[i])];
      if (own != -1 && own != places[next]) node.refuse("its indices are no grid");
      own = places[next];
    }
  });
  for (std::size_t i = 0; i < depth; ++i) {
    const auto slice = as_slice(along[i], i, x.dims(node.batch())[i]);
    if (!slice) node.refuse("its indices are no regular steps along an axis");
    x = cut(node, x, *slice);
  }
  node.give(0, std::move(x));
}

/// A constant that is joined with a signal, such as a class token.  The constant must become a signal, so it is added to zeros of the
/// signal's shape.  The zeros are padding, so that no number of the signal takes part.
Signal constant_like(OnnxNodeReader& node, const Signal& like, const Constant& constant, std::size_t axis) {
  if (constant.dims.size() != like.rank() || constant.count() == 0) node.refuse("its inputs' ranks differ");
  if (like.has_batch(like.axes[axis])) node.refuse("it joins examples");
  Signal whole = gathered_axis(node, like, axis);
  if (whole.axes[axis].empty()) {
    whole.axes[axis] = {whole.factors.size()};
    whole.factors.push_back(1);
  }
  whole = node.plan().arranged(whole, single_groups(whole), node.name());
  const std::size_t factor = whole.axes[axis][0];
  std::vector<Index> pads(2 * whole.factors.size(), 0);
  pads[2 * factor] = constant.dims[axis];
  const auto [padded, padded_shape] = node.add_beside("padding", {whole}, OptionsText().integers("pads", pads));
  whole.layer = padded;
  whole.shape = padded_shape;
  OptionsText first;
  first.integer("axis", static_cast<Index>(factor) + 1).integer("count", constant.dims[axis]);
  const auto [zeros, shape] = node.add_beside("slice", {whole}, first);
  Signal out{.layer = zeros, .shape = shape, .factors = shape, .axes = whole.axes};
  drop_ones(out);
  return plus_constant(node, out, constant);
}

void concat(OnnxNodeReader& node) {
  const std::size_t count = node.node().inputs.size();
  std::vector<Signal> parts;
  parts.reserve(count);
  std::size_t first = 0;
  while (first < count && !node.is_signal(first)) ++first;
  const Signal like = node.signal(first);
  const std::size_t axis = axis_of(node.integer("axis", 0), like.rank());
  for (std::size_t i = 0; i < count; ++i)
    parts.push_back(node.is_constant(i) ? constant_like(node, like, node.constant(i), axis) : node.signal(i));
  if (parts.size() == 1) return node.give(0, parts[0]);
  // The joined axis lies last in memory.  The other axes keep the order that they have in the first input.
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < parts[0].rank(); ++i) {
    if (i != axis) others.push_back(i);
  }
  const auto first_factor = [&](std::size_t i) {
    const Signal::Axis own = parts[0].own_factors(i);
    return own.empty() ? parts[0].factors.size() : own[0];
  };
  std::stable_sort(others.begin(), others.end(), [&](std::size_t a, std::size_t b) { return first_factor(a) < first_factor(b); });
  const std::string name = node.name();
  for (Signal& part : parts) {
    if (part.rank() != parts[0].rank()) node.refuse("its inputs' ranks differ");
    if (part.has_batch(part.axes[axis])) node.refuse("it joins examples");
    std::vector<Signal::Axis> groups;
    groups.reserve(others.size() + 1);
    for (const std::size_t other : others) groups.push_back(part.own_factors(other));
    groups.push_back(part.axes[axis]);
    part = node.plan().arranged(part, groups, name);
  }
  const auto [layer, shape] = node.add("concatenate", parts);
  Signal out{.layer = layer, .shape = shape, .factors = shape, .axes = std::vector<Signal::Axis>(parts[0].rank())};
  for (std::size_t i = 0; i < others.size(); ++i) {
    const Signal::Axis& axis_of_parts = parts[0].axes[others[i]];
    const bool has_batch = parts[0].has_batch(axis_of_parts);
    if (has_batch && !parts[0].is_batch(others[i]) && axis_of_parts.front() != Signal::kBatch)
      node.refuse("its examples lie between other axes");
    if (has_batch || parts[0].is_batch(others[i]))
      out.axes[others[i]] = {Signal::kBatch, i};
    else
      out.axes[others[i]] = {i};
  }
  out.axes[axis] = {others.size()};
  drop_ones(out);
  node.give(0, std::move(out));
}

}  // namespace

Operations shape_operations() {
  return {
      {"Reshape", reshape},
      {"Flatten", flatten},
      {"Transpose", transpose},
      {"Slice", slice},
      {"Split", split},
      {"Gather", gather},
      {"GatherND", gather_nd},
      {"Concat", concat},
      {"Squeeze", [](OnnxNodeReader& node) { set_ones(node, node.signal(0), squeezed(node, node.signal(0).dims(node.batch()))); }},
      {"Unsqueeze", [](OnnxNodeReader& node) { set_ones(node, node.signal(0), unsqueezed(node, node.signal(0).dims(node.batch()))); }},
      {"Shape", [](OnnxNodeReader& node) { give_shape(node, node.signal(0).dims(node.batch())); }},
      {"Size",
       [](OnnxNodeReader& node) {
         node.give(0, computed({}, {static_cast<double>(node.signal(0).size() * node.batch())}, NumberSet::kWhole));
       }},
      {"Identity", [](OnnxNodeReader& node) { node.give(0, node.signal(0)); }},
      {"Dropout", [](OnnxNodeReader& node) { node.give(0, node.signal(0)); }},
      {"Cast", [](OnnxNodeReader& node) { node.give(0, node.signal(0)); }},
      {"CastLike", [](OnnxNodeReader& node) { node.give(0, node.is_constant(0) ? Value(node.constant(0)) : Value(node.signal(0))); }},
      {"Expand",
       [](OnnxNodeReader& node) {
         const Signal x = node.signal(0);
         node.give(0, broadcast_to(node, x, node.constant(1, "its shape").integers()));
       }},
  };
}

}  // namespace normrun::models
