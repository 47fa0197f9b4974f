#include "nn/layers/cell_norm.hpp"

#include <numeric>

#include "nn/kernels/kernels.hpp"

namespace normrun::nn::layers {

template <class T>
CellNorm<T>::CellNorm(const std::string& gamma, std::vector<Index> widths, const RecurrentOptions& options, Index time,
                      Blueprint& blueprint)
    : widths_(std::move(widths)),
      width_(std::accumulate(widths_.begin(), widths_.end(), Index{0})),
      epsilon_(static_cast<T>(options.epsilon)),
      gamma_(blueprint.param(gamma, {width_}, {.kind = Init::kOnes})),
      inv_std_(blueprint.per_example(time * static_cast<Index>(widths_.size()))) {
  blueprint.give_role(ParamRole::kNormalization, gamma_.offset);
}

template <class T>
void CellNorm<T>::forward(const Rows& rows, ConstView<T> z, const T* shift, View<T> z_hat, View<T> y) const {
  const T* gamma = rows.params + gamma_.offset;
  T* inverse = inv_std(rows);
  if (widths_.size() == 1) return kernels::standardize_rows<T>(z, epsilon_, {gamma, shift}, inverse, z_hat.data, y);
  for (Index row = 0; row < z.rows; ++row) {
    Index at = 0;
    for (const Index width : widths_) {
      kernels::standardize_rows<T>({z.row(row) + at, 1, width}, epsilon_, {gamma + at, shift != nullptr ? shift + at : nullptr}, inverse++,
                                   z_hat.row(row) + at, {y.row(row) + at, 1, width});
      at += width;
    }
  }
}

template <class T>
void CellNorm<T>::backward(const Rows& rows, ConstView<T> z_hat, ConstView<T> dy, View<T> dz) const {
  const T* gamma = rows.params + gamma_.offset;
  const T* inverse = inv_std(rows);
  if (widths_.size() == 1) return kernels::normalize_rows_backward<T>(z_hat, dy, gamma, inverse, dz);
  for (Index row = 0; row < dy.rows; ++row) {
    Index at = 0;
    for (const Index width : widths_) {
      kernels::normalize_rows_backward<T>({z_hat.row(row) + at, 1, width}, {dy.row(row) + at, 1, width}, gamma + at, inverse++,
                                          {dz.row(row) + at, 1, width});
      at += width;
    }
  }
}

template class CellNorm<float>;
template class CellNorm<double>;

}  // namespace normrun::nn::layers
