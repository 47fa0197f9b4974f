// npy and npz: every type of numbers, orders, members of archives; labels from any base; layouts; IDX floats.
#include <doctest/doctest.h>
#include <zlib.h>

#include <cmath>

#include "data/array_values.hpp"
#include "data_rig.hpp"
#include "files/npz_file.hpp"

namespace normrun::test {
namespace {

const std::string kLabelFile = npy_bytes(npy_header("<i8", "(2,)"), little_endian<std::int64_t>({0, 1}));
const std::string kArrays = R"({"type": "npy", "train": {"features": "x.npy", "labels": "y.npy"}, "test_fraction": 0)";

std::vector<double> read_numbers_of(const std::string& type, const std::string& bytes) {
  const DataFolder folder;
  folder.write("x.npy", npy_bytes(npy_header(type, "(2, 2)"), bytes));
  folder.write("y.npy", kLabelFile);
  return numbers(load<double>(kArrays + "}", 0, folder.path()).train.features);
}

data::Dataset<double> with_labels(const std::string& type, const std::string& bytes, const std::string& options = "",
                                  const std::string& shape = "(4,)") {
  const DataFolder folder;
  folder.write("x.npy", npy_bytes(npy_header("|u1", "(4, 1)"), "abcd"));
  folder.write("y.npy", npy_bytes(npy_header(type, shape), bytes));
  return load<double>(kArrays + options + "}", 0, folder.path());
}

std::string two_bytes(unsigned value) { return {static_cast<char>(value & 255), static_cast<char>(value >> 8)}; }
std::string four_bytes(std::size_t value) { return two_bytes(value & 65535) + two_bytes(static_cast<unsigned>(value >> 16)); }

/// A ZIP archive of one stored member, as numpy.savez writes it.
std::string zip_of(const std::string& name, const std::string& contents) {
  const auto crc = static_cast<std::size_t>(crc32(0, reinterpret_cast<const Bytef*>(contents.data()), static_cast<uInt>(contents.size())));
  const std::string sizes = four_bytes(crc) + four_bytes(contents.size()) + four_bytes(contents.size());
  const std::string local = std::string("PK\3\4\x14\0\0\0\0\0\0\0\0\0", 14) + sizes + two_bytes(static_cast<unsigned>(name.size())) +
                            two_bytes(0) + name + contents;
  const std::string entry = std::string("PK\1\2\x14\0\x14\0\0\0\0\0\0\0\0\0", 16) + sizes + two_bytes(static_cast<unsigned>(name.size())) +
                            std::string(12, '\0') + four_bytes(0) + name;
  return local + entry + std::string("PK\5\6\0\0\0\0", 8) + two_bytes(1) + two_bytes(1) + four_bytes(entry.size()) +
         four_bytes(local.size()) + two_bytes(0);
}

}  // namespace

TEST_CASE("npy: whole numbers of every width, both byte orders, bool and half precision") {
  CHECK(read_numbers_of("<u2", little_endian<std::uint16_t>({1, 2, 3, 65535})) == std::vector<double>{1, 2, 3, 65535});
  CHECK(read_numbers_of(">u2", big_endian<std::uint16_t>({1, 2, 3, 65535})) == std::vector<double>{1, 2, 3, 65535});
  CHECK(read_numbers_of("<u4", little_endian<std::uint32_t>({1, 2, 3, 4294967295U})) == std::vector<double>{1, 2, 3, 4294967295.0});
  CHECK(read_numbers_of("<u8", little_endian<std::uint64_t>({1, 2, 3, UINT64_MAX})) ==
        std::vector<double>{1, 2, 3, 18446744073709551616.0});
  CHECK(read_numbers_of(">i4", big_endian<std::int32_t>({1, -2, 3, -4})) == std::vector<double>{1, -2, 3, -4});
  CHECK(read_numbers_of(">f8", big_endian<double>({1.5, -2, 0.1, 1e300})) == std::vector<double>{1.5, -2, 0.1, 1e300});
  CHECK(read_numbers_of("|b1", {'\0', '\1', '\1', '\0'}) == std::vector<double>{0, 1, 1, 0});
  CHECK(read_numbers_of("<f2", little_endian<std::uint16_t>({0x3C00, 0xC000, 0x0001, 0x7BFF})) ==
        std::vector<double>{1, -2, std::ldexp(1.0, -24), 65504});
}

TEST_CASE("npy: Fortran order is turned; a damaged number is found in the file's order") {
  const DataFolder folder;
  const std::string header = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }";
  folder.write("x.npy", npy_bytes(header, little_endian<double>({1, 4, 2, 5, 3, 6})));
  folder.write("y.npy", kLabelFile);
  CHECK(numbers(load<double>(kArrays + "}", 0, folder.path()).train.features) == std::vector<double>{1, 2, 3, 4, 5, 6});
  folder.write("x.npy", npy_bytes(header, little_endian<double>({1, 4, NAN, 5, 3, 6})));
  const std::string byte = "byte " + std::to_string(10 + header.size() + 16);
  check_refused([&] { load<double>(kArrays + "}", 0, folder.path()); }, ExitCode::kDamaged, {byte, "row 1 column 2"});
}

