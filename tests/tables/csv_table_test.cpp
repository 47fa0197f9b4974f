#include "tables/csv_table.hpp"

#include <doctest/doctest.h>

using namespace normrun;

TEST_CASE("our own CSV reads back") {
  const tables::ResultTable table("a,b\n1,\"x,\"\"y\"\"\"\n,2\n");
  CHECK(table.rows() == 2);
  CHECK(table.column("b") == 1);
  CHECK(table.column("c") == -1);
  CHECK(table.at(0, 1) == "x,\"y\"");
  CHECK(table.at(1, 0).empty());
}
