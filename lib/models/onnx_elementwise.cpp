// Operations on each element: activations, and sums and products with constants or with other signals.
#include <algorithm>
#include <cmath>

#include "models/onnx_layout.hpp"
#include "models/onnx_operations.hpp"
#include "models/onnx_patterns.hpp"

namespace normrun::models {
namespace {

/// Adds an activation that has no options.
template <const char* kType>
void activation(OnnxNodeReader& node) {
  node.give(0, node.elementwise(kType, node.signal(0)));
}

constexpr char kRelu[] = "relu";
constexpr char kTanh[] = "tanh";
constexpr char kSigmoid[] = "sigmoid";
constexpr char kHardSwish[] = "hard_swish";
constexpr char kSoftplus[] = "softplus";

/// Returns x times `scale`, plus `offset`.
Signal rescaled(OnnxNodeReader& node, const Signal& x, double scale, double offset) {
  if (scale == 1.0 && offset == 0.0) return x;
  OptionsText options;
  if (scale != 1.0) options.number("scale", scale);
  if (offset != 0.0) options.number("offset", offset);
  return node.elementwise("rescaling", x, options);
}

/// Returns the signal in memory where its last `count` factors are one dimension, and every other factor is a dimension of its own.
Signal with_joined_suffix(OnnxNodeReader& node, const Signal& signal, std::size_t count) {
  std::vector<Signal::Axis> groups = single_groups(signal);
  Signal::Axis last;
  for (std::size_t f = signal.factors.size() - count; f < signal.factors.size(); ++f) last.push_back(f);
  groups.resize(signal.factors.size() - count);
  groups.push_back(last);
  return node.plan().arranged(signal, groups, node.name());
}

/// What a constant does to a signal: it multiplies the signal, or is added to it.
enum class Effect { kScale, kOffset };

/// Returns x times a constant, or x plus a constant.
Signal with_constant(OnnxNodeReader& node, const Signal& signal, const Constant& constant, Effect effect, double (*change)(double)) {
  const Signal x = broadcast_to(node, signal, constant.dims);
  SuffixNumbers numbers = suffix_numbers(node, constant, x);
  // A constant that the program's text gave was rounded to float by the exporter; the shortest decimal brings it back.  A trained number is
  // exactly what the file holds.
  const bool is_of_text = numbers.factors == 0 && constant.source != nullptr && node.graph().producer(constant.name) != nullptr;
  if (is_of_text) numbers.values[0] = shortest(static_cast<float>(numbers.values[0]));
  for (double& value : numbers.values) value = change(value);
  if (numbers.factors == 0)
    return effect == Effect::kScale ? rescaled(node, x, numbers.values[0], 0.0) : rescaled(node, x, 1.0, numbers.values[0]);
  const Signal in = with_joined_suffix(node, x, numbers.factors);
  OptionsText options;
  options.flag(effect == Effect::kScale ? "center" : "scale", false);
  Signal out = node.elementwise("affine", in, options);
  const auto count = static_cast<Index>(numbers.values.size());
  node.plan().add_weight(out.layer, effect == Effect::kScale ? "gamma" : "beta", {count}, std::move(numbers.values));
  return out;
}

double same(double x) { return x; }
double negative(double x) { return -x; }
double reciprocal(double x) { return 1.0 / x; }

/// Joins two signals by a layer of the given type: add or multiply.
Signal joined(OnnxNodeReader& node, const std::string& type, const Signal& first, const Signal& second) {
  const auto [a, b] = aligned(node, first, second);
  Signal out = a;
  const auto [layer, shape] = node.add(type, {a, b});
  out.layer = layer;
  out.shape = shape;
  return out;
}

/// Returns the product of two signals if one of them is a gate, which has only the channels of the other: a multiply layer then repeats it
/// by itself.  Returns nothing for other signals.
std::optional<Signal> gated(OnnxNodeReader& node, const Signal& first, const Signal& second) {
  Signal large = first;
  Signal gate = second;
  if (large.rank() != gate.rank()) return std::nullopt;
  if (large.size() < gate.size()) std::swap(large, gate);
  if (large.size() == gate.size() || gate.factors.empty() || !refine(large, gate)) return std::nullopt;
  std::vector<std::size_t> of_gate(large.factors.size(), Signal::kBatch);
  std::size_t shared = 0;
  for (std::size_t axis = 0; axis < large.rank(); ++axis) {
    if (gate.axes[axis].empty()) continue;
    for (std::size_t i = 0; i < large.axes[axis].size(); ++i) {
      if (large.axes[axis][i] == Signal::kBatch) continue;
      of_gate[large.axes[axis][i]] = gate.axes[axis][i];
      ++shared;
    }
  }
  const std::size_t first_channel = large.factors.size() - shared;
  Signal::Axis channels;
  Signal::Axis own;
  for (std::size_t f = 0; f < large.factors.size(); ++f) {
    if ((of_gate[f] != Signal::kBatch) != (f >= first_channel)) return std::nullopt;
    if (f < first_channel) continue;
    channels.push_back(f);
    own.push_back(of_gate[f]);
  }
  std::vector<Signal::Axis> groups = single_groups(large);
  groups.resize(first_channel);
  groups.push_back(channels);
  large = node.plan().arranged(large, groups, node.name());
  gate = node.plan().arranged(gate, {own}, node.name());
  const auto [layer, shape] = node.add("multiply", {large, gate});
  large.layer = layer;
  large.shape = shape;
  return large;
}

Signal product(OnnxNodeReader& node, const Signal& a, const Signal& b) {
  if (auto out = gated(node, a, b)) return *out;
  return joined(node, "multiply", a, b);
}

void add(OnnxNodeReader& node) {
  if (node.is_constant(0)) return node.give(0, with_constant(node, node.signal(1), node.constant(0), Effect::kOffset, same));
  if (node.is_constant(1)) return node.give(0, with_constant(node, node.signal(0), node.constant(1), Effect::kOffset, same));
  node.give(0, joined(node, "add", node.signal(0), node.signal(1)));
}

void subtract(OnnxNodeReader& node) {
  if (node.is_constant(1)) return node.give(0, with_constant(node, node.signal(0), node.constant(1), Effect::kOffset, negative));
  const Signal minus = rescaled(node, node.signal(1), -1.0, 0.0);
  if (node.is_constant(0)) return node.give(0, with_constant(node, minus, node.constant(0), Effect::kOffset, same));
  node.give(0, joined(node, "add", node.signal(0), minus));
}

void multiply(OnnxNodeReader& node) {
  if (read_layer_norm(node)) return;
  if (node.is_constant(0)) return node.give(0, with_constant(node, node.signal(1), node.constant(0), Effect::kScale, same));
  if (node.is_constant(1)) return node.give(0, with_constant(node, node.signal(0), node.constant(1), Effect::kScale, same));
  node.give(0, product(node, node.signal(0), node.signal(1)));
}

Signal mapped(OnnxNodeReader& node, const Signal& x, const char* function) {
  OptionsText options;
  options.word("function", function);
  return node.elementwise("math", x, options);
}

template <const char* kFunction>
void math_function(OnnxNodeReader& node) {
  node.give(0, mapped(node, node.signal(0), kFunction));
}

constexpr char kAbs[] = "abs";
constexpr char kExp[] = "exp";
constexpr char kLog[] = "log";
constexpr char kSqrt[] = "sqrt";
constexpr char kErf[] = "erf";
constexpr char kReciprocal[] = "reciprocal";

void divide(OnnxNodeReader& node) {
  if (read_layer_norm(node)) return;
  if (node.is_constant(1)) return node.give(0, with_constant(node, node.signal(0), node.constant(1), Effect::kScale, reciprocal));
  const Signal inverse = mapped(node, node.signal(1), kReciprocal);
  if (node.is_constant(0)) return node.give(0, with_constant(node, inverse, node.constant(0), Effect::kScale, same));
  node.give(0, product(node, node.signal(0), inverse));
}

void power(OnnxNodeReader& node) {
  const Signal x = node.signal(0);
  const Constant& exponent = node.constant(1, "its exponent");
  if (exponent.count() != 1) node.refuse("its exponent is not one number");
  const double number = exponent.numbers()[0];
  if (number == 1.0) return node.give(0, x);
  if (number == 0.5) return node.give(0, mapped(node, x, kSqrt));
  if (number == -1.0) return node.give(0, mapped(node, x, kReciprocal));
  if (number != 2.0 && number != 3.0) node.refuse("it raises to the power " + std::to_string(number));
  const Signal square = joined(node, "multiply", x, x);
  node.give(0, number == 2.0 ? square : joined(node, "multiply", square, x));
}

void leaky_relu(OnnxNodeReader& node) {
  OptionsText options;
  options.number("negative_slope", node.number("alpha", 0.01));
  node.give(0, node.elementwise("leaky_relu", node.signal(0), options));
}

void elu(OnnxNodeReader& node) {
  OptionsText options;
  options.number("alpha", node.number("alpha", 1.0));
  node.give(0, node.elementwise("elu", node.signal(0), options));
}

/// Selu is an elu times a constant.  The defaults are those of the operation's definition.
void selu(OnnxNodeReader& node) {
  OptionsText options;
  options.number("alpha", node.number("alpha", 1.67326319217681884765625));
  const Signal elu = node.elementwise("elu", node.signal(0), options);
  node.give(0, rescaled(node, elu, node.number("gamma", 1.05070102214813232421875), 0.0));
}

Signal clipped(OnnxNodeReader& node, const Signal& x, std::optional<double> low, std::optional<double> high) {
  if (low == 0.0 && !high) return node.elementwise("relu", x);
  if (low == 0.0 && high == 6.0) return node.elementwise("relu6", x);
  OptionsText options;
  if (low) options.number("min_value", *low);
  if (high) options.number("max_value", *high);
  return node.elementwise("clip", x, options);
}

/// Returns a limit.  A missing one, NaN, and the largest number mean that there is no limit.
std::optional<double> limit(const std::optional<double>& value) {
  constexpr double kLargest = 3.0e38;
  return value && std::abs(*value) < kLargest ? value : std::nullopt;
}

void clip(OnnxNodeReader& node) { node.give(0, clipped(node, node.signal(0), limit(node.number(1, "min")), limit(node.number(2, "max")))); }

void hard_sigmoid(OnnxNodeReader& node) {
  const double alpha = node.number("alpha", 0.2);
  const double beta = node.number("beta", 0.5);
  if (beta != 0.5 || alpha <= 0.0) return node.give(0, clipped(node, rescaled(node, node.signal(0), alpha, beta), 0.0, 1.0));
  OptionsText options;
  options.number("slope", std::abs(alpha - 1.0 / 6.0) < 1e-7 ? 1.0 / 6.0 : alpha);
  node.give(0, node.elementwise("hard_sigmoid", node.signal(0), options));
}

void gelu(OnnxNodeReader& node) {
  OptionsText options;
  options.word("approximate", node.text("approximate", "none"));
  node.give(0, node.elementwise("gelu", node.signal(0), options));
}

void prelu(OnnxNodeReader& node) {
  const Signal x = node.signal(0);
  const Constant& slope = node.constant(1, "its slope");
  SuffixNumbers numbers = suffix_numbers(node, slope, x);
  const Signal in = with_joined_suffix(node, x, numbers.factors);
  OptionsText options;
  options.word("slopes", numbers.factors == 0 ? "one" : "per-channel");
  const Signal out = node.elementwise("prelu", in, options);
  const auto count = static_cast<Index>(numbers.values.size());
  node.plan().add_weight(out.layer, "alpha", {count}, std::move(numbers.values));
  node.give(0, out);
}

/// Returns the softmax of the node's input over the axis that the node names.
Signal softmax_of(OnnxNodeReader& node) {
  const Signal x = node.signal(0);
  constexpr Index kSinceOneAxis = 13;  // in older opsets the operation took the axis and all axes behind it as one
  const bool is_one_axis = node.graph().opset() >= kSinceOneAxis;
  const std::size_t axis = axis_of(node.integer("axis", is_one_axis ? -1 : 1), x.rank());
  std::vector<std::size_t> axes{axis};
  for (std::size_t i = axis + 1; i < x.rank() && !is_one_axis; ++i) axes.push_back(i);
  const ChannelsLast in = channels_last(node, x, axes);
  return node.elementwise("softmax", in.signal);
}

void softmax(OnnxNodeReader& node) { node.give(0, softmax_of(node)); }
void log_softmax(OnnxNodeReader& node) { node.give(0, mapped(node, softmax_of(node), kLog)); }

}  // namespace

Signal plus_constant(OnnxNodeReader& node, const Signal& signal, const Constant& constant) {
  return with_constant(node, signal, constant, Effect::kOffset, same);
}

Operations elementwise_operations() {
  return {
      {"Relu", activation<kRelu>},
      {"Tanh", activation<kTanh>},
      {"Sigmoid", activation<kSigmoid>},
      {"HardSwish", activation<kHardSwish>},
      {"Softplus", activation<kSoftplus>},
      {"LeakyRelu", leaky_relu},
      {"Elu", elu},
      {"Selu", selu},
      {"Clip", clip},
      {"HardSigmoid", hard_sigmoid},
      {"Gelu", gelu},
      {"PRelu", prelu},
      {"Softmax", softmax},
      {"LogSoftmax", log_softmax},
      {"Add", add},
      {"Sub", subtract},
      {"Mul", multiply},
      {"Div", divide},
      {"Pow", power},
      {"Abs", math_function<kAbs>},
      {"Exp", math_function<kExp>},
      {"Log", math_function<kLog>},
      {"Sqrt", math_function<kSqrt>},
      {"Erf", math_function<kErf>},
      {"Reciprocal", math_function<kReciprocal>},
      {"Neg", [](OnnxNodeReader& node) { node.give(0, rescaled(node, node.signal(0), -1.0, 0.0)); }},
  };
}

}  // namespace normrun::models
