#pragma once

#include <string>
#include <vector>

#include "nn/layers/recurrent.hpp"

namespace normrun::layers {

/// Layer normalization inside a recurrent cell: y = gamma z_hat + shift, z_hat each row of z by its own mean and variance.
/// Source: Ba, Kiros and Hinton 2016, eq. 4.  The shift is the caller's: a bias of the cell.
template <class T>
class CellNorm {
 public:
  /// widths: of the groups of columns that are normalized together; the parameter `gamma` has all their columns.
  CellNorm(const std::string& gamma, std::vector<Index> widths, const RecurrentOptions& options, Index time, Blueprint& blueprint);

  /// z, y: (rows, width), as many whole steps as they have rows; y is not z, shift may be null.
  void forward(const Steps<T>& steps, Index first_step, const T* params, ConstView<T> z, const T* shift, View<T> y) const;
  void backward(const Steps<T>& steps, Index first_step, const T* params, ConstView<T> dy, View<T> dz) const;
  /// dgamma of all steps; dy: (count * examples, width).
  void gradient(const Steps<T>& steps, ConstView<T> dy, T* grads) const;

 private:
  T* z_hat(const Steps<T>& steps, Index step) const { return steps.at(z_hat_, step, width_).data; }
  T* per_row(const Steps<T>& steps, CacheId id, Index step) const { return steps.at(id, step, static_cast<Index>(widths_.size())).data; }

  std::vector<Index> widths_;
  Index width_;
  T epsilon_;
  ParamId gamma_;
  CacheId z_hat_;  // (time, examples, width)
  CacheId mean_;   // (time, examples, groups)
  CacheId inv_std_;
};

}  // namespace normrun::layers
