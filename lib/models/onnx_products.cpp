// Matrix products.  A product with a constant becomes a dense layer, and a product of two signals becomes a matmul layer.
#include <algorithm>

#include "core/shape.hpp"
#include "models/onnx_layout.hpp"
#include "models/onnx_operations.hpp"

namespace normrun::models {
namespace {

/// Returns the bias of an Add that follows the node, if this Add alone reads the node's output, and marks the Add as done.
std::optional<std::vector<double>> bias_behind(OnnxNodeReader& node, Index units) {
  OnnxGraph& graph = node.graph();
  const std::string& output = node.node().outputs[0];
  const files::OnnxNode* const next = graph.sole_reader(output);
  if (next == nullptr || next->op != "Add" || !next->domain.empty() || next->inputs.size() != 2 || next->outputs.empty())
    return std::nullopt;
  const std::string& other = next->inputs[0] == output ? next->inputs[1] : next->inputs[0];
  const auto* const constant = std::get_if<Constant>(&graph.value(other));
  const bool is_vector = constant != nullptr && constant->count() == units && !constant->dims.empty() && constant->dims.back() == units;
  if (!is_vector) return std::nullopt;
  graph.absorb(*next);
  return constant->numbers();
}

/// A dense layer over one axis of a signal.  Its kernel is (inputs, units), with rows in the order of the file's axis.  A new axis with the
/// units replaces `axis`.
struct DensePlan {
  std::size_t axis = 0;
  Index units = 0;
  std::vector<double> kernel;
  std::optional<std::vector<double>> bias;
};

Signal dense(OnnxNodeReader& node, const Signal& signal, DensePlan plan) {
  const ChannelsLast x = channels_last(node, signal, {plan.axis});
  const Index inputs = x.signal.shape.back();
  OptionsText options;
  options.integer("units", plan.units);
  if (!plan.bias) options.flag("use_bias", false);
  const auto [layer, shape] = node.add("dense", {x.signal}, options);
  std::vector<double> kernel = std::move(plan.kernel);
  if (!x.order.empty()) {
    const auto units = static_cast<std::size_t>(plan.units);
    std::vector<double> turned(kernel.size());
    for (std::size_t i = 0; i < x.order.size(); ++i)
      std::copy_n(kernel.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(x.order[i]) * units), units,
                  turned.begin() + static_cast<std::ptrdiff_t>(i * units));
    kernel = std::move(turned);
  }
  node.plan().add_weight(layer, "kernel", {inputs, plan.units}, std::move(kernel));
  if (plan.bias) node.plan().add_weight(layer, "bias", {plan.units}, std::move(*plan.bias));
  Signal out = x.signal;
  const std::size_t gone = out.axes[plan.axis].size();  // how many factors at the end of the memory the units replace
  out.factors.resize(out.factors.size() - gone);
  out.axes[plan.axis] = {out.factors.size()};
  out.factors.push_back(plan.units);
  out.layer = layer;
  out.shape = shape;
  drop_ones(out);
  return out;
}

void gemm(OnnxNodeReader& node) {
  const Signal a = node.signal(0);
  const Constant& b = node.constant(1, "its matrix");
  if (a.rank() != 2 || b.dims.size() != 2) node.refuse("its matrices do not have two axes");
  if (node.integer("transA", 0) != 0) node.refuse("it transposes its input");
  const Constant kernel = node.integer("transB", 0) != 0 ? transposed(b, {1, 0}) : b;
  const double alpha = node.number("alpha", 1.0);
  const double beta = node.number("beta", 1.0);
  if (a.size_of(a.axes[1], node.batch()) != kernel.dims[0]) node.refuse("its matrices do not fit");
  DensePlan plan{.axis = 1, .units = kernel.dims[1], .kernel = kernel.numbers(), .bias = std::nullopt};
  for (double& value : plan.kernel) value *= alpha;
  if (node.has(2) && beta != 0.0) {
    const Constant& bias = node.constant(2, "its bias");
    const bool fits = bias.count() == 1 || (bias.count() == plan.units && bias.dims.back() == plan.units);
    if (!fits) node.refuse("its bias is no vector");
    plan.bias = bias.count() == 1 ? std::vector<double>(static_cast<std::size_t>(plan.units), bias.numbers()[0]) : bias.numbers();
    for (double& value : *plan.bias) value *= beta;
  }
  if (plan.units < 1) node.refuse("its matrix is empty");
  node.give(0, dense(node, a, std::move(plan)));
}

enum class Side { kLeft, kRight };

/// Multiplies x by a matrix: on its right, over the last axis of x, or on its left, over the last axis but one.
void with_matrix(OnnxNodeReader& node, const Signal& x, const Constant& matrix, Side side) {
  const bool is_left = side == Side::kLeft;
  if (matrix.dims.size() != 2 || matrix.count() == 0)
    node.refuse("its constant has the shape " + shape_text(matrix.dims) + "; normrun multiplies by one matrix");
  const Constant kernel = is_left ? transposed(matrix, {1, 0}) : matrix;
  const std::size_t from_end = is_left ? 2 : 1;
  if (x.rank() < from_end) node.refuse("its matrices do not fit");
  const std::size_t axis = x.rank() - from_end;
  if (x.size_of(x.axes[axis], node.batch()) != kernel.dims[0]) node.refuse("its matrices do not fit");
  DensePlan plan{.axis = axis, .units = kernel.dims[1], .kernel = kernel.numbers(), .bias = std::nullopt};
  const bool may_have_bias = !is_left;
  if (may_have_bias) plan.bias = bias_behind(node, plan.units);
  const bool is_absorbed = plan.bias.has_value();
  const Signal out = dense(node, x, std::move(plan));
  node.give(0, out);
  if (is_absorbed) node.graph().set_value(node.graph().sole_reader(node.node().outputs[0])->outputs[0], out);
}

/// Splits factors until all axes but the last two consist of the same factors in both signals.
bool refine_outer(Signal& a, Signal& b) {
  // refine() skips an axis that only one of the two signals has.
  Signal x = a;
  Signal y = b;
  x.axes.insert(x.axes.end(), 2, Signal::Axis{});
  y.axes.insert(y.axes.begin() + static_cast<std::ptrdiff_t>(y.rank()) - 2, 2, Signal::Axis{});
  if (!refine(x, y)) return false;
  x.axes.resize(x.rank() - 2);
  y.axes.erase(y.axes.end() - 4, y.axes.end() - 2);
  a = std::move(x);
  b = std::move(y);
  return true;
}

/// Multiplies two signals: for every place along the other axes, a matrix by a matrix.
void of_signals(OnnxNodeReader& node) {
  Signal a = node.signal(0);
  Signal b = node.signal(1);
  if (a.rank() < 2 || b.rank() < 2) node.refuse("its inputs are no matrices");
  while (a.rank() < b.rank()) a.axes.insert(a.axes.begin(), Signal::Axis{});
  while (b.rank() < a.rank()) b.axes.insert(b.axes.begin(), Signal::Axis{});
  const std::size_t rank = a.rank();
  const auto spread_axes = [&](Signal& x, const Signal& like) {
    std::vector<Index> dims(rank, 1);
    for (std::size_t i = 0; i + 2 < rank; ++i) dims[i] = like.dims(node.batch())[i];
    x = broadcast_to(node, x, dims);
  };
  spread_axes(a, b);
  spread_axes(b, a);
  const auto dims_a = a.dims(node.batch());
  const auto dims_b = b.dims(node.batch());
  if (!std::equal(dims_a.begin(), dims_a.end() - 2, dims_b.begin()) || dims_a[rank - 1] != dims_b[rank - 2])
    node.refuse("its matrices do not fit");
  if (!refine_outer(a, b)) node.refuse("its inputs lie in orders that do not fit");
  std::vector<Signal::Axis> groups_a;
  std::vector<Signal::Axis> groups_b;
  std::vector<Index> factors;
  std::vector<Signal::Axis> axes(rank);
  for (std::size_t axis = 0; axis + 2 < rank; ++axis) {
    for (std::size_t i = 0; i < a.axes[axis].size(); ++i) {
      if (a.axes[axis][i] == Signal::kBatch) {
        axes[axis].push_back(Signal::kBatch);
        continue;
      }
      axes[axis].push_back(groups_a.size());
      factors.push_back(a.factors[a.axes[axis][i]]);
      groups_a.push_back({a.axes[axis][i]});
      groups_b.push_back({b.axes[axis][i]});
    }
  }
  for (std::size_t i = rank - 2; i < rank; ++i) {
    if (a.has_batch(a.axes[i]) || b.has_batch(b.axes[i])) node.refuse("it multiplies over the examples");
    groups_a.push_back(a.axes[i]);
    groups_b.push_back(b.axes[i]);
  }
  const std::string name = node.name();
  const Signal left = node.plan().arranged(a, groups_a, name);
  const Signal right = node.plan().arranged(b, groups_b, name);
  const auto [layer, shape] = node.add("matmul", {left, right});
  axes[rank - 2] = {factors.size()};
  axes[rank - 1] = {factors.size() + 1};
  Signal out{.layer = layer, .shape = shape, .factors = shape, .axes = std::move(axes)};
  drop_ones(out);
  node.give(0, std::move(out));
}

void matmul(OnnxNodeReader& node) {
  if (node.is_constant(1)) return with_matrix(node, node.signal(0), node.constant(1), Side::kRight);
  if (node.is_constant(0)) return with_matrix(node, node.signal(1), node.constant(0), Side::kLeft);
  of_signals(node);
}

}  // namespace

Operations product_operations() { return {{"Gemm", gemm}, {"MatMul", matmul}}; }

}  // namespace normrun::models
