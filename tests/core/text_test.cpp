#include "core/text.hpp"

#include <doctest/doctest.h>

using namespace normrun;

TEST_CASE("texts are shortened by characters, not by bytes") {
  CHECK(shortened("βββββ", 5) == "βββββ");
  CHECK(shortened("ββββββ", 5) == "ββββ…");
}

TEST_CASE("text is wrapped by characters; a percent sign stays with its number") {
  CHECK(wrapped("", 5, "", "") == "");
  CHECK(wrapped("βββ β ββ", 5, "", "") == "βββ β\nββ");
  CHECK(wrapped("a bb ccc", 6, "> ", "  ") == "> a bb\n  ccc");
  CHECK(wrapped("too-long-a-word b", 4, "", " ") == "too-long-a-word\n b");
  CHECK(wrapped("by 12 % of", 8, "", "") == "by 12 %\nof");
  CHECK(wrapped("by 12 % of", 6, "", "") == "by\n12 %\nof");
}
