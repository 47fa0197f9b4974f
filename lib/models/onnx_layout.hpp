#pragma once

#include <vector>

#include "models/onnx_node.hpp"

namespace normrun::models {

/// Returns a group for each factor, which describes the memory as it is.
std::vector<Signal::Axis> single_groups(const Signal& signal);
/// Returns the signal with the axis as a single factor.  This needs a layer, unless the axis's factors already lie side by side.
Signal gathered_axis(OnnxNodeReader& node, const Signal& signal, std::size_t axis);

/// A signal whose memory ends in the numbers along an axis: its shape is (other factors…, axis).  Number i along the axis is entry order[i]
/// of the file's axis; if `order` is empty, it is entry i.
struct ChannelsLast {
  Signal signal;
  std::vector<Index> order;
};
/// Moves the axes to the end of the memory.  If they are there already, in any order, this needs no layer.
ChannelsLast channels_last(OnnxNodeReader& node, const Signal& signal, const std::vector<std::size_t>& axes);

/// Returns the numbers in the given order: out[i] = values[order[i]]; an empty order keeps them as they are.
std::vector<double> reordered(const std::vector<double>& values, const std::vector<Index>& order);

/// Repeats the signal along axes of size 1, to dimensions that fit its own by the rule of broadcasting.
Signal broadcast_to(OnnxNodeReader& node, const Signal& signal, const std::vector<Index>& dims);

/// Two signals that an operation on elements can read: equal axes lie in the same order in both memories, but nothing is broadcast yet.
struct Aligned {
  Signal a;
  Signal b;
};
Aligned aligned(OnnxNodeReader& node, const Signal& a, const Signal& b);

/// A constant as numbers for the last factors of a signal's memory: number i belongs to place i along these factors.  The signal must have
/// every axis along which the constant varies, which broadcast_to provides.
struct SuffixNumbers {
  std::vector<double> values;  // a single number if the constant is one number
  std::size_t factors = 0;     // how many of the last factors the numbers span
};
SuffixNumbers suffix_numbers(OnnxNodeReader& node, const Constant& constant, const Signal& signal);

/// Adds a constant to the signal, element by element (onnx_elementwise.cpp).
Signal plus_constant(OnnxNodeReader& node, const Signal& signal, const Constant& constant);

}  // namespace normrun::models
