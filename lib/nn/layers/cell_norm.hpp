#pragma once

#include <string>
#include <vector>

#include "nn/layers/recurrent.hpp"

namespace normrun::nn::layers {

/// Layer normalization inside a recurrent cell: y = gamma z_hat + shift, z_hat each row of z by its own mean and variance.
/// Source: Ba, Kiros and Hinton 2016, eq. 4.  The shift is the caller's: a bias of the cell.
template <class T>
class CellNorm {
 public:
  /// widths: of the groups of columns that are normalized together; the parameter `gamma` has all their columns.
  CellNorm(const std::string& gamma, std::vector<Index> widths, const RecurrentOptions& options, Index time, Blueprint& blueprint);

  /// z, z_hat, y: (rows, width), from a row of all steps on.  The caller keeps z_hat, which may be z; y is not z, shift may be null.
  void forward(const Steps<T>& steps, Index first_row, const T* params, ConstView<T> z, const T* shift, View<T> z_hat, View<T> y) const;
  /// dz may be dy.
  void backward(const Steps<T>& steps, Index first_row, const T* params, ConstView<T> z_hat, ConstView<T> dy, View<T> dz) const;
  /// Where dgamma goes: the dots of all steps' dy and z_hat.
  T* dgamma(T* grads) const { return grads + gamma_.offset; }

 private:
  T* inv_std(const Steps<T>& steps, Index row) const { return steps.caches[inv_std_] + row * static_cast<Index>(widths_.size()); }

  std::vector<Index> widths_;
  Index width_;
  T epsilon_;
  ParamId gamma_;
  CacheId inv_std_;  // (time, examples, groups)
};

}  // namespace normrun::nn::layers
