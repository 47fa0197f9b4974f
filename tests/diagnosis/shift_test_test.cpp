#include "diagnosis/shift_test.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "core/random.hpp"

using namespace normrun;
using namespace normrun::diagnosis;

namespace {

/// Normal rows; those from `first_rows` on have `offset` added to their first feature.
diagnosis::Features normal_rows(Index rows, Index features, Index first_rows, double offset, std::uint64_t seed) {
  diagnosis::Features result(rows, features);
  RandomStream stream(seed, Purpose::kData);
  for (Index r = 0; r < rows; ++r)
    for (Index c = 0; c < features; ++c) result(r, c) = stream.normal() + (c == 0 && r >= first_rows ? offset : 0.0);
  return result;
}

}  // namespace

TEST_CASE("rows of one distribution are rarely called shifted: at most 8 of 100 at .05") {
  int rejected = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const diagnosis::Features set = normal_rows(90, 6, 60, 0.0, seed);
    if (diagnosis::shift_test(std::span(&set, 1), 60, seed).p <= 0.05) ++rejected;
  }
  CHECK(rejected <= 8);
}

TEST_CASE("a shift of one feature is found, and that feature differs most") {
  const diagnosis::Features set = normal_rows(200, 8, 120, 1.0, 3);
  const diagnosis::ShiftTest test = diagnosis::shift_test(std::span(&set, 1), 120, 5);
  CHECK(test.p <= 0.002);
  REQUIRE(test.standardized.size() == 8);
  CHECK(test.standardized[0] < -4.0);
  for (std::size_t c = 1; c < 8; ++c) CHECK(std::abs(test.standardized[c]) < 4.0);
  const diagnosis::ShiftTest reversed = diagnosis::shift_test(std::span(&set, 1), 80, 5);  // the smaller group first
  CHECK(reversed.standardized[0] < -1.0);
}

TEST_CASE("a change of correlation is seen by the Mahalanobis distance of means along the thin direction") {
  diagnosis::Features set(200, 2);
  RandomStream stream(11, Purpose::kData);
  for (Index r = 0; r < 200; ++r) {
    const double common = stream.normal();
    const double thin = 0.05 * stream.normal() + (r >= 100 ? 0.05 : 0.0);
    set(r, 0) = common + thin;
    set(r, 1) = common - thin;
  }
  CHECK(diagnosis::shift_test(std::span(&set, 1), 100, 1).p <= 0.002);
}

TEST_CASE("too few rows tell nothing") {
  const diagnosis::Features set = normal_rows(20, 3, 15, 50.0, 1);
  CHECK(diagnosis::shift_test(std::span(&set, 1), 15, 1).p == 1.0);
}

TEST_CASE("the Cholesky factor of a small matrix") {
  Matrix<double> a(2, 2);
  a(0, 0) = 4.0;
  a(1, 0) = a(0, 1) = 2.0;
  a(1, 1) = 5.0;
  REQUIRE(diagnosis::factor_cholesky(a.view()));
  CHECK(a(0, 0) == 2.0);
  CHECK(a(1, 0) == 1.0);
  CHECK(a(1, 1) == 2.0);
  Matrix<double> singular(1, 1);
  CHECK_FALSE(diagnosis::factor_cholesky(singular.view()));
}
