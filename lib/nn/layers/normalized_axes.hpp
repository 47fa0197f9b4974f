#pragma once

#include <vector>

#include "nn/layer.hpp"
#include "nn/layers/valid_prefix.hpp"

namespace normrun::nn::layers {

/// The axes of an example that layer normalization and RMS normalization normalize together.  An example then consists of rows: one for
/// each place along the other axes, with the features along the normalized axes.  Both run in the order of the example's own axes.
class NormalizedAxes {
 public:
  /// axes: 1 is the first axis of an example, -1 the last; axis 0 would be the batch.  Refuses axes that the input does not have.
  NormalizedAxes(const std::vector<Index>& axes, const Blueprint& blueprint);

  const std::vector<Index>& shape() const { return shape_; }  // of the normalized axes, ascending
  Index features() const { return features_; }
  Index rows_of_example() const { return rows_; }
  /// Whether the rows lie in x one after another as they are, because the normalized axes are the last ones.
  bool are_last() const { return sources_.empty(); }
  /// Whether the steps of a sequence (steps, channels) are among the features.
  bool hold_steps() const { return steps_ > 0; }
  /// The valid numbers of the rows of padded sequences, where hold_steps().
  ValidPrefix valid(const Index* lengths) const { return {lengths, rows_, features_ / steps_}; }

  /// Copies the examples of x into rows, and rows back into examples.
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
  Index steps_ = 0;             // 0: the features hold no steps
  std::vector<Index> sources_;  // where in an example each number of its rows lies; empty where the axes are the last ones
};

}  // namespace normrun::nn::layers
