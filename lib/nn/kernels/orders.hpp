#pragma once

#include "core/matrix.hpp"

/// The numbers in the orders of summation that kernels.hpp promises.
namespace normrun::nn::kernels {

inline constexpr Index kLanes = 16;       // a sum over the columns of one row: element j goes to lane j mod 16
inline constexpr Index kBlockRows = 256;  // a sum over rows: blocks of 256 rows, whose sums are added in double
inline constexpr Index kStripes = 4;      // inside a block of rows, row r goes to stripe r mod 4

/// How many numbers of T fit into the memory of one double.
template <class T>
inline constexpr Index kNumbersOfDouble = Index{8} / static_cast<Index>(sizeof(T));

}  // namespace normrun::nn::kernels