TEST_CASE("npy: words, tables of columns and pickles say what to do") {
  const auto refuse = [](const std::string& header, const std::vector<std::string>& words) {
    const DataFolder folder;
    folder.write("x.npy", npy_bytes(header, std::string(16, '\0')));
    folder.write("y.npy", kLabelFile);
    check_refused([&] { load<double>(kArrays + "}", 0, folder.path()); }, ExitCode::kDamaged, words);
  };
  refuse(npy_header("<U3", "(2,)"), {"'<U3'", "numpy.unique"});
  refuse(npy_header("|O", "(2,)"), {"'|O'", "astype"});
  refuse(npy_header("<c16", "(1,)"), {"'<c16'"});
  refuse(npy_header("<f16", "(1,)"), {"'<f16'", "float64"});
  refuse("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }", {"named columns", "to_csv"});
}

TEST_CASE("npy: labels from any base are numbered and keep their numbers as words") {
  const data::Dataset<double> from_one = with_labels("<i8", little_endian<std::int64_t>({1, 3, 2, 1}));
  CHECK(from_one.classes == 3);
  CHECK(from_one.train.labels == std::vector<std::int32_t>{0, 2, 1, 0});
  CHECK(from_one.class_words == std::vector<std::string>{"1", "2", "3"});
  CHECK(with_labels("|i1", {'\xff', '\1', '\1', '\xff'}).train.labels == std::vector<std::int32_t>{0, 1, 1, 0});
  CHECK(with_labels("|b1", {'\0', '\1', '\1', '\0'}).classes == 2);
  const data::Dataset<double> gap = with_labels("<i8", little_endian<std::int64_t>({0, 3, 3, 0}));
  CHECK(gap.classes == 4);  // labels from 0 stay what they are
  CHECK(gap.class_words.empty());
  CHECK(with_labels("<i8", little_endian<std::int64_t>({1, 3, 2, 1}), R"(, "classes": 3)").train.labels ==
        std::vector<std::int32_t>{0, 2, 1, 0});
}

TEST_CASE("npy: floating labels are numbers, or classes where asked; whole numbers can be predicted") {
  CHECK(with_labels("<f8", little_endian<double>({0, 1, 1, 0})).classes == 0);
  CHECK(with_labels("<f8", little_endian<double>({0, 1, 1, 0}), R"(, "target": "class")").train.labels ==
        std::vector<std::int32_t>{0, 1, 1, 0});
  check_refused(
      [] {
        with_labels("<f8", little_endian<double>({0, 1.5, 1, 0}), R"(, "target": "class")");
      },
      ExitCode::kDamaged, {"row 2", "no whole number"});
  CHECK(with_labels("<i8", little_endian<std::int64_t>({5, 7, 9, 5}), R"(, "target": "number")").train.targets(2, 0) == 9.0);
}

