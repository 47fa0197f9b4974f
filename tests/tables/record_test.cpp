#include "tables/record.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

using namespace normrun;

TEST_CASE("numbers are written with the fewest digits that read back") {
  for (const double value : {0.1, 1.0 / 3.0, 1e300, 5e-324, -0.0, 123456789.0, 0.30000000000000004}) {
    CHECK(std::strtod(tables::shortest(value).c_str(), nullptr) == value);
  }
  CHECK(tables::shortest(0.1) == "0.1");
  CHECK(tables::shortest(-std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(tables::shortest(-std::numeric_limits<double>::infinity()) == "-inf");
}

TEST_CASE("fields are quoted as RFC 4180 says") {
  CHECK(tables::csv_field(std::string_view("plain")) == "plain");
  CHECK(tables::csv_field(std::string_view("a,b")) == "\"a,b\"");
  CHECK(tables::csv_field(std::string_view("say \"x\"\n")) == "\"say \"\"x\"\"\n\"");
  CHECK(tables::Cell{}.field() == "");
  CHECK(tables::Cell{Index{7}}.field() == "7");
  CHECK(tables::cell_or_empty(std::nan("")).field() == "");
  CHECK(tables::Cell{std::nan("")}.field() == "nan");
}

TEST_CASE("a record's line is the keys and then one field for each column, whatever the order of the cells") {
  tables::RunRecord record;
  record.keys = "batch-b4-s0,batch,4,0,";
  record.add(tables::TableId::kHistory, {{"samples", Index{100}},
                                         {"epoch", Index{1}},
                                         {"step", Index{20}},
                                         {"mode", std::string_view("eval")},
                                         {"split", std::string_view("test")},
                                         {"loss", 0.5}});
  CHECK(record.lines[static_cast<std::size_t>(tables::TableId::kHistory)] == "batch-b4-s0,batch,4,0,1,20,test,eval,0.5,,100\n");
}

TEST_CASE("a cell of no column, or of one that has a cell already, is a mistake in the program") {
  tables::RunRecord record;
  CHECK_THROWS_AS(record.add(tables::TableId::kProbes, {{"valeu", 1.0}}), std::logic_error);
  CHECK_THROWS_AS(record.add(tables::TableId::kProbes, {{"value", 1.0}, {"value", 2.0}}), std::logic_error);
}

TEST_CASE("table ids index the descriptions") {
  CHECK(tables::tables().size() == tables::kTableCount);
  for (const tables::Table& described : tables::tables()) CHECK(tables::table(described.id).file == described.file);
}
