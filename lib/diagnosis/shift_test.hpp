#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::diagnosis {

/// Numbers of some rows that shall tell whether two groups of them are distributed alike: (rows, features).
using Features = Matrix<double>;

/// The result of a permutation test of two groups of rows.
struct ShiftTest {
  double p = 1.0;                    // of the hypothesis that the rows are exchangeable
  std::size_t set = 0;               // of features: that of the smallest p
  std::vector<double> standardized;  // of each feature of set 0: the difference of the groups' means in standard errors
};

/// Whether the first `first_rows` rows are distributed like the others.  Each set of features (of the same rows) gives three statistics:
/// the largest difference of a mean in standard errors, the sum of the differences' squares, and a Mahalanobis distance whose
/// covariance is shrunk to its diagonal (Schäfer & Strimmer 2005; sets of many features go without).  All are computed for the same
/// permutations of the rows, and the smallest of their p values is calibrated by these again (Westfall & Young 1993).  Where 199
/// permutations show nothing the test ends; else there are 1999.
ShiftTest shift_test(std::span<const Features> sets, Index first_rows, std::uint64_t seed);

/// The lower triangle L of a symmetric positive definite matrix A = L L^T, (n, n), in place, row by row; false where A is not.
bool factor_cholesky(View<double> a);

}  // namespace normrun::diagnosis