TEST_CASE("npy: standardized targets have mean 0 and sd 1 over the training rows, and keep their scale") {
  const data::Dataset<double> data = with_labels("<f8", little_endian<double>({1, 3, 5, 7}), R"(, "standardize_target": true)");
  REQUIRE(data.target_scale.size() == 1);
  CHECK(data.target_mean[0] == 4.0);
  CHECK(data.target_scale[0] == doctest::Approx(std::sqrt(5.0)));
  CHECK(data.train.targets(0, 0) == doctest::Approx(-3.0 / std::sqrt(5.0)));
}

TEST_CASE("npy: channels that stand first are moved last where asked, and noticed where not") {
  const DataFolder folder;
  std::string pixels;
  for (int i = 0; i < 2 * 3 * 5 * 6; ++i) pixels += static_cast<char>(i);
  folder.write("x.npy", npy_bytes(npy_header("|u1", "(2, 3, 5, 6)"), pixels));
  folder.write("y.npy", kLabelFile);
  const data::Dataset<double> data = load<double>(kArrays + R"(, "layout": "nchw"})", 0, folder.path());
  CHECK(data.shape == Shape{5, 6, 3});
  CHECK(data.train.features(0, 1) == 30.0);                                  // position (0, 0), channel 1
  CHECK(data.train.features(1, 3 * (2 * 6 + 4) + 2) == 90.0 + 60.0 + 16.0);  // row 1, position (2, 4), channel 2
  REQUIRE(data_spec(kArrays + "}")->outline(folder.path()).notes.size() == 1);
  CHECK(data_spec(kArrays + "}")->outline(folder.path()).notes[0].find("\"layout\": \"nchw\"") != std::string::npos);
}

TEST_CASE("npz: members by name, the only one without; damaged archives") {
  const DataFolder folder;
  const std::string array = npy_bytes(npy_header("|u1", "(2, 2)"), {1, 2, 3, 4});
  const std::string archive = zip_of("X.npy", array);
  folder.write("d.npz", archive);
  folder.write("y.npy", kLabelFile);
  const std::string named = R"({"type": "npy", "test_fraction": 0, "train": {"features": "d.npz:X", "labels": "y.npy"}})";
  const std::string only = R"({"type": "npy", "test_fraction": 0, "train": {"features": "d.npz", "labels": "y.npy"}})";
  CHECK(numbers(load<double>(named, 0, folder.path()).train.features) == std::vector<double>{1, 2, 3, 4});
  CHECK(numbers(load<double>(only, 0, folder.path()).train.features) == std::vector<double>{1, 2, 3, 4});
  CHECK(files::npz_members(folder.path() + "/d.npz") == std::vector<std::string>{"X"});
  const std::string other = R"({"type": "npy", "train": {"features": "d.npz:x1", "labels": "y.npy"}})";
  check_refused([&] { load<double>(other, 0, folder.path()); }, ExitCode::kUsage, {"no array \"x1\"", "X"});
  const auto refuse = [&](const std::string& bytes, const std::string& word) {
    folder.write("d.npz", bytes);
    check_refused([&] { load<double>(named, 0, folder.path()); }, ExitCode::kDamaged, {"d.npz", word});
  };
  refuse(archive.substr(0, archive.size() - 30), "no NPZ archive");
  refuse("", "no NPZ archive");
  std::string flipped = archive;
  flipped[40] = static_cast<char>(flipped[40] ^ 1);
  refuse(flipped, "checksum");
  std::string huge = archive;
  huge[archive.size() - 22 - 51 + 24 + 2] = '\x7f';  // the member's size in the directory
  refuse(huge, "d.npz");
}

