#include "config/json/words.hpp"

#include <doctest/doctest.h>

#include "config/options/document.hpp"

using namespace normrun;

namespace {
const std::vector<std::string_view> kKnown = {"batch_size", "epochs", "steps", "momentum", "lr", "on"};
}

TEST_CASE("nearest_word: a typing mistake, a swap, another case, '-' for '_'") {
  CHECK(config::nearest_word("batchsize", kKnown) == "batch_size");
  CHECK(config::nearest_word("epohcs", kKnown) == "epochs");
  CHECK(config::nearest_word("epoch", kKnown) == "epochs");
  CHECK(config::nearest_word("MOMENTUM", kKnown) == "momentum");
  CHECK(config::nearest_word("batch-size", kKnown) == "batch_size");
  CHECK(config::nearest_word("momnetun", kKnown) == "momentum");
  CHECK(config::nearest_word("lt", kKnown) == "lr");
  CHECK(config::nearest_word("no", kKnown) == "on");
}

TEST_CASE("nearest_word: nothing where nothing is near") {
  CHECK(config::nearest_word("", kKnown) == "");
  CHECK(config::nearest_word("x", kKnown) == "");
  CHECK(config::nearest_word("xy", kKnown) == "");
  CHECK(config::nearest_word("learning_rate", kKnown) == "");
  CHECK(config::nearest_word("step", {}) == "");
  CHECK(config::nearest_word(std::string(1 << 20, 'a'), kKnown) == "");
}

TEST_CASE("nearest_word: the nearest, the first of two equally near") {
  CHECK(config::nearest_word("steps2", {"step", "steps", "steps1"}) == "steps");
  CHECK(config::nearest_word("cat", {"bat", "car"}) == "bat");
}

TEST_CASE("Family: find and make") {
  struct Plain : config::Described {
    void describe(config::OptionVisitor&) override {}
  };
  const config::Family family{"thing", {{"a", "", "", [] { return std::make_shared<Plain>(); }}}};
  REQUIRE(family.find("a") != nullptr);
  CHECK(family.find("b") == nullptr);
  CHECK(family.make("a")->type == "a");
  CHECK(family.make("b") == nullptr);
}
