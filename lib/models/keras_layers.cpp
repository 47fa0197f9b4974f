// Keras's layers without a window and without time: normalizations, activations, joins and shapes.
#include <algorithm>

#include "models/keras_layer.hpp"
#include "models/told_training.hpp"

namespace normrun::models {
namespace {

KerasTensor unchanged(KerasLayerReader& layer) { return layer.input(); }

KerasTensor dense(KerasLayerReader& layer) {
  const std::vector<Index> units = layer.config().integers("config.units");
  if (units.size() != 1) layer.refuse("its units are missing");
  const bool has_bias = layer.config().flag("config.use_bias", true);
  OptionsText options;
  options.integer("units", units[0]);
  if (!has_bias) options.flag("use_bias", false);
  const KerasTensor out = layer.add("dense", options);
  layer.take(out, "kernel", "kernel", {layer.input().shape.back(), units[0]});
  if (has_bias) layer.take(out, "bias", "bias", {units[0]});
  return layer.activated(out);
}

/// Throws Error(kUsage) unless the config's axis is the last one.
void require_last_axis(KerasLayerReader& layer) {
  const std::vector<Index> axis = layer.config().integers("config.axis");
  const auto rank = static_cast<Index>(layer.input().shape.size());
  if (axis.size() != 1 || (axis[0] != -1 && axis[0] != rank)) layer.refuse("its axis is not the last one");
}

/// Adds gamma and beta to the weights, if the layer has them.
void take_affine(KerasLayerReader& layer, const KerasTensor& out, const std::vector<Index>& shape, ForeignNorm& norm) {
  if (layer.config().flag("config.scale", true)) {
    layer.take(out, "gamma", "gamma", shape);
    norm.gamma = layer.place("gamma");
  }
  if (layer.config().flag("config.center", true)) {
    layer.take(out, "beta", "beta", shape);
    norm.beta = layer.place("beta");
  }
}

void add_affine(const KerasLayerReader& layer, OptionsText& options) {
  if (!layer.config().flag("config.scale", true)) options.flag("scale", false);
  if (!layer.config().flag("config.center", true)) options.flag("center", false);
}

ForeignNorm norm_of(const KerasLayerReader& layer, const std::string& type) {
  ForeignNorm norm{.layer = layer.name(), .node = layer.name(), .type = type};
  norm.epsilon = layer.config().number("config.epsilon").value_or(1e-3);
  return norm;
}

KerasTensor batch(KerasLayerReader& layer) {
  require_last_axis(layer);
  if (layer.config().flag("config.renorm", false)) layer.refuse("it renormalizes (renorm)");
  ForeignNorm norm = norm_of(layer, "batch");
  norm.momentum = layer.config().number("config.momentum").value_or(0.99);
  OptionsText options;
  options.number("momentum", *norm.momentum).number("epsilon", norm.epsilon);
  add_affine(layer, options);
  KerasTensor out = layer.add("batch", options);
  const std::vector<Index> shape{out.shape.back()};
  take_affine(layer, out, shape, norm);
  layer.take(out, "moving_mean", "moving_mean", shape);
  layer.take(out, "moving_variance", "moving_variance", shape);
  norm.mean = layer.place("moving_mean");
  norm.variance = layer.place("moving_variance");
  norm.layer = out.layer;
  const ToldTraining told = told_training(layer.model().file.metadata, layer.name(), layer.model().path);
  if (told.updates) layer.model().plan.add_weight(out.layer, "updates", {1}, {*told.updates});
  layer.model().norms.push_back(std::move(norm));
  return out;
}

KerasTensor layer_norm(KerasLayerReader& layer) {
  ForeignNorm norm = norm_of(layer, "layer");
  norm.is_tracked = false;
  std::vector<Index> axes = layer.config().integers("config.axis");
  if (axes.empty()) axes = {-1};
  OptionsText options;
  options.number("epsilon", norm.epsilon).integers("axes", axes);
  add_affine(layer, options);
  KerasTensor out = layer.add("layer", options);
  const std::vector<Index> shape(out.shape.end() - static_cast<std::ptrdiff_t>(axes.size()), out.shape.end());
  take_affine(layer, out, shape, norm);
  norm.layer = out.layer;
  layer.model().norms.push_back(std::move(norm));
  return out;
}

KerasTensor group_norm(KerasLayerReader& layer) {
  require_last_axis(layer);
  const std::vector<Index> groups = layer.config().integers("config.groups");
  const Index channels = layer.input().shape.back();
  if (groups.size() != 1) layer.refuse("its groups are missing");
  const bool is_instance = groups[0] == -1 || groups[0] == channels;
  ForeignNorm norm = norm_of(layer, is_instance ? "instance" : "group");
  norm.is_tracked = false;
  OptionsText options;
  if (!is_instance) options.integer("groups", groups[0]);
  options.number("epsilon", norm.epsilon);
  add_affine(layer, options);
  KerasTensor out = layer.add(norm.type, options);
  take_affine(layer, out, {channels}, norm);
  norm.layer = out.layer;
  layer.model().norms.push_back(std::move(norm));
  return out;
}

KerasTensor relu(KerasLayerReader& layer) {
  const double slope = layer.config().number("config.negative_slope").value_or(0.0);
  const auto most = layer.config().number("config.max_value");
  if (layer.config().number("config.threshold").value_or(0.0) != 0.0) layer.refuse("it has a threshold");
  OptionsText options;
  if (slope != 0.0) {
    if (most) layer.refuse("it has a slope and a maximum");
    return layer.add("leaky_relu", options.number("negative_slope", slope));
  }
  if (!most) return layer.add("relu");
  if (*most == 6.0) return layer.add("relu6");
  return layer.add("clip", options.number("min_value", 0.0).number("max_value", *most));
}

KerasTensor leaky_relu(KerasLayerReader& layer) {
  const auto slope = layer.config().number("config.negative_slope");
  const auto alpha = layer.config().number("config.alpha");  // the name of this option in Keras 2
  OptionsText options;
  return layer.add("leaky_relu", options.number("negative_slope", slope.value_or(alpha.value_or(0.3))));
}

KerasTensor elu(KerasLayerReader& layer) {
  OptionsText options;
  return layer.add("elu", options.number("alpha", layer.config().number("config.alpha").value_or(1.0)));
}

KerasTensor prelu(KerasLayerReader& layer) {
  const std::vector<Index> shared = layer.config().integers("config.shared_axes");
  const std::vector<Index>& shape = layer.input().shape;
  const bool is_per_element = shared.empty();
  if (!is_per_element && shared.size() + 1 != shape.size()) layer.refuse("its shared axes are not all but the last");
  OptionsText options;
  KerasTensor out = layer.add("prelu", options.word("slopes", is_per_element ? "per-element" : "per-channel"));
  layer.take(out, "alpha", "alpha", is_per_element ? shape : std::vector<Index>{shape.back()});
  return out;
}

KerasTensor softmax(KerasLayerReader& layer) {
  require_last_axis(layer);
  return layer.add("softmax");
}

KerasTensor dropout(KerasLayerReader& layer) {
  OptionsText options;
  return layer.add("dropout", options.number("rate", layer.config().number("config.rate").value_or(0.5)));
}

KerasTensor rescaling(KerasLayerReader& layer) {
  OptionsText options;
  options.number("scale", layer.config().number("config.scale").value_or(1.0));
  return layer.add("rescaling", options.number("offset", layer.config().number("config.offset").value_or(0.0)));
}

/// Joins the inputs by an add layer, which wants equal shapes.
KerasTensor add_up(KerasLayerReader& layer) { return layer.add("add", layer.inputs()); }
KerasTensor multiply(KerasLayerReader& layer) { return layer.add("multiply", layer.inputs()); }

KerasTensor subtract(KerasLayerReader& layer) {
  if (layer.inputs().size() != 2) layer.refuse("it has not two inputs");
  OptionsText options;
  const KerasTensor minus = layer.add_beside("negative", "rescaling", layer.inputs()[1], options.number("scale", -1.0));
  return layer.add("add", {layer.inputs()[0], minus});
}

KerasTensor average(KerasLayerReader& layer) {
  const KerasTensor sum = layer.add("add", layer.inputs());
  OptionsText options;
  return layer.add("rescaling", {sum}, options.number("scale", 1.0 / static_cast<double>(layer.inputs().size())));
}

KerasTensor concatenate(KerasLayerReader& layer) {
  const std::vector<Index> axis = layer.config().integers("config.axis");
  const auto rank = static_cast<Index>(layer.inputs().empty() ? 0 : layer.inputs()[0].shape.size());
  if (axis.size() != 1 || (axis[0] != -1 && axis[0] != rank)) layer.refuse("its axis is not the last one");
  return layer.add("concatenate", layer.inputs());
}

KerasTensor reshape(KerasLayerReader& layer) {
  OptionsText options;
  return layer.add("reshape", options.integers("target_shape", layer.config().integers("config.target_shape")));
}

/// Leaves the rows as they are: whoever gives the rows refuses those with steps of the mask's value alone (mask_value).
KerasTensor masking(KerasLayerReader& layer) {
  if (layer.input().layer != "input") layer.refuse("it masks what another layer computes");
  if (!layer.config().number("config.mask_value")) layer.refuse("its mask_value is missing");
  return layer.input();
}

KerasTensor permute(KerasLayerReader& layer) {
  OptionsText options;
  return layer.add("permute", options.integers("dims", layer.config().integers("config.dims")));
}

}  // namespace

const std::map<std::string, KerasOperation, std::less<>>& keras_operations() {
  static const std::map<std::string, KerasOperation, std::less<>> kOperations = [] {
    std::map<std::string, KerasOperation, std::less<>> all = {
        {"Dense", dense},
        {"BatchNormalization", batch},
        {"SyncBatchNormalization", batch},
        {"LayerNormalization", layer_norm},
        {"GroupNormalization", group_norm},
        {"ReLU", relu},
        {"LeakyReLU", leaky_relu},
        {"ELU", elu},
        {"PReLU", prelu},
        {"Softmax", softmax},
        {"Activation", [](KerasLayerReader& layer) { return layer.activated(layer.input()); }},
        {"Dropout", dropout},
        {"SpatialDropout1D", unchanged},
        {"SpatialDropout2D", unchanged},
        {"GaussianNoise", unchanged},
        {"GaussianDropout", unchanged},
        {"RandomBrightness", unchanged},
        {"RandomContrast", unchanged},
        {"RandomFlip", unchanged},
        {"RandomRotation", unchanged},
        {"RandomTranslation", unchanged},
        {"RandomZoom", unchanged},
        {"ActivityRegularization", unchanged},
        {"Rescaling", rescaling},
        {"Add", add_up},
        {"Multiply", multiply},
        {"Subtract", subtract},
        {"Average", average},
        {"Concatenate", concatenate},
        {"Flatten", [](KerasLayerReader& layer) { return layer.add("flatten"); }},
        {"Reshape", reshape},
        {"Permute", permute},
        {"Masking", masking},
    };
    all.merge(keras_windows());
    all.merge(keras_recurrent());
    return all;
  }();
  return kOperations;
}

}  // namespace normrun::models
