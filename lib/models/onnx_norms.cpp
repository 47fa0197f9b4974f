// Normalizations.  ONNX has the channels on axis 1, while normrun normalizes the last axis.
#include <algorithm>

#include "models/onnx_layout.hpp"
#include "models/onnx_operations.hpp"
#include "models/onnx_patterns.hpp"
#include "models/told_training.hpp"

namespace normrun::models {
namespace {

bool is_torch(const OnnxGraph& graph) { return graph.file().producer.rfind("pytorch", 0) == 0; }

/// Adds a vector of a norm to the weights.  Returns where the file has the vector.
TensorPlace add_vector(OnnxNodeReader& node, std::size_t input, const ChannelsLast& x, const std::string& layer, const std::string& role) {
  const Constant& constant = node.constant(input, role);
  if (constant.count() != x.signal.shape.back())
    node.refuse("its " + role + " has " + std::to_string(constant.count()) + " numbers for " + std::to_string(x.signal.shape.back()) +
                " channels");
  node.plan().add_weight(layer, role, {constant.count()}, reordered(constant.numbers(), x.order));
  return node.graph().place_of(constant, layer + "." + role, x.order);
}

void batch_norm(OnnxNodeReader& node) {
  const Signal in = node.signal(0);
  if (in.rank() < 2) node.refuse("its input has no channels");
  const ChannelsLast x = channels_last(node, in, {1});
  const bool is_tracked = !node.graph().computes_statistics(node.node());
  ForeignNorm norm{.layer = node.name(), .node = node.node().name, .type = "batch"};
  norm.epsilon = node.number("epsilon", 1e-5);
  const ToldTraining told = told_training(node.graph().file().metadata, module_of(node.node()), node.graph().file().path);
  norm.momentum = told.momentum.value_or(node.number("momentum", 0.9));
  norm.is_tracked = is_tracked;
  norm.uses_batch = !is_tracked || node.integer("training_mode", 0) != 0;
  OptionsText options;
  options.number("momentum", *norm.momentum).number("epsilon", norm.epsilon);
  if (*norm.momentum < 0.0 || *norm.momentum > 1.0) node.refuse("its momentum is not between 0 and 1");
  if (*norm.momentum == 1.0 && !told.momentum) options.word("average", "cumulative");  // what PyTorch's momentum=None becomes
  if (told.moving_variance == "unbiased" || (told.moving_variance.empty() && is_torch(node.graph())))
    options.word("moving_variance", "unbiased");
  const Signal out = node.elementwise("batch", x.signal, options);
  norm.gamma = add_vector(node, 1, x, out.layer, "gamma");
  norm.beta = add_vector(node, 2, x, out.layer, "beta");
  if (is_tracked) {
    norm.mean = add_vector(node, 3, x, out.layer, "moving_mean");
    norm.variance = add_vector(node, 4, x, out.layer, "moving_variance");
    if (told.updates) node.plan().add_weight(out.layer, "updates", {1}, {*told.updates});
  }
  node.graph().norms().push_back(std::move(norm));
  node.give(0, out);
}

/// Returns the input in memory where the axis that the node names and all axes behind it are one dimension, the last.
ChannelsLast with_joined_axes(OnnxNodeReader& node) {
  const Signal in = node.signal(0);
  std::vector<std::size_t> axes;
  for (std::size_t axis = axis_of(node.integer("axis", -1), in.rank()); axis < in.rank(); ++axis) axes.push_back(axis);
  return channels_last(node, in, axes);
}

/// Reads a normalization of each row over its last axes.  Inputs 1 and 2 are its scale and its offset, where the node has them.
void norm_of_rows(OnnxNodeReader& node, const char* type, OptionsText options) {
  const ChannelsLast x = with_joined_axes(node);
  ForeignNorm norm{.layer = node.name(), .node = node.node().name, .type = type};
  norm.epsilon = node.number("epsilon", 1e-5);
  norm.is_tracked = false;
  options.number("epsilon", norm.epsilon);
  const Signal out = node.elementwise(type, x.signal, options);
  if (node.has(1)) norm.gamma = add_vector(node, 1, x, out.layer, "gamma");
  if (node.has(2)) norm.beta = add_vector(node, 2, x, out.layer, "beta");
  node.graph().norms().push_back(std::move(norm));
  node.give(0, out);
}

void rms_norm(OnnxNodeReader& node) { norm_of_rows(node, "rms", {}); }

void layer_norm(OnnxNodeReader& node) {
  if (node.is_read(1) || node.is_read(2)) node.refuse("it outputs its statistics");
  OptionsText options;
  if (!node.has(1)) options.flag("scale", false);
  if (!node.has(2)) options.flag("center", false);
  norm_of_rows(node, "layer", std::move(options));
}

/// Reads instance and group normalization, which normalize over all positions of one channel, or of a group of channels.
void positions_norm(OnnxNodeReader& node, const std::string& type) {
  const Signal in = node.signal(0);
  if (in.rank() < 3 || !in.is_batch(0)) node.refuse("its input is no image or sequence");
  const ChannelsLast x = channels_last(node, in, {1});
  ForeignNorm norm{.layer = node.name(), .node = node.node().name, .type = type};
  norm.epsilon = node.number("epsilon", 1e-5);
  norm.is_tracked = false;
  OptionsText options;
  options.number("epsilon", norm.epsilon);
  if (type == "group") {
    if (!x.order.empty()) node.refuse("its channels lie in another order");
    options.integer("groups", node.integer("num_groups", 1));
  }
  const Signal out = node.elementwise(type, x.signal, options);
  norm.gamma = add_vector(node, 1, x, out.layer, "gamma");
  norm.beta = add_vector(node, 2, x, out.layer, "beta");
  node.graph().norms().push_back(std::move(norm));
  node.give(0, out);
}

}  // namespace

Operations norm_operations() {
  return {
      {"BatchNormalization", batch_norm},
      {"LayerNormalization", layer_norm},
      {"RMSNormalization", rms_norm},
      {"InstanceNormalization",
       [](OnnxNodeReader& node) {
         if (!read_group_norm(node)) positions_norm(node, "instance");
       }},
      {"GroupNormalization", [](OnnxNodeReader& node) { positions_norm(node, "group"); }},
  };
}

}  // namespace normrun::models
