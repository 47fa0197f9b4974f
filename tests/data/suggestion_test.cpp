// What `normrun init` and `inspect` conclude from a file.
#include <doctest/doctest.h>

#include <algorithm>

#include "data/array_suggestion.hpp"
#include "data/csv_suggestion.hpp"
#include "data_rig.hpp"

namespace normrun::test {
namespace {

std::string keys_text(const data::CsvSuggestion& found) {
  std::string text;
  for (const auto& [key, value] : found.keys()) text += (text.empty() ? "" : ", ") + key + ": " + value;
  return text;
}

data::CsvSuggestion suggest(const std::string& text, const std::string& target = "") {
  const DataFolder folder;
  return data::suggest_csv(folder.write("data.csv", text), target);
}

/// Twelve rows whose cells `cells` gives.
template <class Cells>
std::string twelve(const std::string& header, const Cells& cells) {
  std::string text = header;
  for (int row = 0; row < 12; ++row) text += cells(row) + "\n";
  return text;
}

}  // namespace

TEST_CASE("init: classes in the last column, words, missing cells and dates") {
  const std::string text = twelve("age,town,when,kind\n", [](int row) {
    return (row == 3 ? std::string() : std::to_string(20 + row * row)) + (row % 2 == 0 ? ",Bonn" : ",Ulm") + ",2024-01-" +
           std::to_string(10 + row) + (row % 3 == 0 ? ",yes" : ",no");
  });
  const data::CsvSuggestion found = suggest(text);
  CHECK(found.is_classes);
  CHECK(found.outputs == 2);
  CHECK(keys_text(found) == R"(label: "kind", dates: "parts", impute: "mean", standardize: true)");
}

TEST_CASE("init: numbers to predict, identifiers, texts and marks of missing values") {
  const std::string text = twelve("id,price,size,name\n", [](int row) {
    return std::to_string(100 - 7 * row) + "," + std::to_string(row) + ".5," + (row == 5 ? "unknown" : std::to_string(row * row)) +
           ",name " + std::to_string(row);
  });
  const data::CsvSuggestion found = suggest(text, "price");
  CHECK_FALSE(found.is_classes);
  CHECK(
      keys_text(found) ==
      R"(label: "price", target: "number", ignore: ["id"], missing: ["unknown"], impute: "mean", standardize_target: true, standardize: true)");
}

TEST_CASE("init: a column whose name says so is the target; a table without names counts its columns") {
  CHECK(suggest(twelve("Species,a,b\n", [](int row) {
          return std::string(row % 2 ? "x" : "y") + "," + std::to_string(row * 3) + "," + std::to_string(row * row);
        })).target == 0);
  const data::CsvSuggestion found =
      suggest(twelve("", [](int row) { return std::to_string(row * 3 + 5) + "," + std::to_string(row % 3); }));
  CHECK(found.target == 1);
  CHECK(keys_text(found) == "standardize: true");
  check_refused([] { suggest("a,b\n1,2\n3,4\n", "c"); }, ExitCode::kUsage, {"no column is named \"c\""});
  check_refused([] { suggest("a,b\n1,2\n3,2\n", "b"); }, ExitCode::kUsage, {"column \"b\" cannot be predicted", "--target"});
}

TEST_CASE("init: a first line that is neither names nor data is left out") {
  const data::CsvSuggestion found = suggest(twelve("12,2,low,high\n", [](int row) {
    return std::to_string(row * row) + ".5," + std::to_string(row * 3) + "," + std::to_string(row * 7 % 12) + "," + std::to_string(row % 2);
  }));
  CHECK(found.table.rows == 12);
  CHECK(keys_text(found) == "skip_rows: 1, standardize: true");
}

TEST_CASE("init: lines before the table and thousands") {
  const data::CsvSuggestion found = suggest(twelve("A title\na,b,y\n", [](int row) {
    return "\"1,00" + std::to_string(row % 10) + "\"," + std::to_string(row * row) + "," + std::to_string(row % 2);
  }));
  CHECK(keys_text(found) == R"(label: "y", skip_rows: 1, thousands: ",", standardize: true)");
}

bool is_noted(const data::CsvSuggestion& found, const std::string& text) {
  return std::any_of(found.notes.begin(), found.notes.end(), [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

TEST_CASE("init: notes tell what becomes of missing values, of words among numbers, and of numbers with marks") {
  const data::CsvSuggestion found = suggest(twelve("a,b,c,d,price,y\n", [](int row) {
    const std::string n = std::to_string(row * row);
    return (row == 3 ? "" : n) + "," + (row == 4 ? "inf" : n) + "," + std::to_string(row % 4) + " %," + (row > 9 ? "-999" : n) + ",\"$ " +
           n + ",500\"," +
           (row == 5       ? ""
            : row % 2 == 0 ? "1"
                           : "0");
  }));
  CHECK(is_noted(found, "column \"a\" lacks 1 value: the mean"));
  CHECK(is_noted(found, "column \"b\" mixes numbers and words: the words \"inf\" count as missing"));
  CHECK(is_noted(found, "column \"c\" counts as words, because each of its numbers has \"%\""));
  CHECK(is_noted(found, "column \"d\" holds -999 in 2 rows, far from its other numbers: if it means a missing value, add \"-999\""));
  CHECK(is_noted(found, "column \"price\" counts as words, because each of its numbers has \"$\""));
  CHECK(is_noted(found, "1 row is left out, as column \"y\" has no value there"));
  const data::CsvSuggestion plain = suggest(twelve(
      "a,house,y\n", [](int row) { return std::to_string(row * row) + ",P" + std::to_string(row % 5) + "," + std::to_string(row % 2); }));
  CHECK(plain.notes.empty());  // P1 is a name, not a number
}

TEST_CASE("init: a column that tells the target exactly") {
  const auto table = [](int row, int other) {
    return std::to_string(row * row) + "," + std::to_string(row % 3) + "," + std::string(1, static_cast<char>('a' + other % 3)) + "\n";
  };
  std::string told = "x,target,name\n";
  std::string other = told;
  for (int row = 0; row < 30; ++row) {
    told += table(row, row);
    other += table(row, row == 7 ? 0 : row);
  }
  CHECK(is_noted(suggest(told), "column \"name\" tells column \"target\" exactly"));
  CHECK(suggest(told).notes.size() == 1);
  CHECK(suggest(other).notes.empty());
}

TEST_CASE("init: a row of units is refused with its line, a single column with a cure that can help") {
  const std::string text = twelve(
      "t,u,y\ns,mV,\n", [](int row) { return std::to_string(row) + ".5," + std::to_string(row * row) + "," + std::to_string(row % 2); });
  check_refused([&] { suggest(text); }, ExitCode::kDamaged, {"data.csv:2", "words in 2 columns", "remove this line"});
  check_refused([&] { suggest(twelve("y\n", [](int row) { return std::to_string(row) + ".5"; })); }, ExitCode::kUsage,
                {"no column is left", "a single column"});
}

TEST_CASE("init: tables of countries that write a decimal comma") {
  // Decimals and thousands both have three digits, and the only points group thousands.
  const data::CsvSuggestion both = suggest(twelve("mass;price;y\n", [](int row) {
    return std::to_string(row % 3) + ",23" + std::to_string(row % 10) + ";" + std::to_string(row + 1) + ".500;" + (row % 2 ? "ja" : "nein");
  }));
  CHECK(keys_text(both) == R"(label: "y", thousands: ".", standardize: true)");
  CHECK(both.facts[0].high == 2.238);
  CHECK(both.facts[1].high == 12500);
  const data::CsvSuggestion mixed = suggest(twelve("a;b;y\n", [](int row) {
    return "1." + std::to_string(100 + row) + ",25;0,5" + std::to_string(row) + ";" + std::to_string(row % 2);
  }));
  CHECK(keys_text(mixed) == R"(label: "y", thousands: ".", standardize: true)");
  CHECK(mixed.facts[0].low == 1100.25);
  const data::CsvSuggestion doubtful = suggest(twelve("a;b;y\n", [](int row) {
    return "1,23" + std::to_string(row % 10) + ";" + std::to_string(row * row) + ";" + std::to_string(row % 2);
  }));
  CHECK(keys_text(doubtful) == R"(label: "y", decimal: ",", standardize: true)");
  CHECK(doubtful.facts[0].high == 1.239);
  CHECK(doubtful.notes.size() == 1);
}

TEST_CASE("init: arrays with classes from 1, whole floating labels and channels first") {
  const DataFolder folder;
  const std::string x = folder.write("x.npy", npy_bytes(npy_header("|u1", "(2, 3, 5, 5)"), std::string(150, '\1')));
  const std::string y = folder.write("y.npy", npy_bytes(npy_header("<f8", "(2,)"), little_endian<double>({1, 2})));
  const data::ArraySuggestion found = data::suggest_arrays(x, y);
  CHECK(found.outputs == 2);
  CHECK(found.rank == 3);
  REQUIRE(found.keys.size() == 3);
  CHECK(found.keys[0] == std::pair<std::string, std::string>("target", "\"class\""));
  CHECK(found.keys[1] == std::pair<std::string, std::string>("layout", "\"nchw\""));
  check_refused([&] { data::suggest_arrays(x, ""); }, ExitCode::kUsage, {"--target"});
}

TEST_CASE("init: a class for each step or pixel") {
  const DataFolder folder;
  const std::string x =
      folder.write("x.npy", npy_bytes(npy_header("<f4", "(2, 3, 2)"), little_endian<float>({1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3})));
  const auto suggested = [&](const std::string& bytes) {
    return data::suggest_arrays(x, folder.write("y.npy", npy_bytes(npy_header("|i1", "(2, 3)"), bytes)));
  };
  const data::ArraySuggestion found = suggested(std::string("\0\1\2\1\0\xff", 6));
  CHECK(found.label_rank == 1);
  CHECK(found.outputs == 3);
  REQUIRE(found.keys.size() == 1);
  CHECK(found.keys[0] == std::pair<std::string, std::string>("ignore_label", "-1"));
  CHECK(suggested(std::string("\0\1\2\1\0\x9c", 6)).keys.empty());  // -100 is the default

  const std::string images = folder.write("i.npy", npy_bytes(npy_header("|u1", "(1, 3, 2, 2)"), std::string(12, '\1')));
  const std::string masks = folder.write("m.npy", npy_bytes(npy_header("|u1", "(1, 2, 2)"), std::string("\0\1\xff\1", 4)));
  const data::ArraySuggestion pixels = data::suggest_arrays(images, masks);
  CHECK(pixels.label_rank == 2);
  CHECK(pixels.outputs == 2);
  CHECK(std::find(pixels.keys.begin(), pixels.keys.end(), std::pair<std::string, std::string>("ignore_label", "255")) != pixels.keys.end());

  const std::string words = folder.write("t.npy", npy_bytes(npy_header("|u1", "(2, 3)"), std::string("\1\2\3\4\5\6", 6)));
  const data::ArraySuggestion tokens =
      data::suggest_arrays(words, folder.write("y.npy", npy_bytes(npy_header("|u1", "(2, 3)"), std::string("\0\1\0\1\1\1", 6))));
  CHECK(tokens.label_rank == 1);
  CHECK(tokens.tokens == 7);
}

}  // namespace normrun::test
