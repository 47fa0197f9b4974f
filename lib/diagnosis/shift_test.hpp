#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/matrix.hpp"

namespace normrun::diagnosis {

/// Numbers of some rows: (rows, features).  A test compares two groups of these rows by them.
using Features = Matrix<double>;

/// The result of a permutation test of two groups of rows.
struct ShiftTest {
  double p = 1.0;                    // p value of the hypothesis that the rows are exchangeable
  std::size_t set = 0;               // which set of features has the smallest p value
  std::vector<double> standardized;  // for each feature of set 0, the difference of the groups' means in standard errors
};

/// Tests whether the first `first_rows` rows are distributed like the others.  Each set of features (of the same rows) gives three
/// statistics: the largest difference of a mean in standard errors; the sum of the squared differences; and, unless the set has too many
/// features, a Mahalanobis distance whose covariance is shrunk to its diagonal (Schäfer & Strimmer 2005).  All statistics are computed for
/// the same permutations of the rows, and the same permutations calibrate the smallest p value (Westfall & Young 1993).  The test ends
/// after 199 permutations if these show nothing, and otherwise takes 1999.
ShiftTest shift_test(std::span<const Features> sets, Index first_rows, std::uint64_t seed);

/// Overwrites the lower triangle of a symmetric positive definite matrix A = L L^T, (n, n), with L, row by row.  Returns false if A is not
/// positive definite.
bool factor_cholesky(View<double> a);

}  // namespace normrun::diagnosis
