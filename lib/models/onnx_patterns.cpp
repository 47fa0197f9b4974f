// Normalizations that an exporter wrote as several operations.
//
//   layer norm   (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon), or the same with mean(x^2) - mean(x)^2 as the variance;
//                then perhaps times gamma and plus beta
//   group norm   Reshape to (batch, groups, everything else), InstanceNormalization without gamma and beta, Reshape back;
//                then times gamma and plus beta
//
// Each pattern is searched from its last operation backwards.  Its earlier operations have become layers by then.  No layer reads these any
// more, so the plan drops them.
#include "models/onnx_patterns.hpp"

#include <algorithm>
#include <cmath>

#include "models/onnx_layout.hpp"

namespace normrun::models {
namespace {

using Node = files::OnnxNode;

const Node* producer_of(const OnnxGraph& graph, const Node& node, std::size_t input, std::string_view op) {
  const Node* const found = input < node.inputs.size() ? graph.producer(node.inputs[input]) : nullptr;
  return found != nullptr && found->op == op && found->domain.empty() ? found : nullptr;
}

/// Returns the input of a node that is not `one`; nothing unless the node has two inputs and `one` is among them.
std::optional<std::string> other_input(const Node& node, const std::string& one) {
  if (node.inputs.size() != 2) return std::nullopt;
  if (node.inputs[0] == one) return node.inputs[1];
  if (node.inputs[1] == one) return node.inputs[0];
  return std::nullopt;
}

/// The number that a node adds or subtracts, and the index of its other input.
struct Shifted {
  std::size_t input = 0;
  double number = 0.0;
};
std::optional<Shifted> shifted(const OnnxGraph& graph, const Node& node) {
  for (std::size_t i = 0; i < 2 && node.inputs.size() == 2; ++i) {
    const auto* const constant = std::get_if<Constant>(&graph.value(node.inputs[i]));
    if (constant != nullptr && constant->count() == 1) return Shifted{1 - i, constant->numbers()[0]};
  }
  return std::nullopt;
}

/// Returns the axes of a ReduceMean that keeps its axes with size 1; nothing if the node drops them.
std::optional<std::vector<Index>> mean_axes(const OnnxGraph& graph, const Node& mean, std::size_t rank) {
  const auto* const keeps = mean.find("keepdims");
  if (keeps != nullptr && keeps->integer == 0) return std::nullopt;
  std::vector<Index> axes;
  if (mean.inputs.size() > 1) {
    const auto* const constant = std::get_if<Constant>(&graph.value(mean.inputs[1]));
    if (constant == nullptr) return std::nullopt;
    axes = constant->integers();
  } else if (const auto* const attribute = mean.find("axes")) {
    axes = attribute->integers;
  }
  for (Index& axis : axes) axis += axis < 0 ? static_cast<Index>(rank) : 0;
  std::sort(axes.begin(), axes.end());
  return axes;
}

/// Returns whether the node `square` computes the square of the tensor `of`.
bool is_square(const OnnxGraph& graph, const Node& square, const std::string& of) {
  if (square.inputs.size() != 2 || square.inputs[0] != of) return false;
  if (square.op == "Mul") return square.inputs[1] == of;
  const auto* const exponent = std::get_if<Constant>(&graph.value(square.inputs[1]));
  return square.op == "Pow" && exponent != nullptr && exponent->count() == 1 && exponent->numbers()[0] == 2.0;
}

/// Returns the vector that the next operation, an `op`, multiplies by or adds; null unless this operation alone reads the tensor.
const Constant* vector_behind(const OnnxGraph& graph, const std::string& tensor, std::string_view op, const Node*& node) {
  node = graph.sole_reader(tensor);
  if (node == nullptr || node->op != op || !node->domain.empty()) return nullptr;
  const auto other = other_input(*node, tensor);
  return other ? std::get_if<Constant>(&graph.value(*other)) : nullptr;
}

/// A layer norm written as operations, the last of which is (x - mean) / sd.
struct LayerNormPattern {
  std::string x;
  std::vector<Index> axes;
  double epsilon = 0.0;
};

/// Reads what stands under the root in sqrt(variance + epsilon); nothing if it is no variance of a layer norm.
std::optional<LayerNormPattern> under_root(const OnnxGraph& graph, const Node& root, const Node& difference, std::size_t rank) {
  const Node* const sum = producer_of(graph, root, 0, "Add");
  if (sum == nullptr) return std::nullopt;
  const auto epsilon = shifted(graph, *sum);
  const Node* const variance = epsilon ? producer_of(graph, *sum, epsilon->input, "ReduceMean") : nullptr;
  const Node* const mean = producer_of(graph, difference, 1, "ReduceMean");
  if (variance == nullptr || mean == nullptr || mean->inputs.empty() || mean->inputs[0] != difference.inputs[0]) return std::nullopt;
  const Node* const square = variance->inputs.empty() ? nullptr : graph.producer(variance->inputs[0]);
  if (square == nullptr || !is_square(graph, *square, difference.outputs[0])) return std::nullopt;
  const auto axes = mean_axes(graph, *variance, rank);
  if (!axes || axes != mean_axes(graph, *mean, rank)) return std::nullopt;
  return LayerNormPattern{difference.inputs[0], *axes, shortest(static_cast<float>(epsilon->number))};
}

/// Returns the pattern if the node ends one: a Div by the root, or a Mul by its reciprocal.
std::optional<LayerNormPattern> layer_norm_of(const OnnxGraph& graph, const Node& node, std::size_t rank) {
  for (std::size_t i = 0; i < 2 && node.inputs.size() == 2; ++i) {
    const Node* const difference = producer_of(graph, node, i, "Sub");
    if (difference == nullptr || difference->inputs.size() != 2) continue;
    const Node* root = nullptr;
    if (node.op == "Div" && i == 0) root = producer_of(graph, node, 1, "Sqrt");
    if (node.op == "Mul") {
      const Node* const inverse = producer_of(graph, node, 1 - i, "Reciprocal");
      if (inverse != nullptr) root = producer_of(graph, *inverse, 0, "Sqrt");
    }
    if (root == nullptr) continue;
    if (auto pattern = under_root(graph, *root, *difference, rank)) return pattern;
  }
  return std::nullopt;
}

/// Returns whether the axes are the last ones of a tensor, without a gap.
bool are_last(const std::vector<Index>& axes, std::size_t rank) {
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] != static_cast<Index>(rank - axes.size() + i)) return false;
  }
  return !axes.empty() && axes.size() < rank;
}

