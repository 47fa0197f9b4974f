#include "tables/t_interval.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace normrun;

TEST_CASE("Student's t quantiles agree with the published table (two-sided 95 %)") {
  const std::vector<std::pair<long, double>> table = {{1, 12.7062047361747},  {2, 4.30265272974946},   {3, 3.18244630528371},
                                                      {4, 2.77644510519779},  {9, 2.26215716279820},   {10, 2.22813885198627},
                                                      {29, 2.04522964213270}, {120, 1.97993040508244}, {499, 1.96472939098769}};
  for (const auto& [degrees, quantile] : table) {
    CAPTURE(degrees);
    CHECK(tables::student_quantile(0.95, degrees) == doctest::Approx(quantile).epsilon(1e-12));
  }
}

TEST_CASE("the quantile undoes the distribution") {
  for (const long degrees : {1L, 2L, 5L, 8L, 31L}) {
    for (const double probability : {0.1, 0.5, 0.9, 0.99, 0.9999}) {
      CHECK(tables::student_central(tables::student_quantile(probability, degrees), degrees) ==
            doctest::Approx(probability).epsilon(1e-12));
    }
  }
}

TEST_CASE("a summary gives mean, spread and interval") {
  const std::vector<double> values = {1.0, 2.0, 4.0, 5.0};
  const tables::SampleSummary summary = tables::summarize(values);
  CHECK(summary.n == 4);
  CHECK(summary.mean == 3.0);
  CHECK(summary.sd == doctest::Approx(std::sqrt(10.0 / 3.0)).epsilon(1e-15));
  CHECK(summary.ci95_high - 3.0 == doctest::Approx(3.18244630528371 * summary.sd / 2.0).epsilon(1e-12));
  CHECK(summary.ci95_low + summary.ci95_high == doctest::Approx(6.0));
  CHECK(summary.min == 1.0);
  CHECK(summary.max == 5.0);
}

TEST_CASE("one value has no spread and no interval") {
  const std::vector<double> values = {0.25};
  const tables::SampleSummary summary = tables::summarize(values);
  CHECK(summary.mean == 0.25);
  CHECK(std::isnan(summary.sd));
  CHECK(std::isnan(summary.ci95_low));
  CHECK(std::isnan(summary.ci95_high));
}
