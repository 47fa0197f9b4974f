#pragma once

#include "core/matrix.hpp"

/// The orders of summation that kernels.hpp promises.
namespace normrun::nn::kernels {

inline constexpr Index kLanes = 16;       // of a sum over the columns of one row: element j goes to lane j mod 16
inline constexpr Index kBlockRows = 256;  // of a sum over rows, whose blocks are added in double
inline constexpr Index kStripes = 4;      // inside a block: row r goes to stripe r mod 4

/// The place of a double among numbers of T.
template <class T>
inline constexpr Index kNumbersOfDouble = Index{8} / static_cast<Index>(sizeof(T));

}  // namespace normrun::nn::kernels
