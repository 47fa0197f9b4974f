#include "nn/kernels/repeated_products.hpp"

#include "nn/kernels/share.hpp"

namespace normrun::nn::kernels {

template <class T>
void pack(ConstView<T> w, T* packed) {
  table_in_use<T>().pack(w, packed);
}
template <class T>
void pack_transposed(ConstView<T> w, T* packed) {
  table_in_use<T>().pack_transposed(w, packed);
}
template <class T>
void product_by_packed(ConstView<T> x, const T* packed, const T* bias, View<T> y) {
  share<T>(y.cols, x.size() * y.cols, [&](const Table<T>& table, Range outputs) { table.product_by_packed(x, packed, bias, y, outputs); });
}

template <class T>
void continue_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw) {
  share<T>(dw.rows, x.rows * dw.size(), [&](const Table<T>& table, Range inputs) { table.continue_weight_gradient(x, dy, dw, inputs); });
}

#define NORMRUN_INSTANTIATE(T)                                                \
  template void pack(ConstView<T>, T*);                                       \
  template void pack_transposed(ConstView<T>, T*);                            \
  template void product_by_packed(ConstView<T>, const T*, const T*, View<T>); \
  template void continue_weight_gradient(ConstView<T>, ConstView<T>, View<T>);

NORMRUN_INSTANTIATE(float)
NORMRUN_INSTANTIATE(double)

}  // namespace normrun::nn::kernels
