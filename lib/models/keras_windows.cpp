// Keras's layers that slide a window or change the size of an image.  Their names, orders of axes and padding are normrun's, too.
#include <algorithm>

#include "models/keras_layer.hpp"

namespace normrun::models {
namespace {

bool is_over_time(const KerasLayerReader& layer) { return layer.input().shape.size() == 2; }
std::string with_directions(const KerasLayerReader& layer, const std::string& stem) { return stem + (is_over_time(layer) ? "1d" : "2d"); }

void require_channels_last(const KerasLayerReader& layer) {
  if (layer.config().text("config.data_format", "channels_last") != "channels_last") layer.refuse("it has channels first");
}

std::vector<Index> given_or(const KerasLayerReader& layer, const std::string& key, std::vector<Index> fallback) {
  return layer.config().is_given("config." + key) ? layer.config().integers("config." + key) : std::move(fallback);
}

OptionsText window_of(const KerasLayerReader& layer) {
  require_channels_last(layer);
  OptionsText options;
  options.integers("kernel_size", layer.config().integers("config.kernel_size")).integers("strides", given_or(layer, "strides", {1}));
  options.integers("dilation_rate", given_or(layer, "dilation_rate", {1})).word("padding", layer.config().text("config.padding", "valid"));
  if (!layer.config().flag("config.use_bias", true)) options.flag("use_bias", false);
  return options;
}

/// Returns kernel_size, one number for each direction of the layer.
std::vector<Index> size_of(const KerasLayerReader& layer) {
  std::vector<Index> size = layer.config().integers("config.kernel_size");
  const std::size_t directions = is_over_time(layer) ? 1 : 2;
  if (size.size() == 1) size.resize(directions, size[0]);
  if (size.size() != directions) layer.refuse("its kernel_size does not fit its input");
  return size;
}

Index one_of(const KerasLayerReader& layer, const std::string& key) {
  const std::vector<Index> values = layer.config().integers("config." + key);
  if (values.size() != 1 || values[0] < 1) layer.refuse("its " + key + " are missing");
  return values[0];
}

void take_bias(KerasLayerReader& layer, const KerasTensor& out, Index filters) {
  if (layer.config().flag("config.use_bias", true)) layer.take(out, "bias", "bias", {filters});
}

KerasTensor convolution(KerasLayerReader& layer) {
  const Index filters = one_of(layer, "filters");
  const Index groups = layer.config().is_given("config.groups") ? one_of(layer, "groups") : 1;
  OptionsText options;
  options.integer("filters", filters).append(window_of(layer));
  if (groups > 1) options.integer("groups", groups);
  const KerasTensor out = layer.add(with_directions(layer, "conv"), options);
  std::vector<Index> shape = size_of(layer);
  shape.insert(shape.end(), {layer.input().shape.back() / groups, filters});
  layer.take(out, "kernel", "kernel", shape);
  take_bias(layer, out, filters);
  return layer.activated(out);
}

/// Returns the name of a depthwise kernel, which changed between Keras 2 and Keras 3.
std::string depthwise_role(const KerasLayerReader& layer) {
  return layer.find("depthwise_kernel") != nullptr ? "depthwise_kernel" : "kernel";
}

KerasTensor depthwise(KerasLayerReader& layer) {
  const Index multiplier = layer.config().is_given("config.depth_multiplier") ? one_of(layer, "depth_multiplier") : 1;
  const Index channels = layer.input().shape.back();
  OptionsText options = window_of(layer);
  KerasTensor out;
  if (is_over_time(layer))
    out = layer.add("conv1d", options.integer("filters", channels * multiplier).integer("groups", channels));
  else
    out = layer.add("depthwise_conv2d", options.integer("depth_multiplier", multiplier));
  // A tensor (…, channels, multiplier) has its numbers in the same order as one of (…, 1, channels * multiplier).
  std::vector<Index> shape = size_of(layer);
  if (is_over_time(layer))
    shape.insert(shape.end(), {1, channels * multiplier});
  else
    shape.insert(shape.end(), {channels, multiplier});
  layer.take(out, "kernel", depthwise_role(layer), shape);
  take_bias(layer, out, channels * multiplier);
  return layer.activated(out);
}

KerasTensor separable(KerasLayerReader& layer) {
  const Index multiplier = layer.config().is_given("config.depth_multiplier") ? one_of(layer, "depth_multiplier") : 1;
  const Index channels = layer.input().shape.back();
  const Index filters = one_of(layer, "filters");
  require_channels_last(layer);
  OptionsText first;
  first.integers("kernel_size", layer.config().integers("config.kernel_size")).integers("strides", given_or(layer, "strides", {1}));
  first.integers("dilation_rate", given_or(layer, "dilation_rate", {1})).word("padding", layer.config().text("config.padding", "valid"));
  first.flag("use_bias", false).integer("filters", channels * multiplier).integer("groups", channels);
  const KerasTensor each = layer.add_beside("depthwise", with_directions(layer, "conv"), layer.input(), first);
  std::vector<Index> shape = size_of(layer);
  std::vector<Index> ones(shape.size(), 1);
  shape.insert(shape.end(), {1, channels * multiplier});
  layer.take(each, "kernel", "depthwise_kernel", shape);
  OptionsText second;
  second.integer("filters", filters).integer("kernel_size", 1);
  if (!layer.config().flag("config.use_bias", true)) second.flag("use_bias", false);
  const KerasTensor out = layer.add(with_directions(layer, "conv"), {each}, second);
  ones.insert(ones.end(), {channels * multiplier, filters});
  layer.take(out, "kernel", "pointwise_kernel", ones);
  take_bias(layer, out, filters);
  return layer.activated(out);
}

KerasTensor transposed(KerasLayerReader& layer) {
  if (layer.config().is_given("config.output_padding")) layer.refuse("it has an output_padding");
  const Index filters = one_of(layer, "filters");
  OptionsText options;
  options.integer("filters", filters).append(window_of(layer));
  const KerasTensor out = layer.add(is_over_time(layer) ? "conv1d_transpose" : "conv2d_transpose", options);
  std::vector<Index> shape = size_of(layer);
  shape.insert(shape.end(), {filters, layer.input().shape.back()});
  layer.take(out, "kernel", "kernel", shape);
  take_bias(layer, out, filters);
  return layer.activated(out);
}

template <const char* kStem>
KerasTensor pooling(KerasLayerReader& layer) {
  require_channels_last(layer);
  const std::vector<Index> size = layer.config().integers("config.pool_size");
  OptionsText options;
  options.integers("pool_size", size).integers("strides", given_or(layer, "strides", size));
  return layer.add(with_directions(layer, kStem), options.word("padding", layer.config().text("config.padding", "valid")));
}

template <const char* kStem>
KerasTensor global_pooling(KerasLayerReader& layer) {
  require_channels_last(layer);
  KerasTensor out = layer.add(with_directions(layer, kStem));
  if (!layer.config().flag("config.keepdims", false)) return out;
  std::vector<Index> shape(layer.input().shape.size(), 1);
  shape.back() = out.shape.back();
  OptionsText options;
  return layer.add("reshape", {out}, options.integers("target_shape", shape));
}

constexpr char kMaxPooling[] = "max_pooling";
constexpr char kAveragePooling[] = "average_pooling";
constexpr char kGlobalMax[] = "global_max_pooling";
constexpr char kGlobalAverage[] = "global_average_pooling";

KerasTensor upsampling(KerasLayerReader& layer) {
  require_channels_last(layer);
  OptionsText options;
  options.integers("size", layer.config().integers("config.size"));
  const std::string word = layer.config().text("config.interpolation", "nearest");
  if (word != "nearest") options.word("interpolation", word);
  return layer.add(with_directions(layer, "upsampling"), options);
}

/// Returns the numbers for each direction and side.  The option holds one number for all of them, one for each direction, or pairs.
std::vector<Index> sides_of(const KerasLayerReader& layer, const std::string& key) {
  const std::size_t directions = is_over_time(layer) ? 1 : 2;
  const std::vector<Index> given = layer.config().integers("config." + key);
  std::vector<Index> sides;
  for (std::size_t i = 0; i < directions; ++i) {
    std::vector<Index> pair = layer.config().integers("config." + key + "." + std::to_string(i));
    if (directions == 1 && given.size() == 2) pair = given;
    if (given.size() == 1) pair = given;
    if (pair.size() == 1) pair.push_back(pair[0]);
    if (pair.size() != 2 || pair[0] < 0 || pair[1] < 0) layer.refuse("its " + key + " does not fit its input");
    sides.insert(sides.end(), pair.begin(), pair.end());
  }
  return sides;
}

KerasTensor zero_padding(KerasLayerReader& layer) {
  require_channels_last(layer);
  std::vector<Index> pads = sides_of(layer, "padding");
  pads.insert(pads.end(), 2, 0);
  OptionsText options;
  return layer.add("padding", options.integers("pads", pads));
}

KerasTensor cropping(KerasLayerReader& layer) {
  require_channels_last(layer);
  const std::vector<Index> sides = sides_of(layer, "cropping");
  KerasTensor out = layer.input();
  for (std::size_t i = 0; i < sides.size() / 2; ++i) {
    const Index count = out.shape[i] - sides[2 * i] - sides[2 * i + 1];
    if (count < 1) layer.refuse("it leaves nothing");
    if (count == out.shape[i]) continue;
    OptionsText options;
    options.integer("axis", static_cast<Index>(i) + 1).integer("start", sides[2 * i]).integer("count", count);
    out = layer.add("slice", {out}, options);
  }
  return out;
}

}  // namespace

std::map<std::string, KerasOperation, std::less<>> keras_windows() {
  return {
      {"Conv1D", convolution},
      {"Conv2D", convolution},
      {"DepthwiseConv1D", depthwise},
      {"DepthwiseConv2D", depthwise},
      {"SeparableConv1D", separable},
      {"SeparableConv2D", separable},
      {"Conv1DTranspose", transposed},
      {"Conv2DTranspose", transposed},
      {"MaxPooling1D", pooling<kMaxPooling>},
      {"MaxPooling2D", pooling<kMaxPooling>},
      {"AveragePooling1D", pooling<kAveragePooling>},
      {"AveragePooling2D", pooling<kAveragePooling>},
      {"GlobalMaxPooling1D", global_pooling<kGlobalMax>},
      {"GlobalMaxPooling2D", global_pooling<kGlobalMax>},
      {"GlobalAveragePooling1D", global_pooling<kGlobalAverage>},
      {"GlobalAveragePooling2D", global_pooling<kGlobalAverage>},
      {"UpSampling1D", upsampling},
      {"UpSampling2D", upsampling},
      {"ZeroPadding1D", zero_padding},
      {"ZeroPadding2D", zero_padding},
      {"Cropping1D", cropping},
      {"Cropping2D", cropping},
  };
}

}  // namespace normrun::models
