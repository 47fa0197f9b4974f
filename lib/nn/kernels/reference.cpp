#include "nn/kernels/reference_activations.hpp"
#include "nn/kernels/reference_attention.hpp"
#include "nn/kernels/reference_cells.hpp"
#include "nn/kernels/reference_elementwise.hpp"
#include "nn/kernels/reference_normalize.hpp"
#include "nn/kernels/reference_pooling.hpp"
#include "nn/kernels/reference_products.hpp"
#include "nn/kernels/reference_running_sums.hpp"
#include "nn/kernels/reference_statistics.hpp"
#include "nn/kernels/reference_winograd.hpp"
#include "nn/kernels/table.hpp"

namespace normrun::nn::kernels {
namespace {

#define NORMRUN_ENTRY(result, name, parameters, arguments) .name = reference::name<T>,

template <class T>
constexpr Table<T> kReference{NORMRUN_KERNELS(NORMRUN_ENTRY, T) NORMRUN_SHARED_KERNELS(NORMRUN_ENTRY, T)};

#undef NORMRUN_ENTRY

}  // namespace

template <class T>
const Table<T>& reference_table() {
  return kReference<T>;
}
template const Table<float>& reference_table();
template const Table<double>& reference_table();

}  // namespace normrun::nn::kernels
