#include "core/shape.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <stdexcept>

using namespace normrun;

TEST_CASE("a shape knows its size, channels and positions") {
  const Shape image{28, 14, 3};
  CHECK(image.rank() == 3);
  CHECK(image.size() == 1176);
  CHECK(image.channels() == 3);
  CHECK(image.positions() == 392);
  CHECK(image.text() == "(28, 14, 3)");
  CHECK(Shape{}.size() == 1);
  CHECK(Shape{}.text() == "()");
  CHECK(image == Shape{28, 14, 3});
  CHECK(image != Shape{28, 14});
}

TEST_CASE("a shape refuses dimensions below 1 and sizes beyond 2^31") {
  CHECK_THROWS_AS(Shape({3, 0}), std::invalid_argument);
  CHECK_THROWS_AS(Shape({-1}), std::invalid_argument);
  CHECK(Shape({Index{1} << 31}).size() == Index{1} << 31);
  CHECK_THROWS_AS(Shape({(Index{1} << 31) + 1}), std::invalid_argument);
  CHECK_THROWS_AS(Shape({Index{1} << 20, Index{1} << 20, Index{1} << 24, Index{1} << 20}), std::invalid_argument);
}

TEST_CASE("checked_product refuses what does not fit") {
  Index product = 0;
  CHECK(checked_product(Index{1} << 31, Index{1} << 31, product));
  CHECK(product == Index{1} << 62);
  CHECK_FALSE(checked_product(Index{1} << 32, Index{1} << 31, product));
}
