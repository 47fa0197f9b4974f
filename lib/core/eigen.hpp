#pragma once

#include <Eigen/Core>

#include "core/matrix.hpp"

namespace normrun {

/// Eigen's view of the numbers in one of our buffers: (rows, cols), row-major.  It copies nothing.
template <class T>
using EigenView = Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
template <class T>
using ConstEigenView = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

template <class T>
EigenView<T> as_eigen(View<T> view) {
  return {view.data, view.rows, view.cols};
}
template <class T>
ConstEigenView<T> as_eigen(View<const T> view) {
  return {view.data, view.rows, view.cols};
}
/// Views a list of numbers as a column.
inline Eigen::Map<const Eigen::VectorXd> as_eigen(const std::vector<double>& numbers) {
  return {numbers.data(), static_cast<Eigen::Index>(numbers.size())};
}

/// Eigen cuts products and decompositions into blocks by the caches that it detects, so the order of their sums, and with it the last bit,
/// would differ between processors.  This function sets the same cache sizes on all processors (32 KiB, 1 MiB and 8 MiB).  Call it before a
/// product or a decomposition whose result reaches a table; sums and dot products do not need the call.
inline void fix_eigen_blocking() { Eigen::setCpuCacheSizes(32 << 10, 1 << 20, 8 << 20); }

}  // namespace normrun
