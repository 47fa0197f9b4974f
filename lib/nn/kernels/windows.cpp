#include "nn/kernels/windows.hpp"

#include "nn/kernels/table.hpp"

namespace normrun::nn::kernels {

template <class T>
void product(const Windows<T>& x, ConstView<T> w, const T* bias, View<T> y) {
  table_in_use<T>().product_of_windows(x, w, bias, y);
}
template <class T>
void product_weight_gradient(const Windows<T>& x, ConstView<T> dy, View<T> dw) {
  table_in_use<T>().product_of_windows_weight_gradient(x, dy, dw);
}

template void product(const Windows<float>&, ConstView<float>, const float*, View<float>);
template void product(const Windows<double>&, ConstView<double>, const double*, View<double>);
template void product_weight_gradient(const Windows<float>&, ConstView<float>, View<float>);
template void product_weight_gradient(const Windows<double>&, ConstView<double>, View<double>);

}  // namespace normrun::nn::kernels
