#pragma once

#include <vector>

#include "nn/layer.hpp"
#include "nn/layers/valid_prefix.hpp"

namespace normrun::nn::layers {

/// The axes of an example that layer normalization and RMS normalization normalize together.  They turn an example into rows: one row for
/// each place along the other axes, with the features along the normalized axes.  Rows and features follow the order of the example's own
/// axes.
class NormalizedAxes {
 public:
  /// axes: 1 is the first axis of an example, and -1 the last; 0 would be the batch.  Throws Error(kUsage) for axes that the input does not
  /// have.
  NormalizedAxes(const std::vector<Index>& axes, const Blueprint& blueprint);

  const std::vector<Index>& shape() const { return shape_; }  // the sizes of the normalized axes, in ascending order of the axes
  Index features() const { return features_; }
  Index rows_of_example() const { return rows_; }
  /// Whether the rows lie one after another in x, which they do if the normalized axes are the last ones.
  bool are_last() const { return sources_.empty(); }
  /// Whether the steps of a sequence (steps, channels) are among the features.
  bool hold_steps() const { return steps_ > 0; }
  /// The numbers of valid steps in the rows of padded sequences.  Call it only if hold_steps().
  ValidPrefix valid(const Index* lengths) const { return {lengths, rows_, features_ / steps_}; }

  /// `gather` copies the examples of x into rows, and `scatter` copies rows back into examples.
  template <class T>
  void gather(const T* x, Index examples, T* rows) const {
    for (Index example = 0; example < examples; ++example, x += sources_.size()) {
      for (const Index source : sources_) *rows++ = x[source];
    }
  }
  template <class T>
  void scatter(const T* rows, Index examples, T* y) const {
    for (Index example = 0; example < examples; ++example, y += sources_.size()) {
      for (const Index source : sources_) y[source] = *rows++;
    }
  }

 private:
  std::vector<Index> shape_;
  Index features_ = 1;
  Index rows_ = 1;
  Index steps_ = 0;             // 0 if the features hold no steps
  std::vector<Index> sources_;  // for each number of the rows its place in an example; empty if the axes are the last ones
};

}  // namespace normrun::nn::layers