/// The gamma and the beta that follow a norm's output, each null if there is none.
struct GainAndShift {
  const Constant* gamma = nullptr;
  const Constant* beta = nullptr;
  std::vector<std::string> outputs;  // the outputs of these operations, which the norm's layer now gives
};
/// Takes gamma and beta from the operations that follow a norm's output, and marks these operations as done.
GainAndShift take_behind(OnnxGraph& graph, const std::string& output, Index count) {
  GainAndShift out;
  const Node* next = nullptr;
  std::string last = output;
  out.outputs.push_back(last);
  const auto fits = [&](const Constant* constant) { return constant != nullptr && constant->count() == count; };
  if (const Constant* const gamma = vector_behind(graph, last, "Mul", next); fits(gamma)) {
    out.gamma = gamma;
    graph.absorb(*next);
    last = next->outputs[0];
    out.outputs.push_back(last);
  }
  if (const Constant* const beta = vector_behind(graph, last, "Add", next); fits(beta)) {
    out.beta = beta;
    graph.absorb(*next);
    out.outputs.push_back(next->outputs[0]);
  }
  return out;
}

/// Adds a normalization with the gamma and beta of `behind`, and gives its signal to every output that the layer replaces.
void add_norm(OnnxNodeReader& node, const std::string& type, const ChannelsLast& x, OptionsText options, double epsilon,
              const GainAndShift& behind) {
  ForeignNorm norm{.layer = node.name(), .node = node.node().name, .type = type};
  norm.epsilon = epsilon;
  norm.is_tracked = false;
  options.number("epsilon", epsilon);
  if (behind.gamma == nullptr) options.flag("scale", false);
  if (behind.beta == nullptr) options.flag("center", false);
  const Signal out = node.elementwise(type, x.signal, options);
  norm.layer = out.layer;
  const auto add = [&](const Constant* constant, const std::string& role) -> std::optional<TensorPlace> {
    if (constant == nullptr) return std::nullopt;
    node.plan().add_weight(out.layer, role, {constant->count()}, reordered(constant->numbers(), x.order));
    return node.graph().place_of(*constant, out.layer + "." + role, x.order);
  };
  norm.gamma = add(behind.gamma, "gamma");
  norm.beta = add(behind.beta, "beta");
  node.graph().norms().push_back(std::move(norm));
  for (const std::string& output : behind.outputs) node.graph().set_value(output, out);
}

}  // namespace

