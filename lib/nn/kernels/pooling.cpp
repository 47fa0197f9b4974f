#include "nn/kernels/pooling.hpp"

#include "nn/kernels/table.hpp"

namespace normrun::nn::kernels {

template <class T>
void pool_largest(const PooledLine& line, const T* x, T* y) {
  table_in_use<T>().pool_largest(line, x, y);
}
template <class T>
void pool_largest_backward(const PooledLine& line, const T* x, const T* y, const T* dy, T* dx) {
  table_in_use<T>().pool_largest_backward(line, x, y, dy, dx);
}
template <class T>
void pool_mean(const PooledLine& line, const T* x, T* y) {
  table_in_use<T>().pool_mean(line, x, y);
}
template <class T>
void pool_mean_backward(const PooledLine& line, const T* dy, T* dx) {
  table_in_use<T>().pool_mean_backward(line, dy, dx);
}

template void pool_largest(const PooledLine&, const float*, float*);
template void pool_largest(const PooledLine&, const double*, double*);
template void pool_largest_backward(const PooledLine&, const float*, const float*, const float*, float*);
template void pool_largest_backward(const PooledLine&, const double*, const double*, const double*, double*);
template void pool_mean(const PooledLine&, const float*, float*);
template void pool_mean(const PooledLine&, const double*, double*);
template void pool_mean_backward(const PooledLine&, const float*, float*);
template void pool_mean_backward(const PooledLine&, const double*, double*);

}  // namespace normrun::nn::kernels