TEST_CASE("idx: floating images are not scaled by the 1/255 that is meant for bytes") {
  const DataFolder folder;
  folder.write("labels", idx_bytes(0x08, {2}, {'\0', '\1'}));
  folder.write("images", idx_bytes(0x0D, {2, 1}, big_endian<float>({0.5F, 0.25F})));
  const std::string config = R"({"type": "idx", "test_fraction": 0, "train": {"images": "images", "labels": "labels"})";
  CHECK(numbers(load<double>(config + "}", 0, folder.path()).train.features) == std::vector<double>{0.5, 0.25});
  CHECK(numbers(load<double>(config + R"(, "scale": 2})", 0, folder.path()).train.features) == std::vector<double>{1, 0.5});
}

TEST_CASE("npy: lengths shorten sequences, and what lies behind them becomes zeros") {
  const DataFolder folder;
  const std::string sequences =
      R"({"type": "npy", "test_fraction": 0, "train": {"features": "x.npy", "labels": "y.npy", "lengths": "n.npy"}})";
  folder.write("y.npy", kLabelFile);
  folder.write("n.npy", npy_bytes(npy_header("<i8", "(2,)"), little_endian<std::int64_t>({1, 2})));
  folder.write("x.npy", npy_bytes(npy_header("|u1", "(2, 2, 3)"), "abcdefghijkl"));
  const data::Dataset<double> read = load<double>(sequences, 0, folder.path());
  CHECK(read.shape == Shape{2, 3});
  CHECK(read.train.lengths == std::vector<Index>{1, 2});
  CHECK(numbers(read.train.features) == std::vector<double>{97, 98, 99, 0, 0, 0, 103, 104, 105, 106, 107, 108});
  folder.write("x.npy", npy_bytes(npy_header("|u1", "(2, 3)"), "abcdef"));
  const data::Dataset<double> tokens = load<double>(sequences, 0, folder.path());
  CHECK(tokens.shape == Shape{3, 1});
  CHECK(numbers(tokens.train.features) == std::vector<double>{97, 0, 0, 100, 101, 0});

  const auto refuse = [&](const std::string& bytes, const std::vector<std::string>& words) {
    folder.write("n.npy", bytes);
    check_refused([&] { load<double>(sequences, 0, folder.path()); }, ExitCode::kDamaged, words);
    check_refused([&] { data_spec(sequences)->outline(folder.path()); }, ExitCode::kDamaged, words);
  };
  refuse(npy_bytes(npy_header("<i8", "(2,)"), little_endian<std::int64_t>({1, 4})), {"n.npy", "has length 4", "the 3 steps"});
  refuse(npy_bytes(npy_header("<i8", "(2,)"), little_endian<std::int64_t>({-1, 3})), {"n.npy", "has length -1"});
  refuse(npy_bytes(npy_header("<f8", "(2,)"), little_endian<double>({1, 1.5})), {"n.npy", "no whole number"});
  refuse(npy_bytes(npy_header("<i8", "(1,)"), little_endian<std::int64_t>({1})), {"n.npy", "one length for each of the 2 rows"});
}

/// Two sequences of three steps with a label for each step.
class Tagged {
 public:
  explicit Tagged(const std::string& bytes, const std::string& shape = "(2, 3)", const std::string& lengths = "") {
    folder_.write("x.npy", npy_bytes(npy_header("|u1", "(2, 3, 2)"), "abcdefghijkl"));
    folder_.write("y.npy", npy_bytes(npy_header("<i8", shape), bytes));
    if (!lengths.empty()) folder_.write("n.npy", npy_bytes(npy_header("<i8", "(2,)"), lengths));
    files_ = std::string(R"({"type": "npy", "test_fraction": 0, "train": {"features": "x.npy", "labels": "y.npy")") +
             (lengths.empty() ? "}" : R"(, "lengths": "n.npy"})");
  }
  data::Dataset<double> read(const std::string& options = "", std::uint64_t seed = 0) const {
    return load<double>(files_ + options + "}", seed, folder_.path());
  }
  void refuse(const std::string& options, const std::vector<std::string>& words) const {
    check_refused([&] { read(options); }, ExitCode::kDamaged, words);
    check_refused([&] { data_spec(files_ + options + "}")->outline(folder_.path()); }, ExitCode::kDamaged, words);
  }

