// Arithmetic on constants, element by element and over axes.
#include <algorithm>
#include <cmath>

#include "core/elementary.hpp"
#include "models/onnx_operations.hpp"

namespace normrun::models {
namespace {

template <class F>
void give_binary(OnnxNodeReader& node, const F& f) {
  const Constant& a = node.constant(0);
  const Constant& b = node.constant(1);
  node.give(0, combined(a, b, a.set, f));
}

template <class F>
void give_truth(OnnxNodeReader& node, const F& f) {
  node.give(0, combined(node.constant(0), node.constant(1), NumberSet::kWhole, [&](double a, double b) { return f(a, b) ? 1.0 : 0.0; }));
}

template <class F>
void give_unary(OnnxNodeReader& node, const F& f) {
  const Constant& x = node.constant(0);
  std::vector<double> values(x.numbers().size());
  std::transform(x.numbers().begin(), x.numbers().end(), values.begin(), f);
  node.give(0, Constant{.dims = x.dims, .values = std::make_shared<const std::vector<double>>(std::move(values)), .set = x.set});
}

double power_of(double base, double exponent) {
  if (exponent == 0.5) return std::sqrt(base);
  if (exponent == -0.5) return 1.0 / std::sqrt(base);
  if (exponent == std::floor(exponent) && std::abs(exponent) < 64.0) {
    const double whole = math::power(base, static_cast<std::uint64_t>(std::abs(exponent)));
    return exponent < 0.0 ? 1.0 / whole : whole;
  }
  return math::exp(exponent * math::log(base));
}

double quotient(double a, double b, NumberSet set) {
  if (set == NumberSet::kReal) return a / b;
  return b == 0.0 ? 0.0 : std::trunc(a / b);
}

/// Returns the remainder of a division.  With like_c its sign is that of the dividend, as in fmod; otherwise it is that of the divisor, as
/// in Python.
double remainder_of(double a, double b, Index like_c) {
  if (b == 0.0) return 0.0;
  const double rest = std::fmod(a, b);
  return like_c != 0 || rest == 0.0 || (rest < 0.0) == (b < 0.0) ? rest : rest + b;
}

void where(OnnxNodeReader& node) {
  const Constant& condition = node.constant(0);
  const Constant& yes = node.constant(1);
  const Constant& no = node.constant(2);
  auto dims = broadcast_dims(yes.dims, no.dims);
  if (dims) dims = broadcast_dims(*dims, condition.dims);
  if (!dims) node.refuse("its inputs' shapes do not fit");
  const Constant all = expanded(condition, *dims);
  const Constant chosen = expanded(yes, *dims);
  const Constant other = expanded(no, *dims);
  std::vector<double> values(all.numbers().size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = all.numbers()[i] != 0.0 ? chosen.numbers()[i] : other.numbers()[i];
  node.give(0, computed(*dims, std::move(values), yes.set));
}

enum class Reduction { kSum, kMean, kProduct, kLargest, kSmallest };

/// Reduces over the axes that an input or an attribute names, or over all axes if neither does.
void reduce_constant(OnnxNodeReader& node, Reduction reduction) {
  const Constant& x = node.constant(0);
  const auto given = node.integers(1, "axes");
  const bool keeps = node.integer("keepdims", 1) != 0;
  std::vector<bool> is_reduced(x.dims.size(), !given || given->empty());
  if (given) {
    for (const Index axis : *given) is_reduced[axis_of(axis, x.dims.size())] = true;
  }
  if (given && given->empty() && node.integer("noop_with_empty_axes", 0) != 0) return node.give(0, x);
  std::vector<Index> dims;
  std::vector<Index> steps(x.dims.size(), 0);
  Index step = 1;
  for (std::size_t axis = x.dims.size(); axis-- > 0;) {
    if (is_reduced[axis]) continue;
    steps[axis] = step;
    step *= x.dims[axis];
  }
  for (std::size_t axis = 0; axis < x.dims.size(); ++axis) {
    if (!is_reduced[axis])
      dims.push_back(x.dims[axis]);
    else if (keeps)
      dims.push_back(1);
  }
  const double start = reduction == Reduction::kProduct    ? 1.0
                       : reduction == Reduction::kLargest  ? -HUGE_VAL
                       : reduction == Reduction::kSmallest ? HUGE_VAL
                                                           : 0.0;
  std::vector<double> values(static_cast<std::size_t>(step), start);
  std::size_t next = 0;
  each_place(x.dims, [&](const std::vector<Index>& at) {
    std::size_t place = 0;
    for (std::size_t axis = 0; axis < at.size(); ++axis) place += static_cast<std::size_t>(at[axis] * steps[axis]);
    const double value = x.numbers()[next++];
    double& own = values[place];
    own = reduction == Reduction::kProduct    ? own * value
          : reduction == Reduction::kLargest  ? std::max(own, value)
          : reduction == Reduction::kSmallest ? std::min(own, value)
                                              : own + value;
  });
  if (reduction == Reduction::kMean) {
    for (double& value : values) value /= static_cast<double>(x.numbers().size()) / static_cast<double>(step);
  }
  node.give(0, computed(std::move(dims), std::move(values), x.set));
}

}  // namespace

Operations constant_arithmetic() {
  return {
      {"Add", [](OnnxNodeReader& node) { give_binary(node, [](double a, double b) { return a + b; }); }},
      {"Sub", [](OnnxNodeReader& node) { give_binary(node, [](double a, double b) { return a - b; }); }},
      {"Mul", [](OnnxNodeReader& node) { give_binary(node, [](double a, double b) { return a * b; }); }},
      {"Div",
       [](OnnxNodeReader& node) {
         const NumberSet set = node.constant(0).set;
         give_binary(node, [set](double a, double b) { return quotient(a, b, set); });
       }},
      {"Mod",
       [](OnnxNodeReader& node) {
         const Index like_c = node.integer("fmod", 0);
         give_binary(node, [like_c](double a, double b) { return remainder_of(a, b, like_c); });
       }},
      {"Pow", [](OnnxNodeReader& node) { give_binary(node, power_of); }},
      {"Min", [](OnnxNodeReader& node) { give_binary(node, [](double a, double b) { return std::min(a, b); }); }},
      {"Max", [](OnnxNodeReader& node) { give_binary(node, [](double a, double b) { return std::max(a, b); }); }},
      {"Equal", [](OnnxNodeReader& node) { give_truth(node, [](double a, double b) { return a == b; }); }},
      {"Less", [](OnnxNodeReader& node) { give_truth(node, [](double a, double b) { return a < b; }); }},
      {"LessOrEqual", [](OnnxNodeReader& node) { give_truth(node, [](double a, double b) { return a <= b; }); }},
      {"Greater", [](OnnxNodeReader& node) { give_truth(node, [](double a, double b) { return a > b; }); }},
      {"GreaterOrEqual", [](OnnxNodeReader& node) { give_truth(node, [](double a, double b) { return a >= b; }); }},
      {"And", [](OnnxNodeReader& node) { give_truth(node, [](double a, double b) { return a != 0.0 && b != 0.0; }); }},
      {"Or", [](OnnxNodeReader& node) { give_truth(node, [](double a, double b) { return a != 0.0 || b != 0.0; }); }},
      {"Not", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return x == 0.0 ? 1.0 : 0.0; }); }},
      {"Neg", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return -x; }); }},
      {"Abs", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return std::abs(x); }); }},
      {"Sqrt", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return std::sqrt(x); }); }},
      {"Reciprocal", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return 1.0 / x; }); }},
      {"Exp", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return math::exp(x); }); }},
      {"Log", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return math::log(x); }); }},
      {"Floor", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return std::floor(x); }); }},
      {"Ceil", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return std::ceil(x); }); }},
      {"Sin", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return math::sin(x); }); }},
      {"Cos", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return math::cos(x); }); }},
      {"Sigmoid", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return math::sigmoid(x); }); }},
      {"Tanh", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return math::tanh(x); }); }},
      {"Relu", [](OnnxNodeReader& node) { give_unary(node, [](double x) { return std::max(x, 0.0); }); }},
      {"Where", where},
      {"ReduceSum", [](OnnxNodeReader& node) { reduce_constant(node, Reduction::kSum); }},
      {"ReduceMean", [](OnnxNodeReader& node) { reduce_constant(node, Reduction::kMean); }},
      {"ReduceProd", [](OnnxNodeReader& node) { reduce_constant(node, Reduction::kProduct); }},
      {"ReduceMax", [](OnnxNodeReader& node) { reduce_constant(node, Reduction::kLargest); }},
      {"ReduceMin", [](OnnxNodeReader& node) { reduce_constant(node, Reduction::kSmallest); }},
  };
}

}  // namespace normrun::models
