#include <algorithm>

#include "nn/kernels/kernels.hpp"
#include "nn/kernels/repeated_products.hpp"
#include "nn/kernels/share.hpp"
#include "nn/kernels/table.hpp"

// The public functions of the shared kernels.  They divide the inputs or the outputs among the threads of the team.
namespace normrun::nn::kernels {

template <class T>
void product(ConstView<T> x, ConstView<T> w, const T* bias, View<T> y) {
  share<T>(y.cols, x.rows * w.size(), [&](const Table<T>& table, Range outputs) { table.product(x, w, bias, y, outputs); });
}

template <class T>
void product_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw) {
  share<T>(dw.rows, x.rows * dw.size(), [&](const Table<T>& table, Range inputs) { table.product_weight_gradient(x, dy, dw, inputs); });
}

template <class T>
void product_input_gradient(ConstView<T> dy, ConstView<T> w, View<T> dx) {
  share<T>(w.rows, dy.rows * w.size(), [&](const Table<T>& table, Range inputs) { table.product_input_gradient(dy, w, dx, inputs); });
}

template <class T>
void continue_weight_gradient(ConstView<T> x, ConstView<T> dy, View<T> dw) {
  share<T>(dw.rows, x.rows * dw.size(), [&](const Table<T>& table, Range inputs) { table.continue_weight_gradient(x, dy, dw, inputs); });
}

template <class T>
void product_by_packed(ConstView<T> x, const T* packed, const T* bias, View<T> y) {
  share<T>(y.cols, x.size() * y.cols, [&](const Table<T>& table, Range outputs) { table.product_by_packed(x, packed, bias, y, outputs); });
}

namespace {

/// Computes dx over x, and the update, for some inputs at a time.  The update needs the x that dx overwrites, so these columns of x are
/// copied first, as short rows that stay in the cache.
template <class T>
void update_and_write_over(const Table<T>& table, const AdamStep<T>& by, View<T> x, ConstView<T> dy, const AdamBuffers<T>& to,
                           Range inputs) {
  constexpr Index kNumbers = Index{1} << 16;
  constexpr Index kLine = static_cast<Index>(kAlignment / sizeof(T));
  static_assert(kNumbers >= 16 * kMostRowsOver);
  alignas(kAlignment) T kept[kNumbers];
  // A row has an odd number of groups of 16 columns, so that the rows do not all map to the same sets of the cache.
  const Index most = 16 + std::clamp<Index>(kNumbers / 2 / std::max<Index>(1, x.rows) - 16, 0, 1008) / 32 * 32;
  for (Index begin = inputs.begin, count = 0; begin < inputs.end; begin += count) {
    count = std::min(most, inputs.end - begin);
    for (Index r = 0; r < x.rows; ++r) {
      // The next row lies in another page, and the processor does not prefetch the first lines of a new page by itself.
      const T* next = x.row(std::min(r + 1, x.rows - 1)) + begin;
      for (Index i = 0; i < std::min(8 * kLine, count); i += kLine) __builtin_prefetch(next + i);
      std::copy_n(x.row(r) + begin, count, kept + r * count);
    }
    table.product_input_gradient(dy, {to.w, x.cols, dy.cols}, x, {begin, begin + count});
    table.adam_update_product(by, {kept, x.rows, count}, dy, to.from(begin * dy.cols), {0, count});
  }
}

/// Computes dx and the update block by block.  The last block comes first, because the forward pass left the last blocks in the second
/// cache.  The update of a block finds in the cache what dx has read.  At the end the cache holds the first blocks, which the next forward
/// pass reads first.
template <class T>
void update_by_blocks(const Table<T>& table, const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, const AdamBuffers<T>& to, View<T> dx,
                      Range inputs) {
  constexpr Index kNumbers = Index{1} << 15;
  constexpr Index kLeast = 64;  // inputs of a block at least: so many fill the widest tiles of dx
  const Index most = std::max(kLeast, kNumbers / std::max<Index>(1, dy.cols) / kLeast * kLeast);
  for (Index end = inputs.end, begin = 0; end > inputs.begin; end = begin) {
    begin = inputs.begin + (end - inputs.begin - 1) / most * most;
    if (dx.data != nullptr) table.product_input_gradient(dy, {to.w, x.cols, dy.cols}, dx, {begin, end});
    table.adam_update_product(by, x, dy, to, {begin, end});
  }
}

}  // namespace

template <class T>
void adam_update_product(const AdamStep<T>& by, ConstView<T> x, ConstView<T> dy, const AdamBuffers<T>& to, View<T> dx) {
  const bool over_x = dx.data == x.data;
  const bool by_blocks = !over_x && x.rows <= kFewRows;
  const bool separate_dx = dx.data != nullptr && !over_x && !by_blocks;
  if (separate_dx) product_input_gradient<T>(dy, {to.w, x.cols, dy.cols}, dx);
  const Index products = dx.data != nullptr && !separate_dx ? 2 : 1;
  const Index operations = (x.rows * products + kMultiplyAddsOfAdam) * x.cols * dy.cols;
  share<T>(x.cols, operations, [&](const Table<T>& table, Range inputs) {
    if (over_x) return update_and_write_over(table, by, dx, dy, to, inputs);
    if (by_blocks) return update_by_blocks(table, by, x, dy, to, dx, inputs);
    table.adam_update_product(by, x, dy, to, inputs);
  });
}

#define NORMRUN_INSTANTIATE(T)                                                 \
  template void product(ConstView<T>, ConstView<T>, const T*, View<T>);        \
  template void product_weight_gradient(ConstView<T>, ConstView<T>, View<T>);  \
  template void product_input_gradient(ConstView<T>, ConstView<T>, View<T>);   \
  template void continue_weight_gradient(ConstView<T>, ConstView<T>, View<T>); \
  template void product_by_packed(ConstView<T>, const T*, const T*, View<T>);  \
  template void adam_update_product(const AdamStep<T>&, ConstView<T>, ConstView<T>, const AdamBuffers<T>&, View<T>);

NORMRUN_INSTANTIATE(float)
NORMRUN_INSTANTIATE(double)

}  // namespace normrun::nn::kernels
