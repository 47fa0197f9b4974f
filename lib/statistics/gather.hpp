#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/matrix.hpp"

namespace normrun::statistics {

/// Copies rows: to.row(i) = from.row(rows[i]).  The rows lie scattered over more memory than the cache holds, so the loop prefetches the
/// rows that come some 4 KiB later.  At the end of `rows` it prefetches `next_rows`, the rows that the next call will copy.
template <class T>
void gather_rows(ConstView<T> from, std::span<const Index> rows, View<T> to, std::span<const Index> next_rows = {}) {
  constexpr Index kLine = static_cast<Index>(kAlignment / sizeof(T));
  const auto ahead = static_cast<std::size_t>(1 + 64 * kLine / std::max<Index>(1, from.cols));
  const auto row_ahead = [&](std::size_t i) {
    if (i < rows.size()) return rows[i];
    return next_rows.empty() ? rows.back() : next_rows[std::min(i - rows.size(), next_rows.size() - 1)];
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const T* source = from.row(rows[i]);
    const T* next = from.row(row_ahead(i + ahead));
    T* target = to.row(static_cast<Index>(i));
    Index c = 0;
    for (; c + kLine <= from.cols; c += kLine) {
      __builtin_prefetch(next + c);
      std::memcpy(target + c, source + c, kAlignment);
    }
    if (c < from.cols) __builtin_prefetch(next + c);
    std::copy(source + c, source + from.cols, target + c);
  }
}

/// Copies the labels of rows, or the labels' weights.  Each row has `positions` of them.
template <class N>
void gather_labels(std::span<const N> from, std::span<const Index> rows, Index positions, N* to) {
  for (const Index row : rows) to = std::copy_n(from.begin() + row * positions, positions, to);
}

/// Copies numbers: to[i] = from[rows[i]].
template <class N>
void gather_numbers(std::span<const N> from, std::span<const Index> rows, N* to) {
  for (std::size_t i = 0; i < rows.size(); ++i) to[i] = from[static_cast<std::size_t>(rows[i])];
}

}  // namespace normrun::statistics
