#pragma once

#include <algorithm>

#include "core/matrix.hpp"

namespace normrun::nn {

/// Returns how many examples reach a time step.  lengths: (examples), the valid steps of each; null if all steps are valid.
inline Index count_reaching(const Index* lengths, Index examples, Index step) {
  return lengths == nullptr ? examples : std::count_if(lengths, lengths + examples, [step](Index length) { return length > step; });
}

/// Copies what the examples that reach a time step have in the columns [first, first + cols) to `packed`, one row after another, and
/// returns those rows.  rows: one for each example.  packed: room for (examples, cols).  lengths: as for count_reaching.
template <class T>
ConstView<T> reaching_rows(ConstView<T> rows, Index first, Index cols, const Index* lengths, Index step, T* packed) {
  T* end = packed;
  for (Index e = 0; e < rows.rows; ++e) {
    if (lengths == nullptr || step < lengths[e]) end = std::copy_n(rows.row(e) + first, cols, end);
  }
  return {packed, count_reaching(lengths, rows.rows, step), cols};
}

}  // namespace normrun::nn
