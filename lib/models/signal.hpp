#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::models {

/// The numbers that a tensor of a file's graph has for one example, and where a layer of the network holds them.
///
/// The file's tensor has axes; the network has rows of numbers.  Factors connect the two: the memory of an example is a list of factors,
/// whose last one runs fastest, and each axis is a product of some of them.  A transposed tensor has its axes in another order, and a
/// reshaped one has regrouped or split factors, so neither operation needs a layer.  Only a layer that wants its numbers in a certain order
/// makes one necessary.
///
/// Example: the output of a convolution, (n, 16, 4, 4), lies channels last.  Its factors are 4, 4, 16, and its axes {batch}, {2}, {0}, {1}.
struct Signal {
  static constexpr std::size_t kBatch = static_cast<std::size_t>(-1);  // stands for the examples in an axis; no factor of the memory
  using Axis = std::vector<std::size_t>;  // indices of factors, the last of which runs fastest; empty if the axis has size 1

  std::string layer;           // the layer whose output it is; "input": the network's input
  std::vector<Index> shape;    // the shape of the layer's output
  std::vector<Index> factors;  // the sizes of the factors, in the order of memory
  std::vector<Axis> axes;

  std::size_t rank() const { return axes.size(); }
  Index size() const;  // how many numbers an example has
  bool has_batch(const Axis& axis) const;
  /// Returns the size of an axis.  The batch in it counts as `batch`.
  Index size_of(const Axis& axis, Index batch) const;
  std::vector<Index> dims(Index batch) const;
  /// Returns the axis that has the batch among its factors.
  std::size_t batch_axis() const;
  /// Returns whether the axis consists of the batch alone.
  bool is_batch(std::size_t axis) const { return axes[axis].size() == 1 && axes[axis][0] == kBatch; }
  /// Returns the factors of an axis without the batch.
  Axis own_factors(std::size_t axis) const;
};

/// Divides a factor into an outer and an inner one.
void split_factor(Signal& signal, std::size_t factor, Index outer);

/// Returns the signal under other dimensions with the same product; nothing if its factors cannot be divided into these dimensions.
std::optional<Signal> regrouped(Signal signal, const std::vector<Index>& dims, Index batch);

/// Splits factors until axes of equal sizes consist of factors of equal sizes in both signals.  Returns false if that
/// is impossible.  Both signals must have the same rank.
bool refine(Signal& a, Signal& b);

/// Returns the output of a layer as a signal, with one factor for each dimension of `shape`.  `axes` says for each axis which dimension it
/// is; kBatch stands for the batch.
Signal signal_of(std::string layer, const std::vector<Index>& shape, const std::vector<std::size_t>& axes);

/// Removes factors of size 1.
void drop_ones(Signal& signal);

}  // namespace normrun::models
