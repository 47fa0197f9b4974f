#include <doctest/doctest.h>

#include "config/options/options.hpp"

using namespace normrun;

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
