#include "diagnosis/tests_of_means.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace normrun;

TEST_CASE("Student's upper tail agrees with the tables") {
  CHECK(diagnosis::student_upper_tail(0.0, 5.0) == doctest::Approx(0.5).epsilon(1e-12));
  CHECK(diagnosis::student_upper_tail(6.313751514675, 1.0) == doctest::Approx(0.05).epsilon(1e-9));
  CHECK(diagnosis::student_upper_tail(2.228138851965, 10.0) == doctest::Approx(0.025).epsilon(1e-9));
  CHECK(diagnosis::student_upper_tail(-2.228138851965, 10.0) == doctest::Approx(0.975).epsilon(1e-9));
  CHECK(diagnosis::student_upper_tail(2.878161739, 1e6) == doctest::Approx(0.002).epsilon(1e-3));
  CHECK(diagnosis::student_upper_quantile(0.025, 4.0) == doctest::Approx(2.776445105198).epsilon(1e-9));
  CHECK(diagnosis::student_upper_quantile(0.975, 4.0) == doctest::Approx(-2.776445105198).epsilon(1e-9));
  CHECK(diagnosis::student_upper_quantile(0.002, 10000.0) == doctest::Approx(2.8789).epsilon(1e-3));
}

TEST_CASE("an estimate has the mean, its standard error and one-sided bounds") {
  const double values[] = {1.0, 2.0, 3.0, 4.0};
  const diagnosis::Estimate one = diagnosis::estimate(values);
  CHECK(one.mean == 2.5);
  CHECK(one.error == doctest::Approx(std::sqrt(5.0 / 3.0 / 4.0)));
  CHECK(one.lower(0.025) == doctest::Approx(2.5 - 3.182446305284 * one.error));
  CHECK(one.upper(0.025) == doctest::Approx(2.5 + 3.182446305284 * one.error));
  CHECK(one.p_above(2.5) == doctest::Approx(0.5));
  CHECK(one.p_above(one.lower(0.025)) == doctest::Approx(0.025));
  const diagnosis::Estimate single = diagnosis::estimate(std::span(values, 1));
  CHECK(single.lower(0.025) == -HUGE_VAL);
  CHECK(single.p_above(0.0) == 1.0);
}

TEST_CASE("McNemar's test counts the rows that only one has right") {
  CHECK(diagnosis::mcnemar_p(0, 0) == doctest::Approx(1.0));
  CHECK(diagnosis::mcnemar_p(5, 0) == doctest::Approx(1.0 / 32.0));
  CHECK(diagnosis::mcnemar_p(3, 2) == doctest::Approx(0.5));
  CHECK(diagnosis::mcnemar_p(9, 1) == doctest::Approx(11.0 / 1024.0));
}

TEST_CASE("Holm's correction multiplies the smallest p by the number of tests, and keeps the order") {
  const double p[] = {0.04, 0.01, 0.03};
  const std::vector<double> adjusted = diagnosis::holm_adjusted(p);
  CHECK(adjusted[0] == doctest::Approx(0.06));
  CHECK(adjusted[1] == doctest::Approx(0.03));
  CHECK(adjusted[2] == doctest::Approx(0.06));
}
