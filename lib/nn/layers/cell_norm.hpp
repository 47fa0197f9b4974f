#pragma once

#include <string>
#include <vector>

#include "nn/layers/recurrent.hpp"

namespace normrun::nn::layers {

/// Layer normalization inside a recurrent cell: y = gamma z_hat + shift, where z_hat is each row of z, normalized by its own mean and
/// variance.  The shift is the caller's: a bias of the cell.  Source: Ba, Kiros and Hinton 2016, eq. 4.
template <class T>
class CellNorm {
 public:
  /// widths: how many columns each group has; the columns of a group are normalized together.  `gamma` names the parameter, which has the
  /// columns of all groups.
  CellNorm(const std::string& gamma, std::vector<Index> widths, const RecurrentOptions& options, Index time, Blueprint& blueprint);

  /// Which rows of all steps a call is for: those from first_row on.
  struct Rows {
    const Steps<T>& steps;
    Index first_row;
    const T* params;
  };
  /// z, z_hat, y: (rows, width).  The caller keeps z_hat, which may be z; y must not be z, and shift may be null.
  void forward(const Rows& rows, ConstView<T> z, const T* shift, View<T> z_hat, View<T> y) const;
  /// dz may be dy.
  void backward(const Rows& rows, ConstView<T> z_hat, ConstView<T> dy, View<T> dz) const;
  /// Where dgamma belongs in grads: the dots of dy and z_hat over all steps.
  T* dgamma(T* grads) const { return grads + gamma_.offset; }

 private:
  T* inv_std(const Rows& rows) const { return rows.steps.caches[inv_std_] + rows.first_row * static_cast<Index>(widths_.size()); }

  std::vector<Index> widths_;
  Index width_;
  T epsilon_;
  ParamId gamma_;
  CacheId inv_std_;  // (time, examples, groups)
};

}  // namespace normrun::nn::layers
