#pragma once

#include "core/matrix.hpp"

/// The orders of summation that kernels.hpp promises.
namespace normrun::nn::kernels {

inline constexpr Index kLanes = 16;       // in a sum over the columns of one row, element j goes to lane j mod 16
inline constexpr Index kBlockRows = 256;  // in a sum over rows, blocks of so many rows are added in double
inline constexpr Index kStripes = 4;      // inside a block, row r goes to stripe r mod 4

/// How many numbers of T take the memory of one double.
template <class T>
inline constexpr Index kNumbersOfDouble = Index{8} / static_cast<Index>(sizeof(T));

}  // namespace normrun::nn::kernels
