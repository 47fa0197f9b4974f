// Compiled once for each instruction set (foreach_target.h includes this file again and again), and once for the tables.  Highway's
// other targets have no fused multiply-add, so their bits would differ: there the reference runs.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "nn/kernels/table.hpp"

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

#include <immintrin.h>

#include "nn/kernels/cells-inl.hpp"
#include "nn/kernels/elementwise-inl.hpp"
#include "nn/kernels/input_gradient-inl.hpp"
#include "nn/kernels/loss-inl.hpp"
#include "nn/kernels/normalize-inl.hpp"
#include "nn/kernels/optimizer-inl.hpp"
#include "nn/kernels/pooling-inl.hpp"
#include "nn/kernels/product_update-inl.hpp"
#include "nn/kernels/products-inl.hpp"
#include "nn/kernels/repeated_products-inl.hpp"
#include "nn/kernels/statistics-inl.hpp"
#include "nn/kernels/windows-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

/// Calls the kernel and clears the upper halves of the registers.  g++ forgets to where the instruction set comes from a pragma, and
/// the SSE code that follows then pays some 100 ns a call.
template <auto kKernel>
struct Entry;
template <class... Arguments, void (*kKernel)(Arguments...)>
struct Entry<kKernel> {
  static void call(Arguments... arguments) {
    kKernel(arguments...);
    _mm256_zeroupper();
  }
};
template <class... Arguments, double (*kKernel)(Arguments...)>
struct Entry<kKernel> {
  static double call(Arguments... arguments) {
    const double result = kKernel(arguments...);
    _mm256_zeroupper();
    return result;
  }
};

template <class T>
constexpr Table<T> kTable{
    .product = Entry<product<T>>::call,
    .product_weight_gradient = Entry<product_weight_gradient<T>>::call,
    .product_input_gradient = Entry<product_input_gradient<T>>::call,
    .pack = Entry<pack<T>>::call,
    .pack_transposed = Entry<pack_transposed<T>>::call,
    .continue_weight_gradient = Entry<continue_weight_gradient<T>>::call,
    .product_by_packed = Entry<product_by_packed<T>>::call,
    .product_of_windows = Entry<product_of_windows<T>>::call,
    .product_of_windows_weight_gradient = Entry<product_of_windows_weight_gradient<T>>::call,
    .pool_largest = Entry<pool_largest<T>>::call,
    .pool_largest_backward = Entry<pool_largest_backward<T>>::call,
    .pool_mean = Entry<pool_mean<T>>::call,
    .pool_mean_backward = Entry<pool_mean_backward<T>>::call,
    .column_sums = Entry<column_sums<T>>::call,
    .add_column_sums = Entry<add_column_sums<T>>::call,
    .finish_column_sums = Entry<finish_column_sums<T>>::call,
    .column_moments = Entry<column_moments<T>>::call,
    .column_dots = Entry<column_dots<T>>::call,
    .add_sums_and_dots = Entry<add_sums_and_dots<T>>::call,
    .finish_sums_and_dots = Entry<finish_sums_and_dots<T>>::call,
    .row_moments = Entry<row_moments<T>>::call,
    .inverse_std = Entry<inverse_std<T>>::call,
    .normalize_columns = Entry<normalize_columns<T>>::call,
    .normalize_rows = Entry<normalize_rows<T>>::call,
    .standardize_rows = Entry<standardize_rows<T>>::call,
    .column_gradient_sums = Entry<column_gradient_sums<T>>::call,
    .normalize_columns_backward = Entry<normalize_columns_backward<T>>::call,
    .normalize_rows_backward = Entry<normalize_rows_backward<T>>::call,
    .relu = Entry<relu<T>>::call,
    .relu_backward = Entry<relu_backward<T>>::call,
    .tanh = Entry<tanh<T>>::call,
    .tanh_backward = Entry<tanh_backward<T>>::call,
    .sigmoid = Entry<sigmoid<T>>::call,
    .sigmoid_backward = Entry<sigmoid_backward<T>>::call,
    .exp = Entry<exp<T>>::call,
    .scale = Entry<scale<T>>::call,
    .scale_columns = Entry<scale_columns<T>>::call,
    .blend = Entry<blend<T>>::call,
    .squared_errors = Entry<squared_errors<T>>::call,
    .add = Entry<add<T>>::call,
    .lstm_gates = Entry<lstm_gates<T>>::call,
    .lstm_output = Entry<lstm_output<T>>::call,
    .lstm_output_backward = Entry<lstm_output_backward<T>>::call,
    .lstm_gates_backward = Entry<lstm_gates_backward<T>>::call,
    .normalized_lstm_step = Entry<normalized_lstm_step<T>>::call,
    .normalized_lstm_step_backward = Entry<normalized_lstm_step_backward<T>>::call,
    .gru_gates = Entry<gru_gates<T>>::call,
    .gru_gates_backward = Entry<gru_gates_backward<T>>::call,
    .sgd_update = Entry<sgd_update<T>>::call,
    .momentum_update_keras = Entry<momentum_update_keras<T>>::call,
    .momentum_update_torch = Entry<momentum_update_torch<T>>::call,
    .adam_update = Entry<adam_update<T>>::call,
    .adam_update_product = Entry<adam_update_product<T>>::call,
    .rmsprop_update = Entry<rmsprop_update<T>>::call,
};

template <class T>
const Table<T>* table() {
  return &kTable<T>;
}

}  // namespace normrun::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

#if HWY_ONCE
namespace normrun::nn::kernels {

template <class T>
const Table<T>* avx2_table() {
#if HWY_TARGETS & HWY_AVX2
  return N_AVX2::table<T>();
#else
  return nullptr;
#endif
}

template <class T>
const Table<T>* avx512_table() {
#if HWY_TARGETS & HWY_AVX3
  return N_AVX3::table<T>();
#else
  return nullptr;
#endif
}

template const Table<float>* avx2_table();
template const Table<double>* avx2_table();
template const Table<float>* avx512_table();
template const Table<double>* avx512_table();

}  // namespace normrun::nn::kernels
#endif
