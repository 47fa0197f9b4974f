#pragma once

#include "nn/kernels/activations.hpp"
#include "nn/kernels/attention.hpp"
#include "nn/kernels/cells.hpp"
#include "nn/kernels/kernels.hpp"
#include "nn/kernels/list.hpp"
#include "nn/kernels/pooling.hpp"
#include "nn/kernels/windows.hpp"
#include "nn/kernels/winograd.hpp"

namespace normrun::nn::kernels {

/// The inputs or outputs of a product that one call computes, while other threads may compute the others.
struct Range {
  Index begin, end;
  Index size() const { return end - begin; }
};

/// Up to this many rows, the fused update walks w row by row and does not copy dy.  For more rows, the update by blocks is as fast or
/// faster.
inline constexpr Index kFewRows = 8;

#define NORMRUN_TABLE_MEMBER(result, name, parameters, arguments) result(*name) parameters;

/// One implementation of every kernel in list.hpp: a function pointer named as the kernel.
template <class T>
struct Table {
  NORMRUN_KERNELS(NORMRUN_TABLE_MEMBER, T)
  NORMRUN_SHARED_KERNELS(NORMRUN_TABLE_MEMBER, T)
};

#undef NORMRUN_TABLE_MEMBER

/// The table of the path in use.
template <class T>
const Table<T>& table_in_use();

/// The table of the readable reference, which computes one number at a time and writes every order out.
template <class T>
const Table<T>& reference_table();

/// The tables of the vector paths.  Null if this build has none, as on processors other than x86-64.  The caller makes sure that the
/// processor can run the path.
template <class T>
const Table<T>* avx2_table();
template <class T>
const Table<T>* avx512_table();

}  // namespace normrun::nn::kernels
