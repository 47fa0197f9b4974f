// Operations that make, join, cut and turn constants.  Exporters compute shapes by them.
#include <algorithm>
#include <cmath>

#include "models/onnx_operations.hpp"
#include "models/onnx_shape_rules.hpp"

namespace normrun::models {
namespace {

/// Returns the tensor that an attribute holds.
Constant of_tensor(const files::OnnxTensor& tensor, const std::string& name) {
  return {.dims = tensor.dims,
          .values = std::make_shared<const std::vector<double>>(files::onnx_values(tensor)),
          .set = number_set(tensor.type),
          .source = &tensor,
          .name = name};
}

void constant(OnnxNodeReader& node) {
  if (const auto* const tensor = node.node().find("value"); tensor != nullptr && tensor->tensor)
    return node.give(0, of_tensor(*tensor->tensor, node.node().outputs.empty() ? "" : node.node().outputs[0]));
  if (const auto* const number = node.node().find("value_float"))
    return node.give(0, computed({}, {static_cast<double>(number->number)}, NumberSet::kReal));
  if (const auto* const whole = node.node().find("value_int"))
    return node.give(0, computed({}, {static_cast<double>(whole->integer)}, NumberSet::kWhole));
  if (const auto* const whole = node.node().find("value_ints")) return node.give(0, whole_numbers(whole->integers));
  if (const auto* const numbers = node.node().find("value_floats")) {
    return node.give(0, computed({static_cast<Index>(numbers->numbers.size())},
                                 std::vector<double>(numbers->numbers.begin(), numbers->numbers.end()), NumberSet::kReal));
  }
  node.refuse("its value is neither numbers nor a tensor");
}

void constant_of_shape(OnnxNodeReader& node) {
  const std::vector<Index> dims = node.constant(0).integers();
  const auto* const value = node.node().find("value");
  const bool has_value = value != nullptr && value->tensor && value->tensor->count == 1;
  const double number = has_value ? files::onnx_values(*value->tensor)[0] : 0.0;
  const NumberSet set = has_value ? number_set(value->tensor->type) : NumberSet::kReal;
  const auto count = static_cast<std::size_t>(checked_count(dims));
  node.give(0, computed(dims, std::vector<double>(count, number), set));
}

/// Returns the same numbers under other dimensions.  The product of the dimensions stays.
Constant constant_under(const Constant& constant, std::vector<Index> dims) {
  Constant out = constant;
  out.dims = std::move(dims);
  return out;
}

void cast(OnnxNodeReader& node) {
  const Constant& x = node.constant(0);
  const auto type = static_cast<files::OnnxType>(node.integer("to", 1));
  const NumberSet set = number_set(type);
  if (set == x.set) return node.give(0, x);
  Constant out = x;
  out.set = set;
  if (set == NumberSet::kWhole) {
    std::vector<double> values(x.numbers().size());
    const bool is_truth = type == files::OnnxType::kBool;
    std::transform(x.numbers().begin(), x.numbers().end(), values.begin(),
                   [&](double value) { return is_truth ? (value != 0.0 ? 1.0 : 0.0) : std::trunc(value); });
    out.values = std::make_shared<const std::vector<double>>(std::move(values));
    out.source = nullptr;
  }
  node.give(0, std::move(out));
}

void range(OnnxNodeReader& node) {
  const auto one = [&](std::size_t input) {
    const Constant& value = node.constant(input);
    if (value.count() != 1) node.refuse("its inputs are not one number each");
    return value.numbers()[0];
  };
  const double start = one(0);
  const double step = one(2);
  if (step == 0.0) node.refuse("its step is 0");
  const double count = std::ceil((one(1) - start) / step);
  if (!(count <= static_cast<double>(kMostComputed))) node.refuse("it would make " + std::to_string(count) + " numbers");
  std::vector<double> values(count > 0.0 ? static_cast<std::size_t>(count) : 0);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = start + static_cast<double>(i) * step;
  const auto size = static_cast<Index>(values.size());
  node.give(0, computed({size}, std::move(values), node.constant(0).set));
}

/// Copies slices of the inputs to the output: `count` runs of `run` numbers at each step of the axis.
void gather_constant(OnnxNodeReader& node) {
  const Constant& x = node.constant(0);
  const Constant& indices = node.constant(1);
  const std::size_t axis = axis_of(node.integer("axis", 0), x.dims.size());
  const std::vector<Index> wanted = indices.integers();
  std::vector<Index> dims(x.dims.begin(), x.dims.begin() + static_cast<std::ptrdiff_t>(axis));
  dims.insert(dims.end(), indices.dims.begin(), indices.dims.end());
  dims.insert(dims.end(), x.dims.begin() + static_cast<std::ptrdiff_t>(axis) + 1, x.dims.end());
  const Index size = x.dims[axis];
  Index inner = 1;
  for (std::size_t i = axis + 1; i < x.dims.size(); ++i) inner *= x.dims[i];
  const Index outer = size * inner == 0 ? 0 : x.count() / (size * inner);
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(checked_count(dims)));
  for (Index o = 0; o < outer; ++o) {
    for (const Index index : wanted) {
      const Index at = index < 0 ? index + size : index;
      if (at < 0 || at >= size) node.refuse("index " + std::to_string(index) + " is beyond " + std::to_string(size) + " entries");
      const auto first = x.numbers().begin() + static_cast<std::ptrdiff_t>((o * size + at) * inner);
      values.insert(values.end(), first, first + static_cast<std::ptrdiff_t>(inner));
    }
  }
  node.give(0, computed(std::move(dims), std::move(values), x.set));
}

void concat_constants(OnnxNodeReader& node) {
  std::vector<const Constant*> parts;
  parts.reserve(node.node().inputs.size());
  for (std::size_t i = 0; i < node.node().inputs.size(); ++i) parts.push_back(&node.constant(i));
  if (parts.empty()) node.refuse("it has no input");
  std::vector<Index> dims = parts[0]->dims;
  const std::size_t axis = axis_of(node.integer("axis", 0), dims.size());
  Index inner = 1;
  Index outer = 1;
  for (std::size_t i = 0; i < dims.size(); ++i) (i < axis ? outer : inner) *= i == axis ? 1 : dims[i];
  dims[axis] = 0;
  for (const Constant* const part : parts) {
    if (part->dims.size() != dims.size() || part->count() != outer * inner * part->dims[axis]) node.refuse("its inputs' shapes do not fit");
    dims[axis] += part->dims[axis];
  }
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(checked_count(dims)));
  for (Index o = 0; o < outer; ++o) {
    for (const Constant* const part : parts) {
      const Index run = part->dims[axis] * inner;
      const auto first = part->numbers().begin() + static_cast<std::ptrdiff_t>(o * run);
      values.insert(values.end(), first, first + static_cast<std::ptrdiff_t>(run));
    }
  }
  node.give(0, computed(std::move(dims), std::move(values), parts[0]->set));
}

