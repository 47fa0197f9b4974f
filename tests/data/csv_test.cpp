#include <doctest/doctest.h>

#include "data_rig.hpp"

namespace normrun::test {
TEST_CASE("csv: a table with a header; the label is the last column") {
  const data::Dataset<double> data = rows_of("a,b,label\n1,2.5,0\n-3e-2,+4,1\n");
  CHECK(data.shape == Shape{2});
  CHECK(data.classes == 2);
  CHECK(numbers(data.train.features) == std::vector<double>{1, 2.5, -0.03, 4});
  CHECK(data.train.labels == std::vector<std::int32_t>{0, 1});
}

TEST_CASE("csv: quotes, line ends in cells, CRLF, byte order mark, empty lines, spaces, no last line end") {
  const data::Dataset<double> data =
      rows_of("\xEF\xBB\xBF\"a\",\"b, \"\"c\"\"\",\"two\nlines\"\r\n\r\n\"1\", 2 ,x\r\n3,4,\"say \"\"y\"\"\"\r\n\n5,6,\"x\"");
  CHECK(numbers(data.train.features) == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(data.train.labels == std::vector<std::int32_t>{1, 0, 1});  // "say \"y\"" < "x"
}

TEST_CASE("csv: doubled quotes within a quoted cell") {
  const data::Dataset<double> data = rows_of("\"the \"\"kind\"\" of it\",a\n0,1\n", R"(, "label": "the \"kind\" of it")");
  CHECK(numbers(data.train.features) == std::vector<double>{1});
}

TEST_CASE("csv: the classes of the config are all classes, in its order") {
  const std::string text = "a,label\n1,dog\n2,cat\n3,dog\n";
  const data::Dataset<double> data = rows_of(text, R"(, "classes": ["dog", "bird", "cat"])");
  CHECK(data.classes == 3);
  CHECK(data.class_words == std::vector<std::string>{"dog", "bird", "cat"});
  CHECK(data.train.labels == std::vector<std::int32_t>{0, 2, 0});
  CHECK(rows_of("a,label\n1,2\n2,2\n", R"(, "classes": ["2", "1"])").train.labels == std::vector<std::int32_t>{0, 0});
  check_refused([&] { rows_of(text, R"(, "classes": ["dog", "bird"])"); }, ExitCode::kDamaged, {"data.csv:3:3", "\"cat\"", "data.classes"});
  check_refused([&] { rows_of(text, R"(, "classes": ["dog", "cat", "dog"])"); }, ExitCode::kUsage, {"data.classes", "\"dog\""});
}

TEST_CASE("csv: the header is found out or given") {
  CHECK(rows_of("1,2,0\n3,4,1\n").train.samples() == 2);
  CHECK(rows_of("1,2,cat\n3,4,dog\n").train.samples() == 2);  // words as labels make no header
  CHECK(rows_of("a,b,c\n1,2,0\n3,4,1\n").train.samples() == 2);
  CHECK(rows_of("1,2,3\n1,2,0\n3,4,1\n", R"(, "header": true)").train.samples() == 2);
  CHECK(rows_of("1,2,3\n1,2,0\n3,4,1\n", R"(, "header": false)").train.samples() == 3);
  check_refused([] { rows_of("a,b,c\n1,2,0\n", R"(, "header": false)"); }, ExitCode::kDamaged, {"data.csv:1:1", "\"a\" is no number"});
}

TEST_CASE("csv: the label column by name, index and from the end") {
  const std::string text = "kind,a,b\n0,1,2\n1,3,4\n";
  for (const std::string label : {"\"kind\"", "0", "-3"}) {
    CAPTURE(label);
    const data::Dataset<double> data = rows_of(text, ", \"label\": " + label);
    CHECK(numbers(data.train.features) == std::vector<double>{1, 2, 3, 4});
    CHECK(data.train.labels == std::vector<std::int32_t>{0, 1});
  }
  check_refused([&] { rows_of(text, R"(, "label": "kimd")"); }, ExitCode::kUsage,
                {"no column is named \"kimd\"", "did you mean \"kind\"?"});
  check_refused([&] { rows_of(text, R"(, "label": 3)"); }, ExitCode::kUsage, {"no column 3", "3 columns"});
  check_refused([&] { rows_of(text, R"(, "label": -4)"); }, ExitCode::kUsage, {"no column -4"});
}

TEST_CASE("csv: columns that are ignored may hold anything") {
  const std::string text = "id,a,colour,b,kind\nx-1,1,red,2,0\n,3,,4,1\n";
  const data::Dataset<double> data = rows_of(text, R"(, "ignore": ["colour", "id"])");
  CHECK(data.shape == Shape{2});
  CHECK(numbers(data.train.features) == std::vector<double>{1, 2, 3, 4});
  CHECK(data.train.labels == std::vector<std::int32_t>{0, 1});
  check_refused([&] { rows_of(text, R"(, "ignore": ["id"])"); }, ExitCode::kDamaged,
                {"data.csv:3:4 (row 2, column \"colour\")", "the cell is empty", "\"ignore\": [\"colour\"]"});
  check_refused([&] { rows_of(text, R"(, "ignore": ["color"])"); }, ExitCode::kUsage, {"\"color\"", "did you mean \"colour\"?"});
  check_refused([&] { rows_of(text, R"(, "ignore": ["kind"])"); }, ExitCode::kUsage, {"cannot be the label and the ignored one"});
}

TEST_CASE("csv: classes are numbered by value, words by their bytes; numbers to predict stay") {
  CHECK(rows_of("1,10\n2,9\n3,10\n4,-1\n").train.labels == std::vector<std::int32_t>{2, 1, 2, 0});
  CHECK(rows_of("1,2\n2,0\n3,1.0\n4,1\n").train.labels == std::vector<std::int32_t>{2, 0, 1, 1});
  CHECK(rows_of("1,b\n2,a\n3,10\n").train.labels == std::vector<std::int32_t>{2, 1, 0});
  const data::Dataset<double> regression = rows_of("1,0.5\n2,7\n", R"(, "target": "number")");
  CHECK(regression.classes == 0);
  CHECK(regression.outputs == 1);
  CHECK(numbers(regression.train.targets) == std::vector<double>{0.5, 7});
}

TEST_CASE("csv: damaged tables") {
  struct Refusal {
    std::string text;
    std::vector<std::string> words;
  };
  const std::string head = "x1,x2,x3,label\n1,2,3,0\n";
  const std::vector<Refusal> cases = {
      {"", {"data.csv: is empty"}},
      {"\n\n", {"data.csv: is empty"}},
      {"a,b\n", {"data.csv: holds no row"}},
      {"1\n2\n", {"data.csv:1:1", "only one column"}},
      {head + "1,2,,0\n", {"data.csv:3:5 (row 2, column \"x3\")", "the cell is empty"}},
      {head + "1,2,  ,0\n", {"data.csv:3:5 (row 2, column \"x3\")", "the cell is empty"}},
      {head + "1,NaN,3,0\n", {"data.csv:3:3 (row 2, column \"x2\")", "\"NaN\" is a missing value", "\"impute\""}},
      {head + "1,-inf,3,0\n", {"data.csv:3:3", "\"-inf\" is no finite number"}},
      {head + "1,1e999,3,0\n", {"data.csv:3:3", "too large or too small"}},
      {head + "one,2,3,0\n", {"data.csv:3:1 (row 2, column \"x1\")", "\"one\" is no number"}},
      {head + "0x10,2,3,0\n", {"data.csv:3:1", "is no number"}},
      {head + "1 2,2,3,0\n", {"data.csv:3:1", "is no number"}},
      {head + "1,2,3\n", {"data.csv:3:5 (row 2)", "4 cells"}},
      {head + "1,2,3,4,5\n", {"data.csv:3:9 (row 2)", "4 cells"}},
      {head + "1,2,3,\n", {"data.csv:3:7 (row 2, column \"label\")", "the cell is empty"}},
      {head + "1,2,3,nan\n", {"data.csv:3:7 (row 2, column \"label\")", "\"nan\" is no finite number"}},
      {head + "1,2,\"3,0\n4,5,6,0\n", {"data.csv:3:5", "never closed"}},
      {head + "1,2\"2,3,0\n", {"data.csv:3:4", "quote amid a cell"}},
      {head + "1,\"2\"2,3,0\n", {"data.csv:3:6", "after its closing quote"}},
      {"1,2,,0\n", {"data.csv:1:5 (row 1, column 3)", "the column holds no value", "\"ignore\": [2]"}},
      {"NA,2,3,0\n1,2,3,0\n", {"data.csv:1:1 (row 1, column 1)", "\"NA\" is a missing value", "\"ignore\": [0]"}},
      {"ab,2,3,0\n1,2,3,0\n2,2,3,1\n", {"data.csv:1:1 (row 1, column 1)", "\"ab\" is no number", "\"header\": true"}},
  };
  for (const Refusal& refusal : cases) {
    CAPTURE(refusal.text);
    check_refused([&] { rows_of(refusal.text); }, ExitCode::kDamaged, refusal.words);
  }
}

TEST_CASE("csv: training and test files must match") {
  const DataFolder folder;
  folder.write("train.csv", "a,b,label\n1,2,cat\n3,4,dog\n");
  const auto with_test = [&](const std::string& text) {
    folder.write("test.csv", text);
    return load<float>(R"({"type": "csv", "train": "train.csv", "test": "test.csv"})", 0, folder.path());
  };
  const data::Dataset<float> data = with_test("a,b,label\n5,6,dog\n");
  CHECK(data.train.samples() == 2);
  CHECK(data.test.labels == std::vector<std::int32_t>{1});
  check_refused([&] { with_test("a,label\n1,dog\n"); }, ExitCode::kDamaged, {"test.csv", "2 columns", "3"});
  check_refused([&] { with_test("b,a,label\n1,2,dog\n"); }, ExitCode::kDamaged, {"test.csv", "column 1", "\"b\"", "\"a\""});
  check_refused([&] { with_test("a,b,label\n1,2,cat\n1,2,cow\n"); }, ExitCode::kDamaged, {"test.csv:3:5 (row 2)", "\"cow\"", "train.csv"});
}

TEST_CASE("csv: limit keeps the first rows and all classes; gzip is read as is") {
  const std::string text = "1,2,c\n3,4,b\n5,6,a\n";
  const data::Dataset<double> limited = rows_of(text, R"(, "limit": 2)");
  CHECK(limited.classes == 3);
  CHECK(limited.train.labels == std::vector<std::int32_t>{2, 1});
  CHECK(rows_of(gzip(text)).digest == rows_of(text).digest);
}

TEST_CASE("csv: which files are meant must be clear") {
  check_refused([] { data_spec(R"({"type": "csv"})"); }, ExitCode::kUsage, {"either \"path\""});
  check_refused([] { data_spec(R"({"type": "csv", "path": "a", "train": "b"})"); }, ExitCode::kUsage, {"either \"path\""});
  check_refused([] { data_spec(R"({"type": "csv", "path": "a", "test": "b"})"); }, ExitCode::kUsage, {"\"train\" file beside it"});
}

}  // namespace normrun::test
