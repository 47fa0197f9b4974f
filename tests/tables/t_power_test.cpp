#include "tables/t_power.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace normrun;
using tables::Sides;

namespace {

struct Case {
  double distance;
  std::size_t n;
  double one;
  double two;
};

}  // namespace

TEST_CASE("the power of an interval agrees with scipy's noncentral t, and for two bounds with an integral of scipy's chi density") {
  const std::vector<Case> cases = {{1.0, 5, 0.40132028519950524, 0.14815614610465133},  {0.5, 20, 0.5644828966786235, 0.18151606658199618},
                                   {2.0, 2, 0.17566400371363733, 0.1269260188987951},   {1.5, 5, 0.710701794725785, 0.5080174842699183},
                                   {0.1, 500, 0.6071117010870866, 0.21422349996079165}, {0.64, 21, 0.7966298455163718, 0.5937925988901628}};
  for (const Case& one : cases) {
    CAPTURE(one.n);
    CHECK(tables::interval_power(one.distance, one.n, Sides::kOne) == doctest::Approx(one.one).epsilon(1e-6));
    CHECK(tables::interval_power(one.distance, one.n, Sides::kTwo) == doctest::Approx(one.two).epsilon(1e-5));
  }
}

TEST_CASE("the fewest values for 80 % are scipy's") {
  struct Needed {
    double distance;
    std::size_t one;
    std::size_t two;
  };
  for (const Needed& needed : std::vector<Needed>{{1.0, 10, 13}, {0.5, 34, 44}, {2.0, 5, 5}, {0.1, 787, 1053}, {5.0, 3, 3}}) {
    CAPTURE(needed.distance);
    CHECK(tables::values_needed(needed.distance, 0.8, Sides::kOne) == needed.one);
    CHECK(tables::values_needed(needed.distance, 0.8, Sides::kTwo) == needed.two);
  }
  CHECK(tables::values_needed(1e-4, 0.8, Sides::kOne) == 0);
  CHECK(tables::values_needed(1e6, 0.8, Sides::kTwo) == 2);
}
