#pragma once

#include <map>
#include <string>

#include "models/onnx_node.hpp"

namespace normrun::models {

/// A function that reads one node of an operation, and adds its layers or its constant.
using Operation = void (*)(OnnxNodeReader&);
using Operations = std::map<std::string, Operation, std::less<>>;

/// Operations whose inputs are all constants: they compute shapes, and what exporters compute from weights.
const Operations& constant_operations();
/// Operations on signals.  They become layers.
const Operations& signal_operations();

// signal_operations() joins the groups below.
Operations elementwise_operations();
Operations window_operations();
Operations norm_operations();
Operations product_operations();
Operations shape_operations();
Operations recurrent_operations();
Operations resize_operations();
// constant_operations() joins the groups below.
Operations constant_arithmetic();
Operations constant_shapes();

}  // namespace normrun::models
