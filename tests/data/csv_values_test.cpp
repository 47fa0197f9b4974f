// csv: words, truths, dates and missing values become numbers; labels in several columns, in a file of their own, or missing.
#include <doctest/doctest.h>

#include <array>
#include <charconv>
#include <cmath>

#include "data_rig.hpp"

namespace normrun::test {
namespace {

const std::string kColours = "size,colour,y\n1,red,0\n2,blue,1\n3,green,0\n4,red,1\n";

}  // namespace

TEST_CASE("csv: words become one-hot, ordered by their bytes; left out or refused where asked") {
  const data::Dataset<double> data = rows_of(kColours);
  CHECK(numbers(data.train.features) == std::vector<double>{1, 0, 0, 1, 2, 1, 0, 0, 3, 0, 1, 0, 4, 0, 0, 1});
  CHECK(rows_of(kColours, R"(, "categories": "ignore")").shape == Shape{1});
  check_refused([] { rows_of(kColours, R"(, "categories": "error")"); }, ExitCode::kDamaged,
                {"data.csv:2:3 (row 1, column \"colour\")", "\"red\"", "\"ignore\": [\"colour\"]"});
  CHECK(rows_of(kColours, R"(, "category_limit": 2)").shape == Shape{1});
  check_refused([] { rows_of(kColours, R"(, "category_limit": 2, "categories": "one-hot")"); }, ExitCode::kDamaged,
                {"more than 2 different words"});
  CHECK(rows_of("n,code,y\n1,10,0\n2,9,1\n3,10,0\n", R"(, "category_columns": ["code"])").train.features(0, 2) == 1.0);  // 9, then 10
}

TEST_CASE("csv: a few words among numbers are a mistake, not categories") {
  const std::string text = "a,b,y\n1,2,0\nunknown,3,1\n4,5,0\n7,-,1\n";
  const Error error = error_of([&] { rows_of(text); });
  REQUIRE(error.problems().size() == 2);  // all of them at once
  check_refused([&] { rows_of(text); }, ExitCode::kDamaged,
                {"data.csv:3:1 (row 2, column \"a\")", "\"unknown\" is no number", "\"missing\": [\"unknown\"]",
                 "\"category_columns\": [\"a\"]", "\"ignore\": [\"a\", \"b\"]", "data.csv:5:3"});
  CHECK(numbers(rows_of(text, R"(, "missing": ["unknown", "-"], "impute": "zero")").train.features) ==
        std::vector<double>{1, 2, 0, 3, 4, 5, 7, 0});
}

TEST_CASE("csv: truths are 0 and 1") {
  CHECK(numbers(rows_of("a,b,y\nTrue,no,0\nFalse,YES,1\n").train.features) == std::vector<double>{1, 0, 0, 1});
  CHECK(numbers(rows_of("a,b,y\nT,y,0\nF,n,1\n").train.features) == std::vector<double>{1, 1, 0, 0});
}

TEST_CASE("csv: dates are left out, or become their parts") {
  const std::string text = "when,a,y\n2024-02-29,1,0\n2024-03-03,2,1\n";
  CHECK(numbers(rows_of(text).train.features) == std::vector<double>{1, 2});
  CHECK(numbers(rows_of(text, R"(, "dates": "parts")").train.features) == std::vector<double>{2024, 2, 29, 4, 1, 2024, 3, 3, 7, 2});
  CHECK(numbers(rows_of("when,y\n12:30,0\n23:05,1\n", R"(, "dates": "parts")").train.features) == std::vector<double>{12, 30, 23, 5});
}

TEST_CASE("csv: missing inputs are refused with their columns, or filled in from the training split") {
  const std::string text = "a,b,y\n1,NA,0\n,20,1\n3,30,0\n8,40,1\n";
  const Error error = error_of([&] { rows_of(text); });
  REQUIRE(error.problems().size() == 2);
  check_refused([&] { rows_of(text); }, ExitCode::kDamaged,
                {"data.csv:3:1 (row 2, column \"a\")", "\"impute\"", "\"ignore\": [\"a\", \"b\"]"});
  CHECK(numbers(rows_of(text, R"(, "impute": "mean")").train.features) == std::vector<double>{1, 30, 4, 20, 3, 30, 8, 40});
  CHECK(numbers(rows_of(text, R"(, "impute": "median")").train.features) == std::vector<double>{1, 30, 3, 20, 3, 30, 8, 40});
  CHECK(numbers(rows_of(text, R"(, "impute": "zero")").train.features) == std::vector<double>{1, 0, 0, 20, 3, 30, 8, 40});
  CHECK(numbers(rows_of(text, R"(, "impute": "drop-row")").train.features) == std::vector<double>{3, 30, 8, 40});
  CHECK(rows_of("a,b,y\n1,NA,0\n,2,1\n", R"(, "impute": "mean")").train.features(0, 1) == 2.0);
  check_refused([] { rows_of("a,b,y\n1,NA,0\n,2,1\n", R"(, "impute": "drop-row")"); }, ExitCode::kDamaged, {"no row is left"});
}

TEST_CASE("csv: what is filled in is a figure of the training rows alone") {
  const DataFolder folder;
  folder.write("train.csv", "a,y\n1,0\n3,1\nNA,0\n");
  folder.write("test.csv", "a,y\n100,0\nNA,1\n");
  const data::Dataset<double> data =
      load<double>(R"({"type": "csv", "train": "train.csv", "test": "test.csv", "impute": "mean"})", 0, folder.path());
  CHECK(numbers(data.test.features) == std::vector<double>{100, 2});
  CHECK(data.train.features(2, 0) == 2.0);
}

TEST_CASE("csv: the test file is coded as the training file is") {
  const DataFolder folder;
  folder.write("train.csv", "a,colour,y\n1,red,0\n3,blue,1\n5,red,0\n");
  folder.write("test.csv", "a,colour,y\n1,blue,0\n2,pink,1\n");
  const std::string files = R"({"type": "csv", "train": "train.csv", "test": "test.csv")";
  CHECK(numbers(load<double>(files + "}", 0, folder.path()).test.features) == std::vector<double>{1, 1, 0, 2, 0, 0});
  check_refused([&] { load<double>(files + R"(, "unknown_words": "error"})", 0, folder.path()); }, ExitCode::kDamaged,
                {"test.csv:3:3", "\"pink\"", "\"unknown_words\""});
  folder.write("test.csv", "a,colour,y\nx,blue,0\n");
  check_refused([&] { load<double>(files + "}", 0, folder.path()); }, ExitCode::kDamaged, {"test.csv:2:1", "\"x\" is no number"});
}

TEST_CASE("csv: a class called NA stays a class; rows without a label go where asked") {
  CHECK(rows_of("a,y\n1,NA\n2,x\n3,NA\n").train.labels == std::vector<std::int32_t>{0, 1, 0});
  CHECK(rows_of("a,y\n1,NA\n2,x\n,NA\n", R"(, "impute": "drop-row")").train.labels == std::vector<std::int32_t>{0, 1});
  CHECK(rows_of("a,y\n1,NA\n2,x\n3,z\n", R"(, "missing": ["NA"], "unlabelled": "drop")").train.labels == std::vector<std::int32_t>{0, 1});
  const std::string text = "a,y\n1,0\n2,\n3,1\n";
  check_refused([&] { rows_of(text); }, ExitCode::kDamaged,
                {"data.csv:3:3 (row 2, column \"y\")", "the cell is empty", "\"unlabelled\": \"drop\""});
  CHECK(numbers(rows_of(text, R"(, "unlabelled": "drop")").train.features) == std::vector<double>{1, 3});
  CHECK(numbers(rows_of("a,y\n1,0.5\n2,NA\n3,1\n", R"(, "unlabelled": "drop", "target": "number")").train.targets) ==
        std::vector<double>{0.5, 1});
}

TEST_CASE("csv: several columns to predict, in the config's order") {
  const data::Dataset<double> data = rows_of("u,a,v\n1,2,3\n4,5,6\n", R"(, "label": ["v", 0], "target": "number")");
  CHECK(data.outputs == 2);
  CHECK(numbers(data.train.features) == std::vector<double>{2, 5});
  CHECK(numbers(data.train.targets) == std::vector<double>{3, 1, 6, 4});
  check_refused([] { data_spec(R"({"type": "csv", "path": "a", "label": ["v", "u"]})"); }, ExitCode::kUsage, {"\"target\": \"number\""});
}

TEST_CASE("csv: labels in a file of their own") {
  const DataFolder folder;
  folder.write("x.csv", "a,b\n1,2\n3,4\n");
  folder.write("y.csv", "kind\ncat\ndog\n");
  const std::string config = R"({"type": "csv", "path": "x.csv", "labels": "y.csv", "test_fraction": 0})";
  const data::Dataset<double> data = load<double>(config, 0, folder.path());
  CHECK(numbers(data.train.features) == std::vector<double>{1, 2, 3, 4});
  CHECK(data.class_words == std::vector<std::string>{"cat", "dog"});
  folder.write("y.csv", "cat\ndog\ncat\n");
  check_refused([&] { load<double>(config, 0, folder.path()); }, ExitCode::kDamaged, {"y.csv", "3 labels for the 2 rows"});
}

TEST_CASE("csv: a column of weights is no input, and follows its rows") {
  const std::string text = "a,w,y\n1,2,0\n2,0.5,1\n3,0,0\n4,1,1\n";
  const data::Dataset<double> data = rows_of(text, R"(, "weights": "w")");
  CHECK(data.shape == Shape{1});
  CHECK(data.train.weights == std::vector<double>{2, 0.5, 0, 1});
  CHECK(data.digest != rows_of(text, R"(, "ignore": ["w"])").digest);
  CHECK(rows_of(text, R"(, "ignore": ["w"])").train.weights.empty());
  check_refused([] { rows_of("a,w,y\n1,-2,0\n2,1,1\n", R"(, "weights": 1)"); }, ExitCode::kDamaged,
                {"data.csv:2:3 (row 1, column \"w\")", "\"-2\" is no weight"});
  check_refused([] { rows_of("a,w,y\n1,1,0\n2,,1\n", R"(, "weights": 1)"); }, ExitCode::kDamaged, {"data.csv:3:3", "weight is missing"});
  check_refused([] { rows_of("a,w,y\n1,0,0\n2,0,1\n", R"(, "weights": 1)"); }, ExitCode::kDamaged, {"every weight is 0"});
  check_refused([] { rows_of("a,w,y\n1,0,0\n2,0,1\n", R"(, "weights": "y")"); }, ExitCode::kUsage, {"cannot be the label and the weight"});
  const DataFolder folder;
  folder.write("x.csv", text);
  const data::Dataset<double> held =
      load<double>(R"({"type": "csv", "path": "x.csv", "weights": "w", "test_fraction": 0.5})", 1, folder.path());
  for (Index r = 0; r < held.train.samples(); ++r) {
    const double of_row[] = {2, 0.5, 0, 1};
    CHECK(held.train.weights[static_cast<std::size_t>(r)] == of_row[static_cast<std::size_t>(held.train.features(r, 0)) - 1]);
  }
}

TEST_CASE("csv: the rows that seeds share give each seed what it would read itself") {
  const DataFolder folder;
  folder.write("x.csv", "a,w,y\n1,2,0\n2,0.5,1\n3,NA,0\n4,1,1\n5,3,0\n6,4,1\n7,5,0\n8,1,1\n");
  const auto spec = data_spec(
      R"({"type": "csv", "path": "x.csv", "test_fraction": 0.25, "validation_fraction": 0.25, "impute": "mean", "standardize": true})");
  const auto files = spec->read_files<float>(folder.path());
  REQUIRE(files != nullptr);
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const data::Dataset<float> own = spec->load<float>(seed, folder.path());
    const data::Dataset<float> shared = data::prepare_copy(*files, spec->preparation, seed);
    CHECK(shared.digest == own.digest);
    CHECK(shared.input_names == own.input_names);
    CHECK(shared.class_words == own.class_words);
  }
  CHECK(data_spec(R"({"type": "gaussian", "features": 2})")->read_files<float>("") == nullptr);
}

