#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::models {

/// The numbers that one tensor of a file's graph has for an example, and where a layer of the network holds them.
///
/// The file's tensor has axes; the network has rows of numbers.  The bridge between both are factors: each axis is a product of factors,
/// and the memory of an example is a list of them, the last one running fastest.  To transpose a tensor is to reorder its axes, and to
/// reshape it is to regroup or split factors, so neither needs a layer.  Only a layer that wants its numbers in a certain order makes one.
///
/// Example: a convolution's output (n, 16, 4, 4) lies channels last: factors 4, 4, 16; axes {batch}, {2}, {0}, {1}.
struct Signal {
  static constexpr std::size_t kBatch = static_cast<std::size_t>(-1);  // the factor that counts examples; memory does not have it
  using Axis = std::vector<std::size_t>;                               // factors, the last one running fastest; none: the axis has size 1

  std::string layer;           // whose output it is; "input": the network's input
  std::vector<Index> shape;    // of that output
  std::vector<Index> factors;  // their sizes, in the order of memory
  std::vector<Axis> axes;

  std::size_t rank() const { return axes.size(); }
  Index size() const;  // numbers of an example
  bool has_batch(const Axis& axis) const;
  /// Returns the size of an axis, in which the batch counts as `batch`.
  Index size_of(const Axis& axis, Index batch) const;
  std::vector<Index> dims(Index batch) const;
  /// Returns the axis that has the batch among its factors.
  std::size_t batch_axis() const;
  /// Returns whether the axis is the batch and nothing else.
  bool is_batch(std::size_t axis) const { return axes[axis].size() == 1 && axes[axis][0] == kBatch; }
  /// Returns the factors of an axis without the batch.
  Axis own_factors(std::size_t axis) const;
};

/// Divides a factor into an outer and an inner one.
void split_factor(Signal& signal, std::size_t factor, Index outer);

/// Returns the signal under other dimensions, which have the same product; nothing if its factors cannot be divided so.
std::optional<Signal> regrouped(Signal signal, const std::vector<Index>& dims, Index batch);

/// Splits factors until axes of equal size consist of factors of equal sizes in both signals.  Returns false if that is impossible.  Both
/// must have the same rank.
bool refine(Signal& a, Signal& b);

/// Returns the signal of a layer's output, with one factor for each dimension of `shape`.  `axes` says which dimension each axis is; kBatch
/// stands for the batch.
Signal signal_of(std::string layer, const std::vector<Index>& shape, const std::vector<std::size_t>& axes);

/// Removes factors of size 1.
void drop_ones(Signal& signal);

}  // namespace normrun::models
