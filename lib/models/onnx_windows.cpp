// Operations that slide a window: convolutions and pooling, over time or over height and width.
//
// ONNX has channels first, (batch, channels, height, width), and kernels (filters, channels / groups, height, width).  normrun has channels
// last, and kernels (height, width, channels / groups, filters).
#include <algorithm>

#include "core/shape.hpp"
#include "models/onnx_layout.hpp"
#include "models/onnx_operations.hpp"

namespace normrun::models {
namespace {

/// A signal that is arranged channels last.  Its axes are the batch, the channels, and one or two directions.
struct Image {
  Signal signal;
  std::size_t directions = 2;
  bool is_over_time() const { return directions == 1; }
  std::string type(const std::string& stem) const { return stem + (is_over_time() ? "1d" : "2d"); }
};

Image image_of(OnnxNodeReader& node) {
  const Signal x = node.signal(0);
  if (x.rank() != 3 && x.rank() != 4)
    node.refuse("it works on " + std::to_string(x.rank()) + " axes; normrun has windows over one or two directions");
  if (!x.is_batch(0)) node.refuse("its first axis holds more than the batch");
  std::vector<Signal::Axis> groups(x.axes.begin() + 2, x.axes.end());
  groups.push_back(x.axes[1]);
  return {node.plan().arranged(x, groups, node.name()), x.rank() - 2};
}

/// Returns the output of a layer over an image as a signal.  `shape` is channels last.
Signal from_image(const Image& image, const std::string& layer, const std::vector<Index>& shape) {
  std::vector<std::size_t> axes{Signal::kBatch, image.directions};
  for (std::size_t i = 0; i < image.directions; ++i) axes.push_back(i);
  return signal_of(layer, shape, axes);
}

/// The padding before and after the numbers of each direction.
struct Sides {
  std::vector<Index> before;
  std::vector<Index> after;
};

/// Returns the padding that auto_pad asks for, or else `pads`.
Sides sides_of(const OnnxNodeReader& node, const Image& image, const std::vector<Index>& sizes, const std::vector<Index>& strides,
               const std::vector<Index>& dilations) {
  const std::size_t count = image.directions;
  Sides sides{std::vector<Index>(count, 0), std::vector<Index>(count, 0)};
  const std::string word = node.text("auto_pad", "NOTSET");
  if (word == "SAME_UPPER" || word == "SAME_LOWER") {
    for (std::size_t i = 0; i < count; ++i) {
      const Index input = image.signal.shape[i];
      const Index output = (input + strides[i] - 1) / strides[i];
      const Index missing = std::max<Index>(0, (output - 1) * strides[i] + (sizes[i] - 1) * dilations[i] + 1 - input);
      sides.before[i] = word == "SAME_UPPER" ? missing / 2 : missing - missing / 2;
      sides.after[i] = missing - sides.before[i];
    }
    return sides;
  }
  if (word != "NOTSET" && word != "VALID" && !word.empty()) node.refuse("its auto_pad is " + word);
  const std::vector<Index> pads = node.integers("pads", std::vector<Index>(2 * count, 0));
  if (pads.size() != 2 * count) node.refuse("its pads do not fit its directions");
  if (word == "VALID") return sides;
  if (std::any_of(pads.begin(), pads.end(), [](Index pad) { return pad < 0; })) node.refuse("it has negative pads");
  std::copy_n(pads.begin(), count, sides.before.begin());
  std::copy_n(pads.begin() + static_cast<std::ptrdiff_t>(count), count, sides.after.begin());
  return sides;
}

void set_pads(const Sides& sides, OptionsText& options) {
  std::vector<Index> pads;
  for (std::size_t i = 0; i < sides.before.size(); ++i) pads.insert(pads.end(), {sides.before[i], sides.after[i]});
  if (std::any_of(pads.begin(), pads.end(), [](Index pad) { return pad != 0; })) options.integers("pads", pads);
}

/// Returns one number for each direction.  Throws Error(kUsage) if there are more or fewer, or if one is below 1.
std::vector<Index> directions_of(const OnnxNodeReader& node, std::string_view attribute, const std::vector<Index>& fallback) {
  const std::size_t count = fallback.size();
  std::vector<Index> values = node.integers(attribute, fallback);
  constexpr Index kLargest = Index{1} << 20;
  const bool fits = values.size() == count && std::all_of(values.begin(), values.end(), [](Index v) { return v >= 1 && v <= kLargest; });
  if (!fits) node.refuse("its " + std::string(attribute) + " do not fit");
  return values;
}

/// Returns the bias of a convolution; nothing if the convolution has none.
std::optional<std::vector<double>> bias_of(OnnxNodeReader& node, Index filters) {
  if (!node.has(2)) return std::nullopt;
  const Constant& bias = node.constant(2, "its bias");
  if (bias.count() != filters)
    node.refuse("its bias has " + std::to_string(bias.count()) + " numbers for " + std::to_string(filters) + " filters");
  const std::vector<double>& numbers = bias.numbers();
  // Some exporters compute a bias of zeros where there is no bias.
  const bool is_none = bias.source == nullptr && std::all_of(numbers.begin(), numbers.end(), [](double value) { return value == 0.0; });
  if (is_none) return std::nullopt;
  return numbers;
}

enum class Direction { kForward, kTransposed };

/// Returns the options that a convolution and its transpose have in common.
OptionsText window_options(const OnnxNodeReader& node, const Image& image, const Constant& kernel, Direction direction) {
  const std::vector<Index> sizes(kernel.dims.begin() + 2, kernel.dims.end());
  const std::vector<Index> ones(image.directions, 1);
  const std::vector<Index> strides = directions_of(node, "strides", ones);
  const std::vector<Index> dilations = directions_of(node, "dilations", ones);
  if (node.integers("kernel_shape", sizes) != sizes) node.refuse("its kernel_shape is not that of its kernel");
  OptionsText options;
  options.integers("kernel_size", sizes);
  if (strides != ones) options.integers("strides", strides);
  if (dilations != ones) options.integers("dilation_rate", dilations);
  if (direction == Direction::kForward) {
    set_pads(sides_of(node, image, sizes, strides, dilations), options);
    return options;
  }
  const std::string word = node.text("auto_pad", "NOTSET");
  if ((word != "NOTSET" && !word.empty()) || node.has_attribute("output_shape"))
    node.refuse("its padding follows from the size of its output");
  const Sides sides = sides_of(node, image, sizes, strides, dilations);
  std::vector<Index> pads;
  for (std::size_t i = 0; i < image.directions; ++i) pads.insert(pads.end(), {sides.before[i], sides.after[i]});
  options.integers("pads", pads);
  const std::vector<Index> further = node.integers("output_padding", std::vector<Index>(image.directions, 0));
  if (std::any_of(further.begin(), further.end(), [](Index value) { return value != 0; })) options.integers("output_padding", further);
  return options;
}

/// Brings the axes of a kernel from (first, second, directions…) into the order (directions…, second, first).
Constant kernel_channels_last(const Constant& kernel) {
  std::vector<Index> axes;
  for (std::size_t i = 2; i < kernel.dims.size(); ++i) axes.push_back(static_cast<Index>(i));
  axes.insert(axes.end(), {1, 0});
  return transposed(kernel, axes);
}

const Constant& kernel_of(OnnxNodeReader& node, const Image& image) {
  const Constant& kernel = node.constant(1, "its kernel");
  if (kernel.dims.size() != image.directions + 2 || kernel.count() == 0) node.refuse("its kernel has the shape " + shape_text(kernel.dims));
  return kernel;
}

void convolution(OnnxNodeReader& node) {
  const Image image = image_of(node);
  const Constant& kernel = kernel_of(node, image);
  const Index filters = kernel.dims[0];
  const Index groups = node.integer("group", 1);
  if (groups < 1 || image.signal.shape.back() != kernel.dims[1] * groups)
    node.refuse("its kernel " + shape_text(kernel.dims) + " does not fit an input of " + std::to_string(image.signal.shape.back()) +
                " channels");
  OptionsText options;
  options.integer("filters", filters);
  options.append(window_options(node, image, kernel, Direction::kForward));
  if (groups > 1) options.integer("groups", groups);
  const auto bias = bias_of(node, filters);
  if (!bias) options.flag("use_bias", false);
  const auto [layer, shape] = node.add(image.type("conv"), {image.signal}, options);
  const Constant turned = kernel_channels_last(kernel);
  node.plan().add_weight(layer, "kernel", turned.dims, turned.numbers());
  if (bias) node.plan().add_weight(layer, "bias", {filters}, *bias);
  node.give(0, from_image(image, layer, shape));
}

void transposed_convolution(OnnxNodeReader& node) {
  const Image image = image_of(node);
  const Constant& kernel = kernel_of(node, image);
  if (node.integer("group", 1) != 1) node.refuse("it has groups");
  if (kernel.dims[0] != image.signal.shape.back()) node.refuse("its kernel does not fit its input's channels");
  const Index filters = kernel.dims[1];
  OptionsText options;
  options.integer("filters", filters);
  options.append(window_options(node, image, kernel, Direction::kTransposed));
  const auto bias = bias_of(node, filters);
  if (!bias) options.flag("use_bias", false);
  const auto [layer, shape] = node.add(image.is_over_time() ? "conv1d_transpose" : "conv2d_transpose", {image.signal}, options);
  const Constant turned = kernel_channels_last(kernel);
  node.plan().add_weight(layer, "kernel", turned.dims, turned.numbers());
  if (bias) node.plan().add_weight(layer, "bias", {filters}, *bias);
  node.give(0, from_image(image, layer, shape));
}

void pooling(OnnxNodeReader& node, const std::string& stem) {
  const Image image = image_of(node);
  const std::vector<Index> ones(image.directions, 1);
  if (!node.has_attribute("kernel_shape")) node.refuse("its kernel_shape is missing");
  const std::vector<Index> sizes = directions_of(node, "kernel_shape", ones);
  const std::vector<Index> strides = directions_of(node, "strides", ones);
  if (directions_of(node, "dilations", ones) != ones) node.refuse("its window has dilations other than 1");
  if (node.integer("storage_order", 0) != 0 || node.is_read(1)) node.refuse("it outputs the places of its maxima");
  OptionsText options;
  options.integers("pool_size", sizes).integers("strides", strides);
  set_pads(sides_of(node, image, sizes, strides, ones), options);
  if (node.integer("ceil_mode", 0) != 0) options.flag("ceil_mode", true);
  if (node.integer("count_include_pad", 0) != 0) options.flag("count_include_pad", true);
  const auto [layer, shape] = node.add(image.type(stem), {image.signal}, options);
  node.give(0, from_image(image, layer, shape));
}

/// Pools over all positions.  The directions stay as axes of size 1.
void global_pooling(OnnxNodeReader& node, const std::string& stem) {
  const Image image = image_of(node);
  const auto [layer, shape] = node.add(image.type(stem), {image.signal});
  Signal out = signal_of(layer, shape, {Signal::kBatch, 0});
  out.axes.resize(image.directions + 2);
  node.give(0, std::move(out));
}

/// Returns the mean or the maximum over some axes of each example.
Signal reduced_by(OnnxNodeReader& node, const std::string& stem) {
  const Signal x = node.signal(0);
  auto given = node.integers(1, "axes");
  const bool keeps = node.integer("keepdims", 1) != 0;
  std::vector<bool> is_reduced(x.rank(), !given || given->empty());
  if (given) {
    for (const Index axis : *given) is_reduced[axis_of(axis, x.rank())] = true;
  }
  Signal::Axis reduced;
  for (std::size_t axis = 0; axis < x.rank(); ++axis) {
    if (!is_reduced[axis]) continue;
    if (x.has_batch(x.axes[axis])) node.refuse("it reduces over the examples");
    reduced.insert(reduced.end(), x.axes[axis].begin(), x.axes[axis].end());
  }
  std::sort(reduced.begin(), reduced.end());
  Signal::Axis kept;
  for (std::size_t f = 0; f < x.factors.size(); ++f) {
    if (!std::binary_search(reduced.begin(), reduced.end(), f)) kept.push_back(f);
  }
  Signal out = x;
  if (!reduced.empty()) {
    const bool is_image = reduced.size() == 2;
    std::vector<Signal::Axis> groups =
        is_image ? std::vector<Signal::Axis>{{reduced[0]}, {reduced[1]}, kept} : std::vector<Signal::Axis>{reduced, kept};
    const Signal in = node.plan().arranged(x, groups, node.name());
    const auto [layer, shape] = node.add(stem + (is_image ? "2d" : "1d"), {in});
    out.layer = layer;
    out.shape = shape;
    out.factors.clear();
    std::vector<std::size_t> place(x.factors.size(), 0);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      place[kept[i]] = i;
      out.factors.push_back(x.factors[kept[i]]);
    }
    for (std::size_t axis = 0; axis < x.rank(); ++axis) {
      if (is_reduced[axis]) out.axes[axis].clear();
      for (std::size_t& factor : out.axes[axis]) factor = factor == Signal::kBatch ? factor : place[factor];
    }
  }
  if (!keeps) {
    std::vector<Signal::Axis> axes;
    for (std::size_t axis = 0; axis < x.rank(); ++axis) {
      if (!is_reduced[axis]) axes.push_back(out.axes[axis]);
    }
    out.axes = std::move(axes);
  }
  return out;
}

void reduce(OnnxNodeReader& node, const std::string& stem) { node.give(0, reduced_by(node, stem)); }

/// A sum is the mean times the count of what it sums.
void reduce_sum(OnnxNodeReader& node) {
  const Index before = node.signal(0).size();
  const Signal mean = reduced_by(node, "global_average_pooling");
  OptionsText options;
  options.number("scale", static_cast<double>(before) / static_cast<double>(mean.size()));
  node.give(0, node.elementwise("rescaling", mean, options));
}

}  // namespace

Operations window_operations() {
  return {
      {"Conv", convolution},
      {"ConvTranspose", transposed_convolution},
      {"MaxPool", [](OnnxNodeReader& node) { pooling(node, "max_pooling"); }},
      {"AveragePool", [](OnnxNodeReader& node) { pooling(node, "average_pooling"); }},
      {"GlobalAveragePool", [](OnnxNodeReader& node) { global_pooling(node, "global_average_pooling"); }},
      {"GlobalMaxPool", [](OnnxNodeReader& node) { global_pooling(node, "global_max_pooling"); }},
      {"ReduceMean", [](OnnxNodeReader& node) { reduce(node, "global_average_pooling"); }},
      {"ReduceSum", reduce_sum},
      {"ReduceMax", [](OnnxNodeReader& node) { reduce(node, "global_max_pooling"); }},
  };
}

}  // namespace normrun::models
