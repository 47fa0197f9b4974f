// idx and npy: what the bytes mean, and which bytes are refused with which words.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "data/array_values.hpp"
#include "data_rig.hpp"

namespace normrun::test {
namespace {

std::string counting_bytes(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(i);
  return bytes;
}

const std::string kImages = idx_bytes(0x08, {4, 2, 3}, counting_bytes(24));
const std::string kLabels = idx_bytes(0x08, {4}, {'\0', '\1', '\2', '\1'});
const std::string kIdxConfig = R"({"type": "idx", "train": {"images": "images", "labels": "labels"}, "test_fraction": 0})";
const std::string kNpyConfig = R"({"type": "npy", "train": {"features": "x.npy", "labels": "y.npy"}, "test_fraction": 0})";
const std::string kNpyLabels = npy_bytes(npy_header("<i8", "(4,)"), little_endian<std::int64_t>({0, 1, 2, 1}));
const std::string kNpyFeatures = npy_bytes(npy_header("<f8", "(4, 2)"), little_endian<double>({1, 2, 3, 4, 5, 6, 7, 8}));

struct Refusal {
  std::string name;
  std::string first;   // images or features
  std::string second;  // labels
  std::vector<std::string> words;
};

void check_refusals(const std::vector<Refusal>& cases, const std::string& config, const std::string& first, const std::string& second) {
  for (const Refusal& refusal : cases) {
    CAPTURE(refusal.name);
    const DataFolder folder;
    folder.write(first, refusal.first);
    folder.write(second, refusal.second);
    check_refused([&] { load<float>(config, 0, folder.path()); }, ExitCode::kDamaged, refusal.words);
  }
}

}  // namespace

TEST_CASE("idx: images, plain and gzip, scaled by 1/255, with a channel axis") {
  const DataFolder folder;
  folder.write("images", kImages);
  folder.write("labels", kLabels);
  const data::Dataset<double> data = load<double>(kIdxConfig, 0, folder.path());
  CHECK(data.shape == Shape{2, 3, 1});
  CHECK(data.classes == 3);
  CHECK(data.train.samples() == 4);
  CHECK(data.train.features(3, 5) == 23.0 * (1.0 / 255.0));
  CHECK(data.train.labels == std::vector<std::int32_t>{0, 1, 2, 1});

  folder.write_gzip("images", kImages);
  folder.write_gzip("labels", kLabels);
  CHECK(load<double>(kIdxConfig, 0, folder.path()).digest == data.digest);
}

TEST_CASE("idx: every number type") {
  const DataFolder folder;
  folder.write("labels", idx_bytes(0x08, {2}, {'\0', '\1'}));
  const std::string config = R"({"type": "idx", "scale": 1, "test_fraction": 0, "train": {"images": "images", "labels": "labels"}})";
  const auto numbers = [&](unsigned char type, const std::string& bytes) {
    folder.write("images", idx_bytes(type, {2, 2}, bytes));
    const data::Dataset<double> data = load<double>(config, 0, folder.path());
    CHECK(data.shape == Shape{2});
    const auto view = data.train.features.view();
    return std::vector<double>(view.begin(), view.end());
  };
  CHECK(numbers(0x08, {'\1', '\2', '\x80', '\xff'}) == std::vector<double>{1, 2, 128, 255});
  CHECK(numbers(0x09, {'\1', '\2', '\x80', '\xff'}) == std::vector<double>{1, 2, -128, -1});
  CHECK(numbers(0x0B, big_endian<std::int16_t>({1, -2, 30000, -30000})) == std::vector<double>{1, -2, 30000, -30000});
  CHECK(numbers(0x0C, big_endian<std::int32_t>({1, -2, 2000000000, -7})) == std::vector<double>{1, -2, 2000000000, -7});
  CHECK(numbers(0x0D, big_endian<float>({1.5F, -2.25F, 0.0F, 1e30F})) == std::vector<double>{1.5, -2.25, 0, static_cast<double>(1e30F)});
  CHECK(numbers(0x0E, big_endian<double>({1.5, -2.25, 0.1, 1e300})) == std::vector<double>{1.5, -2.25, 0.1, 1e300});
}

TEST_CASE("idx: damaged files") {
  std::string bad_gzip = gzip(kImages);
  bad_gzip[bad_gzip.size() - 6] = static_cast<char>(bad_gzip[bad_gzip.size() - 6] ^ 1);  // in the checksum
  const std::vector<Refusal> cases = {
      {"empty", "", kLabels, {"images byte 0", "take 4 bytes", "holds 0 more"}},
      {"foreign", "PNG is no IDX", kLabels, {"images byte 0", "no IDX file"}},
      {"unknown type", idx_bytes(0x99, {4, 2, 3}, counting_bytes(24)), kLabels, {"images byte 2", "no IDX number type 153"}},
      {"no dimension", idx_bytes(0x08, {}, ""), kLabels, {"images byte 3", "0 dimensions"}},
      {"no rows", idx_bytes(0x08, {0, 2, 3}, ""), kLabels, {"0 x 2 x 3", "no rows"}},
      {"claims too much",
       idx_bytes(0x08, {4000000000U, 2, 3}, counting_bytes(24)),
       kLabels,
       {"images byte 16", "4000000000 x 2 x 3", "take 24000000000 bytes", "holds 24 more"}},
      {"overflow", idx_bytes(0x08, {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}, ""), kLabels, {"images byte 0", "no file holds"}},
      {"one byte short", kImages.substr(0, kImages.size() - 1), kLabels, {"take 24 bytes", "holds 23 more"}},
      {"one byte over", kImages + "x", kLabels, {"images byte 40", "goes on after"}},
      {"short header", kImages.substr(0, 9), kLabels, {"images byte 4", "the header's 3 dimensions"}},
      {"cut gzip", gzip(kImages).substr(0, 30), kLabels, {"gzip", "too early"}},
      {"gzip checksum", bad_gzip, kLabels, {"damaged gzip data"}},
      {"gzip claims too much", gzip(idx_bytes(0x08, {4000000000U, 2, 3}, counting_bytes(24))), kLabels, {"byte 16", "at most"}},
      {"gzip claims a little too much",
       gzip(idx_bytes(0x08, {5, 2, 3}, counting_bytes(24))),
       idx_bytes(0x08, {5}, counting_bytes(5)),
       {"byte 16", "take 30 bytes", "holds 24 more"}},
      {"fewer labels", kImages, idx_bytes(0x08, {3}, counting_bytes(3)), {"labels", "holds 3 labels for the 4 rows"}},
      {"one-hot labels",
       kImages,
       idx_bytes(0x08, {4, 3}, std::string("\1\0\0\0\1\0\0\0\1\1\0\0", 12)),
       {"labels", "rows of 3 whole numbers", "argmax"}},
      {"NaN",
       idx_bytes(0x0D, {4, 1}, big_endian<float>({0, 1, std::numeric_limits<float>::quiet_NaN(), 3})),
       kLabels,
       {"images byte 20", "row 3", "not a finite number"}},
  };
  check_refusals(cases, kIdxConfig, "images", "labels");
}

TEST_CASE("idx: labels beyond `classes`, and test rows of another shape or class") {
  const DataFolder folder;
  folder.write("images", kImages);
  folder.write("labels", kLabels);
  folder.write("wide", idx_bytes(0x08, {4, 3, 3}, counting_bytes(36)));
  folder.write("new_label", idx_bytes(0x08, {4}, {'\0', '\1', '\2', '\3'}));
  const auto refuse = [&](const std::string& more, const std::vector<std::string>& words) {
    const std::string config = R"({"type": "idx", "train": {"images": "images", "labels": "labels"}, )" + more + "}";
    check_refused([&] { load<float>(config, 0, folder.path()); }, ExitCode::kDamaged, words);
  };
  refuse(R"("classes": 2)", {"labels byte 10", "label 2", "0 to 1"});
  refuse(R"("test": {"images": "wide", "labels": "labels"})", {"wide", "(3, 3)", "(2, 3)"});
  refuse(R"("test": {"images": "images", "labels": "new_label"})", {"new_label byte 11", "row 4", "label 3", "data.classes"});
  const data::Dataset<float> wider =
      load<float>(R"({"type": "idx", "classes": 9, "train": {"images": "images", "labels": "labels"}})", 0, folder.path());
  CHECK(wider.classes == 9);
}

TEST_CASE("npy: types, versions, labels and numbers to predict") {
  const DataFolder folder;
  folder.write("y.npy", kNpyLabels);
  folder.write("x.npy", kNpyFeatures);
  const data::Dataset<double> data = load<double>(kNpyConfig, 0, folder.path());
  CHECK(data.shape == Shape{2});
  CHECK(data.classes == 3);
  CHECK(data.train.features(3, 1) == 8.0);
  const auto same = [&](const std::string& x) {
    folder.write("x.npy", x);
    return load<double>(kNpyConfig, 0, folder.path()).digest == data.digest;
  };
  CHECK(same(npy_bytes(npy_header("<f4", "(4, 2)"), little_endian<float>({1, 2, 3, 4, 5, 6, 7, 8}), 2)));
  CHECK(same(npy_bytes(npy_header("<i4", "(4, 2)"), little_endian<std::int32_t>({1, 2, 3, 4, 5, 6, 7, 8}), 3)));
  CHECK(same(npy_bytes(npy_header("<i8", "(4, 2)"), little_endian<std::int64_t>({1, 2, 3, 4, 5, 6, 7, 8}))));
  CHECK(same(npy_bytes(npy_header("|u1", "(4, 2)"), {1, 2, 3, 4, 5, 6, 7, 8})));
  CHECK(same(npy_bytes("{\"shape\": (4, 2), 'fortran_order': False, 'descr': '|u1'}", {1, 2, 3, 4, 5, 6, 7, 8})));
}

TEST_CASE("npy: floating labels are numbers to predict; images keep their axes") {
  const DataFolder folder;
  folder.write("x.npy", npy_bytes(npy_header("|u1", "(2, 2, 1, 3)"), counting_bytes(12)));
  folder.write("y.npy", npy_bytes(npy_header("<f4", "(2, 2)"), little_endian<float>({1.5F, 2, 3, 4})));
  const data::Dataset<float> data = load<float>(kNpyConfig, 0, folder.path());
  CHECK(data.shape == Shape{2, 1, 3});
  CHECK(data.classes == 0);
  CHECK(data.outputs == 2);
  CHECK(data.train.labels.empty());
  CHECK(data.train.targets(0, 0) == 1.5F);
  CHECK(data.train.features(1, 5) == 11.0F);
}

TEST_CASE("npy: damaged files") {
  const std::string numbers(64, '\0');
  const std::vector<Refusal> cases = {
      {"empty", "", kNpyLabels, {"x.npy byte 0", "take 8 bytes"}},
      {"foreign", "PK\3\4 something else", kNpyLabels, {"x.npy byte 0", "no NPY file"}},
      {"version", npy_bytes(npy_header("<f8", "(4, 2)"), numbers, 9), kNpyLabels, {"x.npy byte 6", "version 9"}},
      {"claims too much",
       npy_bytes(npy_header("<f8", "(1000000000000, 2)"), numbers),
       kNpyLabels,
       {"x.npy byte", "1000000000000 x 2", "holds 64 more"}},
      {"overflow", npy_bytes(npy_header("<f8", "(4000000000000000000, 4)"), numbers), kNpyLabels, {"no file holds"}},
      {"too large a dimension", npy_bytes(npy_header("<f8", "(99999999999999999999, 4)"), numbers), kNpyLabels, {"expected a dimension"}},
      {"negative dimension", npy_bytes(npy_header("<f8", "(-4, 2)"), numbers), kNpyLabels, {"expected a dimension"}},
      {"one byte short", kNpyFeatures.substr(0, kNpyFeatures.size() - 1), kNpyLabels, {"take 64 bytes", "holds 63 more"}},
      {"one byte over", kNpyFeatures + "x", kNpyLabels, {"goes on after"}},
      {"header longer than the file", kNpyFeatures.substr(0, 40), kNpyLabels, {"x.npy byte 10", "the header's characters"}},
      {"objects", npy_bytes(npy_header("|O", "(4, 2)"), numbers), kNpyLabels, {"'|O'", "astype"}},
      {"a record", npy_bytes("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (4,), }", numbers), kNpyLabels, {"named columns"}},
      {"open dict", npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2)", numbers), kNpyLabels, {"expected '}'"}},
      {"no shape", npy_bytes("{'descr': '<f8', 'fortran_order': False}", numbers), kNpyLabels, {"the keys descr"}},
      {"a number alone", npy_bytes(npy_header("<f8", "()"), std::string(8, '\0')), kNpyLabels, {"0 dimensions"}},
      {"infinity",
       npy_bytes(npy_header("<f8", "(4, 1)"), little_endian<double>({0, 1, std::numeric_limits<double>::infinity(), 3})),
       kNpyLabels,
       {"x.npy byte", "row 3", "not a finite number"}},
      {"beyond float32",
       npy_bytes(npy_header("<f8", "(4, 2)"), little_endian<double>({0, 1, 2, 3, 4, 5e200, 6, 7})),
       kNpyLabels,
       {"row 3 column 2", "does not fit the precision", "float64"}},
      {"fewer labels", kNpyFeatures, npy_bytes(npy_header("<i8", "(2,)"), std::string(16, '\0')), {"y.npy", "2 labels for the 4 rows"}},
      {"huge label",
       kNpyFeatures,
       npy_bytes(npy_header("<i8", "(4,)"), little_endian<std::int64_t>({0, 1, INT64_MAX, 1})),
       {"y.npy byte", "row 3"}},
  };
  check_refusals(cases, kNpyConfig, "x.npy", "y.npy");
}

TEST_CASE("npy: rows of indices for batch_order") {
  const DataFolder folder;
  const std::string path =
      folder.write("order.npy", npy_bytes(npy_header("<i8", "(2, 3)"), little_endian<std::int64_t>({2, 1, 0, 0, 2, 1})));
  CHECK(data::to_index_rows(files::read_npy(path, files::Read::kAll)) == std::vector<std::vector<Index>>{{2, 1, 0}, {0, 2, 1}});
  const std::string floats = folder.write("floats.npy", kNpyFeatures);
  check_refused([&] { data::to_index_rows(files::read_npy(floats, files::Read::kAll)); }, ExitCode::kDamaged,
                {"floats.npy", "whole numbers"});
}

TEST_CASE("the outline reads headers and labels only, and refuses what they claim falsely") {
  const DataFolder folder;
  folder.write("images", kImages);
  folder.write("labels", kLabels);
  const data::DataSpec::Outline outline =
      data_spec(R"({"type": "idx", "test_fraction": 0.25, "train": {"images": "images", "labels": "labels"}})")->outline(folder.path());
  CHECK(outline.shape == Shape{2, 3, 1});
  CHECK(outline.classes == 3);
  CHECK(outline.train_samples == 3);
  CHECK(outline.test_samples == 1);
  folder.write("images", idx_bytes(0x08, {4, 2, 9}, counting_bytes(24)));
  check_refused([&] { data_spec(kIdxConfig)->outline(folder.path()); }, ExitCode::kDamaged, {"take 72 bytes"});
}

TEST_CASE("a missing file or a folder is wrong usage") {
  const DataFolder folder;
  check_refused([&] { load<float>(kIdxConfig, 0, folder.path()); }, ExitCode::kUsage, {"/images: no such file", "relative"});
  folder.write("labels", kLabels);
  check_refused([&] { load<float>(R"({"type": "idx", "train": {"images": ".", "labels": "labels"}})", 0, folder.path()); },
                ExitCode::kUsage, {"is a directory"});
}

}  // namespace normrun::test
