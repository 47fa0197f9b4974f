// Operations that enlarge images and sequences, or put entries around them.
#include <algorithm>
#include <cmath>

#include "models/onnx_layout.hpp"
#include "models/onnx_operations.hpp"

namespace normrun::models {
namespace {

/// Returns the factor by which each axis grows, from `scales` or `sizes`.
std::vector<Index> factors_of(OnnxNodeReader& node, const std::vector<Index>& dims) {
  const bool is_resize = node.node().op == "Resize";
  const std::size_t scales_at = is_resize && node.graph().opset() > 10 ? 2 : 1;
  std::vector<Index> factors(dims.size(), 0);
  const bool has_sizes = scales_at == 2 && node.has(3) && node.constant(3, "its sizes").count() > 0;
  if (has_sizes) {
    const std::vector<Index> sizes = node.constant(3).integers();
    if (sizes.size() != dims.size()) node.refuse("its sizes do not name each axis");
    for (std::size_t i = 0; i < dims.size(); ++i) {
      const bool is_batch = dims[i] % node.batch() == 0 && sizes[i] == node.baked_batch();
      factors[i] = is_batch ? 1 : sizes[i] % dims[i] == 0 ? sizes[i] / dims[i] : 0;
    }
  } else if (node.has(scales_at)) {
    const std::vector<double>& scales = node.constant(scales_at, "its scales").numbers();
    if (scales.size() != dims.size()) node.refuse("its scales do not name each axis");
    constexpr double kLargest = 1024.0;
    for (std::size_t i = 0; i < dims.size(); ++i) {
      const double rounded = std::round(scales[i]);
      const bool is_whole = rounded >= 1.0 && rounded <= kLargest && std::abs(scales[i] - rounded) < 1e-6;
      factors[i] = is_whole ? static_cast<Index>(rounded) : 0;
    }
  } else {
    node.refuse("it says neither scales nor sizes");
  }
  if (std::find(factors.begin(), factors.end(), Index{0}) != factors.end())
    node.refuse("it enlarges an axis by a factor that is not a whole number");
  return factors;
}

void resize(OnnxNodeReader& node) {
  const Signal x = node.signal(0);
  if (x.rank() != 3 && x.rank() != 4) node.refuse("it works on " + std::to_string(x.rank()) + " axes");
  if (!x.is_batch(0)) node.refuse("its first axis holds more than the batch");
  const std::vector<Index> factors = factors_of(node, x.dims(node.batch()));
  if (factors[0] != 1 || factors[1] != 1) node.refuse("it enlarges the batch or the channels");
  const std::vector<Index> size(factors.begin() + 2, factors.end());
  if (std::all_of(size.begin(), size.end(), [](Index factor) { return factor == 1; })) return node.give(0, x);
  const std::string mode = node.text("mode", "nearest");
  const std::string places = node.text("coordinate_transformation_mode", node.graph().opset() > 10 ? "half_pixel" : "asymmetric");
  OptionsText options;
  options.integers("size", size);
  if (mode == "linear" && x.rank() == 4) {
    options.word("interpolation", "bilinear");
    if (places == "align_corners")
      options.flag("align_corners", true);
    else if (places != "half_pixel" && places != "pytorch_half_pixel")
      node.refuse("its coordinate_transformation_mode is " + places);
  } else if (mode == "nearest") {
    const std::string nearest = node.text("nearest_mode", "round_prefer_floor");
    const bool copies = (places == "asymmetric" && nearest == "floor") ||
                        ((places == "half_pixel" || places == "pytorch_half_pixel") && nearest != "floor" && nearest != "ceil");
    const bool is_older = node.graph().opset() < 11;
    if (!copies && !is_older) node.refuse("its coordinate_transformation_mode is " + places + " with nearest_mode " + nearest);
  } else {
    node.refuse("its mode is " + mode);
  }
  std::vector<Signal::Axis> groups(x.axes.begin() + 2, x.axes.end());
  groups.push_back(x.axes[1]);
  const Signal in = node.plan().arranged(x, groups, node.name());
  const auto [layer, shape] = node.add(x.rank() == 3 ? "upsampling1d" : "upsampling2d", {in}, options);
  std::vector<std::size_t> axes{Signal::kBatch, x.rank() - 2};
  for (std::size_t i = 0; i + 2 < x.rank(); ++i) axes.push_back(i);
  node.give(0, signal_of(layer, shape, axes));
}

void pad(OnnxNodeReader& node) {
  const Signal x = node.signal(0);
  auto given = node.integers(1, "pads");
  if (!given) node.refuse("its pads are missing");
  std::vector<std::size_t> axes(x.rank());
  for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = i;
  if (node.has(3)) {
    axes.clear();
    for (const Index axis : node.constant(3).integers()) axes.push_back(axis_of(axis, x.rank()));
  }
  if (given->size() != 2 * axes.size()) node.refuse("its pads do not fit its axes");
  std::vector<Index> before(x.rank(), 0);
  std::vector<Index> after(x.rank(), 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    before[axes[i]] = (*given)[i];
    after[axes[i]] = (*given)[axes.size() + i];
  }
  const std::string mode = node.text("mode", "constant");
  if (mode != "constant" && mode != "edge" && mode != "reflect") node.refuse("its mode is " + mode);
  const double value = mode == "constant" ? node.number(2, "value").value_or(0.0) : 0.0;
  Signal in = x;
  bool is_padded = false;
  for (std::size_t axis = 0; axis < x.rank(); ++axis) {
    if (before[axis] == 0 && after[axis] == 0) continue;
    constexpr Index kLargest = Index{1} << 20;
    if (before[axis] < 0 || after[axis] < 0 || before[axis] > kLargest || after[axis] > kLargest)
      node.refuse("it takes entries away, or adds too many");
    if (x.has_batch(x.axes[axis])) node.refuse("it adds examples");
    in = gathered_axis(node, in, axis);
    is_padded = true;
  }
  if (!is_padded) return node.give(0, x);
  // An axis of size 1 has no factor, so it gets one before it is padded.
  for (std::size_t axis = 0; axis < in.rank(); ++axis) {
    if ((before[axis] == 0 && after[axis] == 0) || !in.axes[axis].empty()) continue;
    in.axes[axis] = {in.factors.size()};
    in.factors.push_back(1);
  }
  in = node.plan().arranged(in, single_groups(in), node.name());
  std::vector<Index> pads(2 * in.factors.size(), 0);
  for (std::size_t axis = 0; axis < in.rank(); ++axis) {
    if (before[axis] == 0 && after[axis] == 0) continue;
    pads[2 * in.axes[axis][0]] = before[axis];
    pads[2 * in.axes[axis][0] + 1] = after[axis];
  }
  OptionsText options;
  options.integers("pads", pads);
  if (mode != "constant") options.word("mode", mode);
  if (value != 0.0) options.number("value", value);
  const auto [layer, shape] = node.add("padding", {in}, options);
  in.layer = layer;
  in.shape = shape;
  in.factors = shape;
  drop_ones(in);
  node.give(0, std::move(in));
}

}  // namespace

Operations resize_operations() { return {{"Resize", resize}, {"Upsample", resize}, {"Pad", pad}}; }

}  // namespace normrun::models
