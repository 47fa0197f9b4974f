#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include "core/matrix.hpp"

namespace normrun::statistics {

/// to.row(i) = from.row(rows[i]).  Rows lie far apart in more memory than the caches hold: while one is copied, those to come are
/// fetched, some 4 KiB ahead, and of the rows that will be asked for next, `behind`, too.
template <class T>
void gather_rows(ConstView<T> from, std::span<const Index> rows, View<T> to, std::span<const Index> behind = {}) {
  constexpr Index kLine = static_cast<Index>(kAlignment / sizeof(T));
  const auto ahead = static_cast<std::size_t>(1 + 64 * kLine / std::max<Index>(1, from.cols));
  const auto row_to_come = [&](std::size_t i) {
    if (i < rows.size()) return rows[i];
    return behind.empty() ? rows.back() : behind[std::min(i - rows.size(), behind.size() - 1)];
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const T* source = from.row(rows[i]);
    const T* next = from.row(row_to_come(i + ahead));
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

/// to[i] = from[rows[i]].
template <class N>
void gather_numbers(std::span<const N> from, std::span<const Index> rows, N* to) {
  for (std::size_t i = 0; i < rows.size(); ++i) to[i] = from[static_cast<std::size_t>(rows[i])];
}

}  // namespace normrun::statistics
