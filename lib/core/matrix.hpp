#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "core/memory.hpp"

namespace normrun {

using Index = std::int64_t;

template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}
  T* allocate(std::size_t count) { return static_cast<T*>(allocate_buffer(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept { free_buffer(memory, count * sizeof(T)); }
  friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

/// A flat, aligned array that owns its numbers: parameters, states, gradients and caches are such buffers.
template <class T>
using Buffer = std::vector<T, AlignedAllocator<T>>;

/// The one matrix view: rows x channels, row-major, channels last, without gaps between the rows.  A view does not own its numbers.
template <class T>
struct View {
  T* data = nullptr;
  Index rows = 0;
  Index cols = 0;

  View() = default;
  View(T* data_in, Index rows_in, Index cols_in) : data(data_in), rows(rows_in), cols(cols_in) {}
  template <class U>
  requires std::is_same_v<T, const U> View(const View<U>& other)
      : data(other.data), rows(other.rows), cols(other.cols) {}  // NOLINT(google-explicit-constructor)

  T& operator()(Index r, Index c) const {
    assert(0 <= r && r < rows && 0 <= c && c < cols);
    return data[r * cols + c];
  }
  T* row(Index r) const { return data + r * cols; }
  Index size() const { return rows * cols; }
  bool empty() const { return data == nullptr || size() == 0; }
  T* begin() const { return data; }
  T* end() const { return data + size(); }

  /// Views the same numbers in another shape, which must have the same size.
  View reshaped(Index new_rows, Index new_cols) const {
    assert(new_rows * new_cols == size());
    return {data, new_rows, new_cols};
  }
  View slice(Index first, Index count) const {
    assert(0 <= first && first + count <= rows);
    return {row(first), count, cols};
  }
};

template <class T>
using ConstView = View<const T>;

/// A matrix that owns its numbers.
template <class T>
class Matrix {
 public:
  Matrix() = default;
  Matrix(Index rows, Index cols) : rows_(rows), cols_(cols), data_(static_cast<std::size_t>(rows * cols)) {}

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  View<T> view() { return {data_.data(), rows_, cols_}; }
  ConstView<T> view() const { return {data_.data(), rows_, cols_}; }
  T& operator()(Index r, Index c) { return view()(r, c); }
  const T& operator()(Index r, Index c) const { return view()(r, c); }
  /// Drops all rows but the first `rows`, which stay where they are in memory.
  void keep_first(Index rows) {
    rows_ = rows;
    data_.resize(static_cast<std::size_t>(rows * cols_));
  }

 private:
  Index rows_ = 0;
  Index cols_ = 0;
  Buffer<T> data_;
};

}  // namespace normrun
