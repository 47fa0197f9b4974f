#pragma once

#include <memory>
#include <vector>

#include "data/dataset.hpp"

namespace normrun::data {

/// The inputs of a split in the form that standardize and shift work on: rows whose columns are the features.  For sequences, the rows are
/// the valid steps; padded steps are neither counted nor changed.
template <class T>
struct Inputs {
  View<T> features;                // (examples, shape.size())
  const Index* lengths = nullptr;  // (examples) the valid steps; null if every example is one row
  Index channels = 0;              // how many numbers a step has; used only if there are lengths

  Index columns() const { return lengths == nullptr ? features.cols : channels; }
  /// Calls visit with all rows, one block at a time.
  template <class Visit>
  void for_each_block(const Visit& visit) const {
    if (lengths == nullptr) {
      visit(features);
      return;
    }
    for (Index e = 0; e < features.rows; ++e) visit(View<T>(features.row(e), lengths[e], channels));
  }
};

/// The numbers that `standardize` subtracts and multiplies by.  They are fitted once, then applied to every split and to fresh rows.
struct FeatureScaling {
  std::vector<double> mean;     // (features); empty if nothing is standardized
  std::vector<double> inv_std;  // (features); 1 for a feature that is constant except for rounding
};

/// Computes the mean and standard deviation (ddof 0) of each column in double, in two passes, over at least one row.
template <class T>
FeatureScaling fit_scaling(const Inputs<T>& inputs);

/// Computes x = (x - mean) * inv_std in place, in double.
template <class T>
void standardize(const FeatureScaling& scaling, const Inputs<T>& inputs);

/// One entry of the option `shift`.
struct Affine {
  double scale = 1.0;
  double offset = 0.0;
};
/// Computes x = scale * x + offset in place, in double.
template <class T>
void apply(const Affine& affine, const Inputs<T>& inputs);

/// Returns a generator that draws the rows of `raw` and then standardizes and shifts them like the training split.  `channels` is as in
/// Inputs.
template <class T>
std::shared_ptr<const RowGenerator<T>> scaled_generator(std::shared_ptr<const RowGenerator<T>> raw, FeatureScaling scaling,
                                                        std::vector<Affine> shifts, Index channels);

}  // namespace normrun::data
