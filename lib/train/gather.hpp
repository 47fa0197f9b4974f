#pragma once

#include <cstring>
#include <span>

#include "core/matrix.hpp"

namespace normrun {

/// to.row(i) = from.row(rows[i]).
template <class T>
void gather_rows(ConstView<T> from, std::span<const Index> rows, View<T> to) {
  const std::size_t bytes = static_cast<std::size_t>(from.cols) * sizeof(T);
  for (std::size_t i = 0; i < rows.size(); ++i) std::memcpy(to.row(static_cast<Index>(i)), from.row(rows[i]), bytes);
}

/// to[i] = from[rows[i]].
template <class N>
void gather_numbers(std::span<const N> from, std::span<const Index> rows, N* to) {
  for (std::size_t i = 0; i < rows.size(); ++i) to[i] = from[static_cast<std::size_t>(rows[i])];
}

}  // namespace normrun