/// Returns every step-th entry of an axis, as the slice says.
Constant cut_constant(const Constant& x, std::size_t axis, const AxisSlice& slice) {
  std::vector<Index> dims = x.dims;
  Index inner = 1;
  for (std::size_t i = axis + 1; i < dims.size(); ++i) inner *= dims[i];
  const Index size = dims[axis];
  const Index outer = size * inner == 0 ? 0 : x.count() / (size * inner);
  dims[axis] = slice.count;
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(outer * inner * slice.count));
  for (Index o = 0; o < outer; ++o) {
    for (Index i = 0; i < slice.count; ++i) {
      const auto first = x.numbers().begin() + static_cast<std::ptrdiff_t>((o * size + slice.start + i * slice.step) * inner);
      values.insert(values.end(), first, first + static_cast<std::ptrdiff_t>(inner));
    }
  }
  return computed(std::move(dims), std::move(values), x.set);
}

void slice_constant(OnnxNodeReader& node) {
  Constant x = node.constant(0);
  for (const AxisSlice& slice : slices_of(node, x.dims)) x = cut_constant(x, slice.axis, slice);
  node.give(0, std::move(x));
}

void split_constant(OnnxNodeReader& node) {
  const Constant& x = node.constant(0);
  const std::vector<AxisSlice> parts = parts_of(node, x.dims);
  for (std::size_t i = 0; i < parts.size(); ++i) node.give(i, cut_constant(x, parts[i].axis, parts[i]));
}

void tile(OnnxNodeReader& node) {
  const Constant& x = node.constant(0);
  const std::vector<Index> repeats = node.constant(1).integers();
  if (repeats.size() != x.dims.size()) node.refuse("it does not name a repeat for each axis");
  std::vector<Index> dims(repeats.size());
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (repeats[i] < 0 || repeats[i] > kMostComputed) node.refuse("it repeats an axis " + std::to_string(repeats[i]) + " times");
    dims[i] = repeats[i] * x.dims[i];
  }
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(checked_count(dims)));
  each_place(dims, [&](const std::vector<Index>& at) {
    Index place = 0;
    for (std::size_t i = 0; i < at.size(); ++i) place = place * x.dims[i] + at[i] % x.dims[i];
    values.push_back(x.numbers()[static_cast<std::size_t>(place)]);
  });
  node.give(0, computed(std::move(dims), std::move(values), x.set));
}

void expand(OnnxNodeReader& node) {
  const auto dims = broadcast_dims(node.constant(0).dims, node.constant(1).integers());
  if (!dims) node.refuse("its shapes do not fit");
  node.give(0, expanded(node.constant(0), *dims));
}

}  // namespace

Operations constant_shapes() {
  return {
      {"Constant", constant},
      {"ConstantOfShape", constant_of_shape},
      {"Identity", [](OnnxNodeReader& node) { node.give(0, node.constant(0)); }},
      {"Dropout", [](OnnxNodeReader& node) { node.give(0, node.constant(0)); }},
      {"CastLike", [](OnnxNodeReader& node) { node.give(0, node.constant(0)); }},
      {"Shape", [](OnnxNodeReader& node) { give_shape(node, node.constant(0).dims); }},
      {"Size",
       [](OnnxNodeReader& node) { node.give(0, computed({}, {static_cast<double>(node.constant(0).count())}, NumberSet::kWhole)); }},
      {"Cast", cast},
      {"Range", range},
      {"Gather", gather_constant},
      {"Concat", concat_constants},
      {"Slice", slice_constant},
      {"Split", split_constant},
      {"Tile", tile},
      {"Expand", expand},
      {"Squeeze", [](OnnxNodeReader& node) { node.give(0, constant_under(node.constant(0), squeezed(node, node.constant(0).dims))); }},
      {"Unsqueeze", [](OnnxNodeReader& node) { node.give(0, constant_under(node.constant(0), unsqueezed(node, node.constant(0).dims))); }},
      {"Reshape", [](OnnxNodeReader& node) { node.give(0, constant_under(node.constant(0), reshaped(node, node.constant(0).dims))); }},
      {"Flatten", [](OnnxNodeReader& node) { node.give(0, constant_under(node.constant(0), flattened(node, node.constant(0).dims))); }},
      {"Transpose",
       [](OnnxNodeReader& node) { node.give(0, transposed(node.constant(0), order_of_axes(node, node.constant(0).dims.size()))); }},
  };
}

}  // namespace normrun::models