TEST_CASE("csv: long tables keep every number, whatever memory its neighbours allow") {
  // A piece of a table holds 65536 numbers: one of bytes, one of two bytes, one of floats, one of doubles, and one with a missing value.
  const Index rows = Index{5} << 16;
  std::string text = "a,y\n";
  const auto cell = [](Index row) -> double {
    const auto place = static_cast<double>(row);
    const double values[] = {static_cast<double>(row % 256), static_cast<double>(row % 65536) - 32768.0, place / 8.0, place / 7.0, place};
    return values[row >> 16];
  };
  for (Index row = 0; row < rows; ++row) {
    const bool is_missing = row == rows - 10;
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), cell(row)).ptr;
    text.append(is_missing ? "NA" : std::string(digits.data(), end)).append(row % 2 == 0 ? ",0\n" : ",1\n");
  }
  text += "-0,1\n";
  const data::Dataset<double> data = rows_of(text, R"(, "impute": "zero")");
  Index wrong = 0;
  for (Index row = 0; row < rows; ++row) {
    if (data.train.features(row, 0) != (row == rows - 10 ? 0.0 : cell(row))) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(std::signbit(data.train.features(rows, 0)));
}

TEST_CASE("csv: files of other formats are told from tables") {
  const auto refuse = [](const std::string& bytes, const std::string& word) {
    check_refused([&] { rows_of(bytes); }, ExitCode::kDamaged, {"data.csv", word});
  };
  refuse("PAR1\x15\x04", "read_parquet");
  refuse("ARROW1\0\0", "read_feather");
  refuse(std::string("PK\3\4\0\0\0\0", 8) + "[Content_Types].xml", "Excel");
  refuse(std::string("PK\3\4\0\0\0\0", 8) + "b.csv", "unzip");
  refuse(std::string("SQLite format 3\0", 16), "sqlite3");
  refuse("\x89HDF\r\n\x1A\n", "HDF5");
  refuse("\x80\x04\x95", "pickle");
  refuse("% comment\n@RELATION iris\n", "ARFF");
  refuse("[{\"a\": 1}]", "JSON");
  refuse("BZh91AY", "bunzip2");
  refuse("\x93NUMPY\1", "\"type\": \"npy\"");
}

}  // namespace normrun::test