bool read_layer_norm(OnnxNodeReader& node) {
  OnnxGraph& graph = node.graph();
  if (!node.is_signal(0) || !node.is_signal(1)) return false;
  const std::size_t rank = std::max(node.signal(0).rank(), node.signal(1).rank());
  const auto pattern = layer_norm_of(graph, node.node(), rank);
  if (!pattern || !are_last(pattern->axes, rank)) return false;
  const auto* const x = std::get_if<Signal>(&graph.value(pattern->x));
  if (x == nullptr || x->rank() != rank) return false;
  std::vector<std::size_t> axes;
  for (const Index axis : pattern->axes) {
    if (x->has_batch(x->axes[static_cast<std::size_t>(axis)])) return false;
    axes.push_back(static_cast<std::size_t>(axis));
  }
  const ChannelsLast in = channels_last(node, *x, axes);
  const GainAndShift behind = take_behind(graph, node.node().outputs[0], in.signal.shape.back());
  add_norm(node, "layer", in, {}, pattern->epsilon, behind);
  return true;
}

bool read_group_norm(OnnxNodeReader& node) {
  OnnxGraph& graph = node.graph();
  const Node* const before = producer_of(graph, node.node(), 0, "Reshape");
  const Node* const after = graph.sole_reader(node.node().outputs[0]);
  if (before == nullptr || after == nullptr || after->op != "Reshape" || after->inputs[0] != node.node().outputs[0]) return false;
  const auto* const x = std::get_if<Signal>(&graph.value(before->inputs[0]));
  const auto* const shape = after->inputs.size() > 1 ? std::get_if<Constant>(&graph.value(after->inputs[1])) : nullptr;
  const Signal grouped = node.signal(0);
  if (x == nullptr || shape == nullptr || grouped.rank() != 3 || x->rank() < 2 || !x->is_batch(0) || !grouped.is_batch(0)) return false;
  const std::vector<Index> dims = x->dims(node.batch());
  const std::vector<Index> back = shape->integers();
  for (std::size_t i = 1; i < dims.size() && back.size() == dims.size(); ++i) {
    if (back[i] != dims[i] && back[i] > 0) return false;
  }
  const std::vector<double>& gain = node.constant(1, "its scale").numbers();
  const std::vector<double>& shift = node.constant(2, "its shift").numbers();
  const bool is_plain = std::all_of(gain.begin(), gain.end(), [](double value) { return value == 1.0; }) &&
                        std::all_of(shift.begin(), shift.end(), [](double value) { return value == 0.0; });
  const Index groups = grouped.dims(node.batch())[1];
  if (back.size() != dims.size() || !is_plain || dims[1] % groups != 0 || x->size() % groups != 0) return false;
  const ChannelsLast in = channels_last(node, *x, {1});
  if (!in.order.empty()) return false;
  graph.absorb(*after);
  GainAndShift behind = take_behind(graph, after->outputs[0], dims[1]);
  OptionsText options;
  options.integer("groups", groups);
  add_norm(node, "group", in, options, node.number("epsilon", 1e-5), behind);
  return true;
}

}  // namespace normrun::models