 private:
  DataFolder folder_;
  std::string files_;
};

TEST_CASE("npy: a label for each step; padded steps and ignored labels count for nothing, whatever the file has there") {
  using Labels = std::vector<std::int32_t>;
  const std::string six = little_endian<std::int64_t>({0, 1, -100, 2, 1, 7});
  const data::Dataset<double> data = Tagged(six, "(2, 3)", little_endian<std::int64_t>({3, 2})).read();
  CHECK(data.label_shape == Shape{3});
  CHECK(data.classes == 3);
  CHECK(data.train.labels == Labels{0, 1, kNoLabel, 2, 1, kNoLabel});
  CHECK(data.train.positions() == 3);
  CHECK(Tagged(six, "(2, 3, 1)").read().label_shape == Shape{3});
  CHECK(Tagged(six, "(2, 3)").read().classes == 8);
  CHECK(Tagged(six, "(2, 3)").read(R"(, "limit": 1)").train.labels == Labels{0, 1, kNoLabel});

  const std::string masked = little_endian<std::int64_t>({0, 1, 255, 2, 1, 0});
  CHECK(Tagged(masked).read(R"(, "ignore_label": 255)").train.labels == Labels{0, 1, kNoLabel, 2, 1, 0});
  CHECK(Tagged(masked).read(R"(, "classes": 256)").train.labels == Labels{0, 1, 255, 2, 1, 0});
  Tagged(masked).refuse("", {"y.npy", "from 0 to 2, and 255", "\"ignore_label\": 255"});
  const std::string below = little_endian<std::int64_t>({0, 1, -1, 2, 1, 0});
  CHECK(Tagged(below).read(R"(, "ignore_label": -1)").classes == 3);
  Tagged(below).refuse("", {"y.npy", "row 1 column 3 has label -1", "\"ignore_label\": -1"});
  Tagged(below).refuse(R"(, "ignore_label": -1, "classes": 2)", {"y.npy", "row 2 column 1 has label 2"});
  Tagged(little_endian<std::int64_t>({-100, -100, -100, -100, -100, -100})).refuse("", {"y.npy", "no label counts"});
  Tagged(six, "(2, 3)", little_endian<std::int64_t>({3, 4})).refuse("", {"n.npy", "has length 4"});
  Tagged(little_endian<std::int64_t>({0, 1, 2, 3}), "(2, 2)", little_endian<std::int64_t>({3, 2}))
      .refuse("", {"y.npy", "labels of shape (2) for sequences of 3 steps"});
  Tagged(little_endian<std::int64_t>({0, 1, 1, 0}), "(2, 2)").refuse("", {"y.npy", "argmax"});
}

TEST_CASE("npy: held-out rows keep the labels of their steps") {
  const Tagged tagged(little_endian<std::int64_t>({0, 1, 2, 2, 1, 0}));
  const std::vector<std::int32_t> first = {0, 1, 2};
  const std::vector<std::int32_t> second = {2, 1, 0};
  Index held_out_first = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const data::Dataset<double> data = tagged.read(R"(, "validation_fraction": 0.5)", seed);
    REQUIRE(data.validation.samples() == 1);
    const bool is_first = data.validation.features(0, 0) == 97.0;
    CHECK(data.validation.labels == (is_first ? first : second));
    CHECK(data.train.labels == (is_first ? second : first));
    held_out_first += is_first ? 1 : 0;
  }
  CHECK(held_out_first > 0);
  CHECK(held_out_first < 8);
}

}  // namespace normrun::test
