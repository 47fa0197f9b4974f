#pragma once

#include <memory>
#include <vector>

#include "data/dataset.hpp"

namespace normrun {

/// What `standardize` subtracts and multiplies by, fitted once and applied to every split and to fresh rows.
struct FeatureScaling {
  std::vector<double> mean;     // (features); empty: nothing is done
  std::vector<double> inv_std;  // (features); 1 for a constant feature
};

/// Mean and standard deviation (ddof 0) of each column, in double, two passes.  x: (samples >= 1, features)
template <class T>
FeatureScaling fit_scaling(ConstView<T> x);

/// x = (x - mean) * inv_std in place, computed in double.  x: (rows, features)
template <class T>
void standardize(const FeatureScaling& scaling, View<T> x);

/// One `shift`.
struct Affine {
  double scale = 1.0;
  double offset = 0.0;
};
/// x = scale * x + offset in place, computed in double.
template <class T>
void apply(const Affine& affine, View<T> x);

/// Fresh rows of `raw`, standardized and shifted as the training split was.
template <class T>
std::shared_ptr<const RowGenerator<T>> scaled_generator(std::shared_ptr<const RowGenerator<T>> raw, FeatureScaling scaling,
                                                        std::vector<Affine> shifts);

}  // namespace normrun
