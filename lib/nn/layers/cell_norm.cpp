#include "nn/layers/cell_norm.hpp"

#include <numeric>

#include "nn/kernels/kernels.hpp"

namespace normrun::layers {

template <class T>
CellNorm<T>::CellNorm(const std::string& gamma, std::vector<Index> widths, const RecurrentOptions& options, Index time,
                      Blueprint& blueprint)
    : widths_(std::move(widths)),
      width_(std::accumulate(widths_.begin(), widths_.end(), Index{0})),
      epsilon_(static_cast<T>(options.epsilon)),
      gamma_(blueprint.param(gamma, {width_}, {.kind = Init::kOnes})),
      z_hat_(blueprint.per_example(time * width_)),
      mean_(blueprint.per_example(time * static_cast<Index>(widths_.size()))),
      inv_std_(blueprint.per_example(time * static_cast<Index>(widths_.size()))) {}

template <class T>
void CellNorm<T>::forward(const Steps<T>& steps, Index first_step, const T* params, ConstView<T> z, const T* shift, View<T> y) const {
  const T* gamma = params + gamma_.offset;
  T* mean = per_row(steps, mean_, first_step);
  T* inv_std = per_row(steps, inv_std_, first_step);
  if (widths_.size() == 1) {
    kernels::row_moments<T>(z, mean, inv_std);
    kernels::inverse_std<T>(inv_std, epsilon_, inv_std, z.rows);
    kernels::normalize_rows<T>(z, mean, inv_std, gamma, shift, z_hat(steps, first_step), y);
    return;
  }
  T* hat = z_hat(steps, first_step);
  for (Index row = 0; row < z.rows; ++row) {
    Index at = 0;
    for (const Index width : widths_) {
      const ConstView<T> part(z.row(row) + at, 1, width);
      kernels::row_moments<T>(part, mean, inv_std);
      kernels::inverse_std<T>(inv_std, epsilon_, inv_std, 1);
      kernels::normalize_rows<T>(part, mean++, inv_std++, gamma + at, shift != nullptr ? shift + at : nullptr, hat,
                                 {y.row(row) + at, 1, width});
      hat += width;
      at += width;
    }
  }
}

template <class T>
void CellNorm<T>::backward(const Steps<T>& steps, Index first_step, const T* params, ConstView<T> dy, View<T> dz) const {
  const T* gamma = params + gamma_.offset;
  const T* hat = z_hat(steps, first_step);
  const T* inv_std = per_row(steps, inv_std_, first_step);
  if (widths_.size() == 1) return kernels::normalize_rows_backward<T>({hat, dy.rows, width_}, dy, gamma, inv_std, dz);
  for (Index row = 0; row < dy.rows; ++row) {
    Index at = 0;
    for (const Index width : widths_) {
      kernels::normalize_rows_backward<T>({hat, 1, width}, {dy.row(row) + at, 1, width}, gamma + at, inv_std++,
                                          {dz.row(row) + at, 1, width});
      hat += width;
      at += width;
    }
  }
}

template <class T>
void CellNorm<T>::gradient(const Steps<T>& steps, ConstView<T> dy, T* grads) const {
  kernels::column_dots<T>(dy, steps.all(z_hat_, width_), grads + gamma_.offset);
}

template class CellNorm<float>;
template class CellNorm<double>;

}  // namespace normrun::layers
