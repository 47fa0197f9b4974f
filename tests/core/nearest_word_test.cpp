#include "core/nearest_word.hpp"

#include <doctest/doctest.h>

using namespace normrun;

namespace {
const std::vector<std::string_view> kKnown = {"batch_size", "epochs", "steps", "momentum", "lr", "on"};
}

TEST_CASE("nearest_word: a typing mistake, a swap, another case, '-' for '_'") {
  CHECK(nearest_word("batchsize", kKnown) == "batch_size");
  CHECK(nearest_word("epohcs", kKnown) == "epochs");
  CHECK(nearest_word("epoch", kKnown) == "epochs");
  CHECK(nearest_word("MOMENTUM", kKnown) == "momentum");
  CHECK(nearest_word("batch-size", kKnown) == "batch_size");
  CHECK(nearest_word("momnetun", kKnown) == "momentum");
  CHECK(nearest_word("lt", kKnown) == "lr");
  CHECK(nearest_word("no", kKnown) == "on");
}

TEST_CASE("nearest_word: nothing where nothing is near") {
  CHECK(nearest_word("", kKnown) == "");
  CHECK(nearest_word("x", kKnown) == "");
  CHECK(nearest_word("xy", kKnown) == "");
  CHECK(nearest_word("learning_rate", kKnown) == "");
  CHECK(nearest_word("step", {}) == "");
  CHECK(nearest_word(std::string(1 << 20, 'a'), kKnown) == "");
}

TEST_CASE("nearest_word: the nearest, the first of two equally near") {
  CHECK(nearest_word("steps2", {"step", "steps", "steps1"}) == "steps");
  CHECK(nearest_word("cat", {"bat", "car"}) == "bat");
}
