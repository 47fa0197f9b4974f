// The vector paths.  foreach_target.h includes this file once for each instruction set, and once more for the functions that return the
// tables.  Highway's other targets are disabled: they have no fused multiply-add, so their bits would differ.  Processors that have none of
// our targets run the reference.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "nn/kernels/table.hpp"

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

#include <immintrin.h>

#include "nn/kernels/activations-inl.hpp"
#include "nn/kernels/attention-inl.hpp"
#include "nn/kernels/cell_products-inl.hpp"
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
#include "nn/kernels/winograd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace normrun::nn::kernels::HWY_NAMESPACE {

/// Calls the kernel and then clears the upper halves of the registers.  g++ forgets to clear them if a pragma chooses the instruction set,
/// and the SSE code that follows would then cost some 100 ns per call.
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

#undef NORMRUN_ENTRY
#define NORMRUN_ENTRY(result, name, parameters, arguments) .name = Entry<name<T>>::call,

template <class T>
constexpr Table<T> kTable{NORMRUN_KERNELS(NORMRUN_ENTRY, T) NORMRUN_SHARED_KERNELS(NORMRUN_ENTRY, T)};

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
