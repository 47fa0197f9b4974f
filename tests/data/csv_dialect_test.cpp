// csv: delimiters, decimal marks, comments, line ends and encodings that the file itself tells, and those that the config says.
#include <doctest/doctest.h>

#include "data/csv_number.hpp"
#include "data_rig.hpp"

namespace normrun::test {
namespace {

const std::vector<double> kFour = {1.5, -2, 3, 0.25};

/// Two rows of two numbers and two classes.
void check_four(const std::string& text, const std::string& options = "") {
  CAPTURE(text);
  const data::Dataset<double> data = rows_of(text, options);
  CHECK(data.shape == Shape{2});
  CHECK(numbers(data.train.features) == kFour);
  CHECK(data.train.labels == std::vector<std::int32_t>{0, 1});
}

std::string utf16(const std::string& ascii, bool is_little, bool has_mark) {
  std::string bytes = !has_mark ? "" : is_little ? "\xFF\xFE" : "\xFE\xFF";
  for (const char c : ascii) bytes += is_little ? std::string{c, '\0'} : std::string{'\0', c};
  return bytes;
}

}  // namespace

TEST_CASE("csv: the delimiter is found: comma, semicolon, tab, bar, runs of blanks") {
  check_four("a,b,y\n1.5,-2,no\n3,0.25,yes\n");
  check_four("a;b;y\n1.5;-2;no\n3;0.25;yes\n");
  check_four("a\tb\ty\n1.5\t-2\tno\n3\t0.25\tyes\n");
  check_four("a|b|y\n1.5|-2|no\n3|0.25|yes\n");
  check_four("a b y\n1.5 -2 no\n3 0.25 yes\n");
  check_four("  a    b  y\n  1.5   -2 no \n  3.0 \t 0.25   yes\n\n");
  check_four("1.5   -2 \"a b\"\n  3.0  0.25  \"c d\"\n");
  check_four("a, b, y\n1.5, -2, no\n3, 0.25, yes\n");
  check_four("\"a b\";\"c,d\";y\n1.5;-2;no\n3;0.25;yes\n");
  check_four("a,  \"b\" , y\n1.5, \"-2\",   \"no\"\n3,\"0.25\" ,\"yes\"\n");
  CHECK(rows_of("s,d,p\nM,Jan 1 2000,39\nA,Feb 1 2000,40.5\n", R"(, "target": "number")").outputs == 1);  // no blanks and commas
  check_four("a:b:y\n1.5:-2:no\n3:0.25:yes\n", R"(, "delimiter": ":")");
  check_four("a\tb\ty\n1.5\t-2\tno\n3\t0.25\tyes\n", R"(, "delimiter": "tab")");
  check_four("sep=;\r\na;b;y\r\n1.5;-2;no\r\n3;0.25;yes\r\n");  // what spreadsheets write and read
  check_four("SEP=\t\na\tb\ty\n1.5\t-2\tno\n3\t0.25\tyes\n");
  CHECK(rows_of("no\tso, then\nyes\tso, now\nno\tso, yes\nyes\tso, then\n", R"(, "label": 0)").class_words.size() == 2);
  // Blanks inside of texts do not separate cells, even if all texts have the same number of words.
  CHECK(rows_of("no\tcall me 1 day\n yes\twin it 2 day\nno\tcall me 3 day\n", R"(, "label": 0)").shape == Shape{3});
  check_refused([] { rows_of("a,b,y\n1,2,3\n", R"(, "delimiter": "ab")"); }, ExitCode::kUsage, {"\"ab\" is no delimiter", "\"tab\""});
}

TEST_CASE("csv: a decimal comma where it is the only consistent reading, or said; thousands where asked") {
  check_four("a;b;y\n1,5;-2;no\n3,0;0,25;yes\n");
  check_four("a,b,y\n\"1,5\",-2,no\n3,\"0,25\",yes\n");
  check_four("a b y\n1,5 -2 no\n3 0,25 yes\n");
  check_four("a;b;y\n1,500;-2;no\n3;0,250;yes\n", R"(, "decimal": ",")");
  CHECK(numbers(rows_of("a,b,y\n\"1,234\",2,0\n\"12,345,678\",3.5,1\n", R"(, "thousands": ",")").train.features) ==
        std::vector<double>{1234, 2, 12345678, 3.5});
  CHECK(numbers(rows_of("a;y\n1.234,5;0\n6;1\n", R"(, "thousands": ".", "decimal": ",")").train.features) ==
        std::vector<double>{1234.5, 6});
  check_four("a;b;y\n1,500;-2;no\n3;0,250;yes\n");  // no thousands begin with 0
  CHECK(numbers(rows_of("a;b;y\n1.234,5;0,5;0\n6;1,5;1\n", R"(, "thousands": ".")").train.features) ==
        std::vector<double>{1234.5, 0.5, 6, 1.5});
  check_refused([] { rows_of("a,b,y\n\"0,234\",2,0\n\"1,345\",3.5,1\n", R"(, "thousands": ",", "categories": "error")"); },
                ExitCode::kDamaged, {"0,234"});
  CHECK(rows_of("a;b;y\n1,234;2;0\n5,678;3;1\n").shape == Shape{3});  // 1,234 may be 1234 as well: two words and a number, not a guess
}

TEST_CASE("csv: comments, lines before the table, line ends, trailing delimiters") {
  check_four("# made by hand\n# unit: mm\na,b,y\n1.5,-2,no\n3,0.25,yes\n");
  check_four("#a,b,y\n1.5,-2,no\n3,0.25,yes\n");  // a header that begins like a comment
  check_four("a,b,y\n1.5,-2,no\n! a pause\n3,0.25,yes\n", R"(, "comment": "!")");
  check_four("Table 1\nwith a title\na,b,y\n1.5,-2,no\n3,0.25,yes\n", R"(, "skip_rows": 2)");
  check_refused([] { rows_of("Table 1\nwith a title\na,b,y\n1.5,-2,no\n3,0.25,yes\n"); }, ExitCode::kDamaged,
                {"data.csv:1:1", "\"skip_rows\": 2"});
  check_four("a,b,y\r1.5,-2,no\r3,0.25,yes\r");
  check_four("a,b,y,\n1.5,-2,no,\n3,0.25,yes,\n");
  check_four("a,b,y\n1.5,-2,no,\n3,0.25,yes,\n");
  check_four("a b y\n1 1.5 -2 no\n2 3 0.25 yes\n");  // R's write.table: row names without a name
}

TEST_CASE("csv: UTF-16 by its mark or its zeros, Latin-1 found or said, no NUL bytes") {
  const std::string text = "a,b,y\n1.5,-2,no\n3,0.25,yes\n";
  for (const bool is_little : {true, false}) {
    check_four(utf16(text, is_little, true));
    check_four(utf16(text, is_little, false));
  }
  const std::string latin = "T\xE9,b,y\n1.5,-2,no\n3,0.25,yes\n";
  check_four(latin, R"(, "category_columns": [], "ignore": [])");
  CHECK(rows_of(latin, R"(, "ignore": ["Té"])").shape == Shape{1});
  CHECK(rows_of(latin, R"(, "ignore": ["Té"], "encoding": "latin-1")").shape == Shape{1});
  check_refused([] { rows_of(std::string("a,b,y\n1,2,n\0o\n", 14)); }, ExitCode::kDamaged, {"data.csv:2:6", "NUL"});
}

TEST_CASE("csv: the first line names columns where words stand over numbers; it is never lost otherwise") {
  CHECK(rows_of("M,0.4,15\nF,0.5,7\nM,0.6,9\n", R"(, "target": "number")").train.samples() == 3);
  CHECK(rows_of("p,x,s\ne,x,s\ne,b,s\np,b,n\n", R"(, "label": 0)").train.samples() == 4);           // words that occur again
  CHECK(rows_of("kind,cap,odour\ne,x,s\ne,b,s\np,b,n\n", R"(, "label": 0)").train.samples() == 3);  // names that do not
  CHECK(rows_of("0,1,2,target\n5,6,7,1\n8,9,7,0\n").train.samples() == 2);                          // numbers that count: names
  CHECK(rows_of("5,6,7,a\n8,9,7,b\n").train.samples() == 2);
  CHECK(rows_of(",a,y\n3,1,0\n5,2,1\n").train.samples() == 2);
}

TEST_CASE("csv: an index column is left out, or kept where asked") {
  std::string counting = "n,a,y\n";
  std::string unnamed = ",a,y\n";
  for (int row = 0; row < 10; ++row) {
    counting += std::to_string(row + 1) + "," + std::to_string(row * row) + "," + std::to_string(row % 2) + "\n";
    unnamed += "row " + std::to_string(row) + "," + std::to_string(row * row) + "," + std::to_string(row % 2) + "\n";
  }
  CHECK(rows_of(counting).shape == Shape{1});
  CHECK(rows_of(counting).train.features(3, 0) == 9.0);
  CHECK(rows_of(unnamed).shape == Shape{1});
  CHECK(rows_of(counting, R"(, "index": "keep")").shape == Shape{2});
  CHECK(rows_of("n,y\n0,1\n1,0\n2,1\n3,1\n4,0\n5,0\n6,1\n7,0\n8,1\n").shape == Shape{1});  // the only input
  const DataFolder folder;
  folder.write("data.csv", counting);
  const data::DataSpec::Outline outline = data_spec(R"({"type": "csv", "path": "data.csv"})")->outline(folder.path());
  REQUIRE(outline.notes.size() == 1);
  CHECK(outline.notes[0].find("column \"n\" counts the rows") != std::string::npos);
}

TEST_CASE("csv: columns are ignored by index and pattern; duplicate names are refused until one is left out") {
  const std::string text = "a,pixel1,pixel2,b,y\n1,x,z,2,0\n3,x,z,4,1\n";
  CHECK(numbers(rows_of(text, R"(, "ignore": ["pixel*"])").train.features) == std::vector<double>{1, 2, 3, 4});
  CHECK(numbers(rows_of(text, R"(, "ignore": [1, -3])").train.features) == std::vector<double>{1, 2, 3, 4});
  CHECK(numbers(rows_of(text, R"(, "ignore": ["?ixel?", 0])").train.features) == std::vector<double>{2, 4});
  check_refused([&] { rows_of(text, R"(, "ignore": ["pixle*"])"); }, ExitCode::kUsage, {"no column is named \"pixle*\""});
  const std::string twice = "a,a,y\n1,2,0\n3,4,1\n";
  check_refused([&] { rows_of(twice); }, ExitCode::kDamaged, {"columns 0 and 1", "\"a\"", "\"ignore\": [1]"});
  CHECK(numbers(rows_of(twice, R"(, "ignore": [1])").train.features) == std::vector<double>{1, 3});
}

TEST_CASE("csv: a record that is longer than what is read at a time, and a table of many pieces") {
  const std::string long_name(3000000, 'x');
  CHECK(rows_of("a,b,y\n1,\"" + long_name + "\",0\n3,b,1\n").shape == Shape{3});
  std::string many = "a,b,y\n";
  for (int row = 0; row < 100000; ++row)
    many += std::to_string(row * 7 % 1000) + ",\"" + std::to_string(row) + ".5\"," + std::to_string(row % 3) + "\r\n";
  const data::Dataset<double> data = rows_of(many);
  CHECK(data.train.samples() == 100000);
  CHECK(data.train.features(99999, 1) == 99999.5);
  CHECK(data.train.features(50000, 0) == 0.0);
  check_refused([&] { rows_of("a,y\n\"" + long_name); }, ExitCode::kDamaged, {"data.csv:2:1", "never closed"});
}

TEST_CASE("csv: numbers are read as std::from_chars reads them") {
  const data::CellReader reader;
  for (const char* const text : {"0.1", "123456789012345", "1234567890123456", "0.000123", "-7.25", "+3", ".5", "5.", "1e-5", "-1.5E3",
                                 "0.30000000000000004", "9007199254740993"}) {
    CAPTURE(text);
    const data::CellNumber number = reader.read(text);
    CHECK(number.reading == data::CellReading::kNumber);
    CHECK(number.value == std::strtod(text, nullptr));
  }
  for (const char* const text : {"0x10", "1 2", "--1", "1e", "1,5", ".", "-", "12a"})
    CHECK(reader.read(text).reading == data::CellReading::kText);
  for (const char* const text : {"", "  ", "NA", "nan", "NULL", "?", "None"})
    CHECK(reader.read(text).reading == data::CellReading::kMissing);
}

TEST_CASE("csv: dates and times of day") {
  CHECK(data::read_date("1970-01-02")->seconds == 86400.0);
  CHECK(data::read_date("2024-02-29T12:30:15Z")->seconds == 1709209815.0);
  CHECK(data::read_date("29/02/2024")->seconds == 1709164800.0);
  CHECK(data::read_date("02/29/2024")->seconds == 1709164800.0);  // no month 29
  CHECK(data::read_date("18.00.00")->seconds == 64800.0);
  CHECK(data::read_date("07:05")->seconds == 25500.0);
  for (const char* const text : {"2023-02-29", "12.5", "1-2", "2024", "31/31/2024", "12:77", "a-b-c", "2024-01-01x"})
    CHECK_FALSE(data::read_date(text).has_value());
  const data::DateParts parts = data::parts_of_date(1709209815.0);
  CHECK(parts.year == 2024);
  CHECK(parts.month == 2);
  CHECK(parts.day == 29);
  CHECK(parts.weekday == 4);
  CHECK(parts.hour == 12);
  CHECK(parts.minute == 30);
}

}  // namespace normrun::test
