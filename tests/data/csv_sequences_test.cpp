// csv with a `sequence` column: rows gathered, ordered, padded; what a table of sequences cannot be.
#include <doctest/doctest.h>

#include <cmath>

#include "data_rig.hpp"

namespace normrun::test {
namespace {

const std::string kSequences = R"(, "sequence": "id", "time": "t")";
const std::string kHead = "id,t,a,b,label\n";
/// Two steps of x, three of y, in disorder.
const std::string kTwo = kHead + "x,1,3,4,up\ny,20,7,8,down\ny,5,5,6,down\nx,0,1,2,up\ny,21,9,10,down\n";

}  // namespace

TEST_CASE("csv sequences: rows are gathered by the sequence, ordered by time and padded to the longest") {
  const data::Dataset<double> data = rows_of(kTwo, kSequences);
  CHECK(data.shape == Shape{3, 2});
  CHECK(data.classes == 2);
  CHECK(data.train.lengths == std::vector<Index>{2, 3});
  CHECK(data.train.labels == std::vector<std::int32_t>{1, 0});  // down, up
  CHECK(numbers(data.train.features) == std::vector<double>{1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 9, 10});
}

TEST_CASE("csv sequences: without a time column the file's order counts; columns by index; numbers to predict") {
  const data::Dataset<double> data = rows_of("7,1,0.5\n7,2,0.5\n-2,3,4\n7,4,0.5\n", R"(, "sequence": 0, "target": "number")");
  CHECK(data.shape == Shape{3, 1});
  CHECK(data.train.lengths == std::vector<Index>{3, 1});
  CHECK(numbers(data.train.features) == std::vector<double>{1, 2, 4, 3, 0, 0});
  CHECK(numbers(data.train.targets) == std::vector<double>{0.5, 4});
  CHECK(rows_of("x,1,a\ny,2,b\n", R"(, "sequence": 0)").train.samples() == 2);  // words as sequences make no header
}

TEST_CASE("csv sequences: training and test file are padded together; limit counts sequences; pad_to pads further") {
  const DataFolder folder;
  folder.write("train.csv", kTwo);
  folder.write("test.csv", kHead + "x,0,1,1,up\nx,1,1,1,up\nx,2,1,1,up\nx,3,1,1,up\n");
  const auto with = [&](const std::string& options) {
    return data_spec(R"({"type": "csv", "train": "train.csv", "test": "test.csv")" + kSequences + options + "}");
  };
  const data::Dataset<double> data = with("")->load<double>(0, folder.path());
  CHECK(data.shape == Shape{4, 2});
  CHECK(data.test.lengths == std::vector<Index>{4});
  const auto limited = with(R"(, "limit": 1, "pad_to": 6)");
  CHECK(limited->load<double>(0, folder.path()).train.lengths == std::vector<Index>{2});
  const data::DataSpec::Outline outline = limited->outline(folder.path());
  CHECK(outline.shape == Shape{6, 2});
  CHECK(outline.train_samples == 1);
  CHECK(outline.test_samples == 1);
  check_refused([&] { with(R"(, "pad_to": 3)")->load<double>(0, folder.path()); }, ExitCode::kUsage, {"4 steps", "pad_to is 3"});
}

TEST_CASE("csv sequences: padded steps take no part in the preparation") {
  const data::Dataset<double> data = rows_of(kTwo, kSequences + R"(, "standardize": true, "shift": [{"split": "train", "offset": 1}])");
  const double sd = std::sqrt(8.0);  // of 1, 3, 5, 7, 9, whose mean is 5
  CHECK(data.train.features(0, 0) == doctest::Approx(-4.0 / sd + 1.0));
  CHECK(data.train.features(1, 4) == doctest::Approx(4.0 / sd + 1.0));
  CHECK(data.train.features(0, 4) == 0.0);
  CHECK(rows_of(kTwo, kSequences + R"(, "binarize": -1)").train.features(0, 4) == 0.0);
}

TEST_CASE("csv sequences: damaged tables") {
  struct Refusal {
    std::string text;
    std::vector<std::string> words;
  };
  const std::vector<Refusal> cases = {
      {kHead + "x,0,1,2,up\nx,1,1,2,down\n", {"data.csv:3:1 (row 2)", "sequence \"x\"", "another label than", "line 2"}},
      {kHead + "x,0,1,2,up\ny,0,1,2,up\nx,0.0,1,2,up\n", {"data.csv:4:1 (row 3)", "sequence \"x\"", "same time", "line 2"}},
      {kHead + "x,0,1,2,up\nx,soon,1,2,up\n", {"data.csv:3:3 (row 2, column \"t\")", "\"soon\" is no number"}},
      {kHead + "x,0,1,2,up\n,1,1,2,up\n", {"data.csv:3:1 (row 2, column \"id\")", "the cell is empty"}},
      {kHead + "x,0,1,2,up\nx,1,1\n", {"data.csv:3:5 (row 2)", "5 cells"}},
      {"id,t,label\nx,0,up\n", {"data.csv:1:1", "only 3 columns"}},
  };
  for (const Refusal& refusal : cases) {
    CAPTURE(refusal.text);
    check_refused([&] { rows_of(refusal.text, kSequences); }, ExitCode::kDamaged, refusal.words);
  }
  check_refused([] { rows_of(kHead + "x,0,1,2,3\nx,1,1,2,4\n", kSequences + R"(, "target": "number")"); }, ExitCode::kDamaged,
                {"another label"});
}

TEST_CASE("csv sequences: columns that are not there or not their own are usage errors") {
  const auto refuse = [](const std::string& options, const std::vector<std::string>& words) {
    CAPTURE(options);
    check_refused([&] { rows_of(kTwo, options); }, ExitCode::kUsage, words);
  };
  refuse(R"(, "sequence": "ID")", {"no column is named \"ID\"", "did you mean \"id\"?"});
  refuse(R"(, "sequence": 5)", {"no column 5 to be the sequence"});
  refuse(R"(, "sequence": "id", "time": "id")", {"column 0", "the sequence and the time"});
  refuse(R"(, "sequence": "label")", {"column 4", "the label and the sequence"});
  refuse(R"(, "time": "t")", {"/data/time", "\"sequence\" column"});
  refuse(R"(, "pad_to": 9)", {"/data/pad_to", "\"sequence\" column"});
}

TEST_CASE("csv sequences: a label and a weight for each step, in the order of the steps") {
  const std::string table = "id,t,a,w,label\nx,1,3,2,up\ny,20,7,1,down\ny,5,5,3,up\nx,0,1,4,down\ny,21,9,5,mid\n";
  const std::string options = R"(, "sequence": "id", "time": "t", "weights": "w", "label_of": "step")";
  const data::Dataset<double> data = rows_of(table, options);
  CHECK(data.label_shape == Shape{3});
  CHECK(data.classes == 3);
  CHECK(data.train.labels == std::vector<std::int32_t>{0, 2, kNoLabel, 2, 0, 1});  // down, mid, up
  CHECK(data.train.weights == std::vector<double>{4, 2, 0, 3, 1, 5});
  check_refused([&] { rows_of(table, R"(, "sequence": "id", "time": "t", "ignore": ["w"])"); }, ExitCode::kDamaged,
                {"another label", "\"label_of\": \"step\""});
  check_refused([&] { rows_of(table, R"(, "label_of": "step")"); }, ExitCode::kUsage, {"label_of", "\"sequence\" column"});
}

}  // namespace normrun::test
