// The options of every data type: limit, binarize, scale, the split, standardize, shift, in this order.
#include "data/preparation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>

#include "data/feature_scaling.hpp"
#include "data_rig.hpp"

namespace normrun::test {
namespace {

/// 10 rows: their number, its square, and a constant.
std::string table() {
  std::string text = "n,square,constant,label\n";
  for (int n = 0; n < 10; ++n) text += std::to_string(n) + ',' + std::to_string(n * n) + ",0.1," + std::to_string(n % 2) + '\n';
  return text;
}

template <class T = double>
data::Dataset<T> table_with(const std::string& options, std::uint64_t seed = 0) {
  const DataFolder folder;
  folder.write("t.csv", table());
  return load<T>(R"({"type": "csv", "path": "t.csv", "index": "keep", )" + options + "}", seed, folder.path());
}

template <class T>
std::vector<double> column(const data::Split<T>& split, Index c) {
  std::vector<double> values;
  for (Index r = 0; r < split.samples(); ++r) values.push_back(static_cast<double>(split.features(r, c)));
  return values;
}

}  // namespace

TEST_CASE("the split takes every row once, keeps the order, and depends on the seed alone") {
  const std::string options = R"("test_fraction": 0.3, "validation_fraction": 0.2)";
  const data::Dataset<double> data = table_with(options);
  CHECK(data.train.samples() == 5);
  CHECK(data.validation.samples() == 2);
  CHECK(data.test.samples() == 3);
  std::multiset<double> all;
  for (const data::SplitName name : data::kSplits) {
    const std::vector<double> rows = column(data.split(name), 0);
    CHECK(std::is_sorted(rows.begin(), rows.end()));
    for (Index r = 0; r < data.split(name).samples(); ++r) {
      CHECK(data.split(name).labels[static_cast<std::size_t>(r)] == static_cast<int>(rows[static_cast<std::size_t>(r)]) % 2);
    }
    all.insert(rows.begin(), rows.end());
  }
  CHECK(all == std::multiset<double>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(table_with(options).digest == data.digest);
  CHECK(table_with(options, 1).digest != data.digest);
  CHECK(data_spec(R"({"type": "csv", "path": "t.csv"})")->depends_on_seed());
  CHECK_FALSE(data_spec(R"({"type": "csv", "train": "t.csv", "test": "t.csv"})")->depends_on_seed());
  CHECK_FALSE(data_spec(R"({"type": "csv", "path": "t.csv", "test_fraction": 0})")->depends_on_seed());
}

TEST_CASE("limit comes before the split; the outline counts as load does") {
  const DataFolder folder;
  folder.write("t.csv", table());
  const auto spec = data_spec(R"({"type": "csv", "path": "t.csv", "index": "keep", "limit": 6, "test_fraction": 0.5})");
  const data::Dataset<double> data = spec->load<double>(0, folder.path());
  CHECK(data.train.samples() == 3);
  CHECK(data.test.samples() == 3);
  for (const double n : column(data.test, 0)) CHECK(n < 6);
  const data::DataSpec::Outline outline = spec->outline(folder.path());
  CHECK(outline.train_samples == 3);
  CHECK(outline.validation_samples == 0);
  CHECK(outline.test_samples == 3);
  check_refused(
      [&] { data_spec(R"({"type": "csv", "path": "t.csv", "test_fraction": 0.6, "validation_fraction": 0.4})")->outline(folder.path()); },
      ExitCode::kUsage, {"of 10 rows", "leave none to train with"});
}

TEST_CASE("standardize is fitted on the training split; a constant feature is centred only") {
  const data::Dataset<double> data = table_with(R"("standardize": true, "test_fraction": 0.3)");
  const data::Dataset<double> raw = table_with(R"("test_fraction": 0.3)");
  for (Index c = 0; c < 2; ++c) {
    double mean = 0.0;
    double variance = 0.0;
    for (const double x : column(raw.train, c)) mean += x / 7.0;
    for (const double x : column(raw.train, c)) variance += (x - mean) * (x - mean) / 7.0;
    for (const data::SplitName name : {data::SplitName::kTrain, data::SplitName::kTest}) {
      for (Index r = 0; r < data.split(name).samples(); ++r) {
        CHECK(data.split(name).features(r, c) == doctest::Approx((raw.split(name).features(r, c) - mean) / std::sqrt(variance)));
      }
    }
  }
  for (const data::SplitName name : {data::SplitName::kTrain, data::SplitName::kTest}) {
    for (const double x : column(data.split(name), 2)) CHECK(x == 0.0);
  }
}

TEST_CASE_TEMPLATE("a feature that is constant but for its rounding is centred only, a genuine difference is scaled", T, float, double) {
  constexpr T kEpsilon = std::numeric_limits<T>::epsilon();
  for (const T step : {T(1), T(64)}) {
    Matrix<T> x(10, 1);
    for (Index r = 0; r < 10; ++r) x.view()(r, 0) = T(0.1) * (r % 2 == 0 ? T(1) : T(1) + step * kEpsilon);
    const data::FeatureScaling scaling = data::fit_scaling<T>({.features = x.view()});
    CHECK((scaling.inv_std[0] == 1.0) == (step == T(1)));
  }
}

TEST_CASE("binarize acts on raw values, then scale; black-and-white images are 0 and 1") {
  CHECK(column(table_with(R"("binarize": 5, "scale": 3, "test_fraction": 0)").train, 0) ==
        std::vector<double>{0, 0, 0, 0, 0, 0, 3, 3, 3, 3});
  CHECK(column(table_with(R"("scale": 0.5, "test_fraction": 0)").train, 0)[9] == 4.5);
  // 0.1 in the file is not above 0.1, whatever the precision.
  CHECK(column(table_with<float>(R"("binarize": 0.1, "test_fraction": 0)").train, 2)[0] == 0.0);
  CHECK(column(table_with<double>(R"("binarize": 0.1, "test_fraction": 0)").train, 2)[0] == 0.0);
  const DataFolder folder;
  folder.write("images", idx_bytes(0x08, {2, 1, 2}, {'\0', '\x7f', '\x80', '\xff'}));
  folder.write("labels", idx_bytes(0x08, {2}, {'\0', '\1'}));
  const data::Dataset<float> images = load<float>(
      R"({"type": "idx", "binarize": 127, "test_fraction": 0, "train": {"images": "images", "labels": "labels"}})", 0, folder.path());
  CHECK(std::vector<float>(images.train.features.view().begin(), images.train.features.view().end()) == std::vector<float>{0, 0, 1, 1});
}

TEST_CASE("shift changes the inputs of its split, after standardizing") {
  const std::string options = R"("standardize": true, "test_fraction": 0.3)";
  const data::Dataset<double> plain = table_with(options);
  const data::Dataset<double> shifted =
      table_with(options + R"(, "shift": [{"split": "test", "scale": 3, "offset": -1}, {"split": "test", "offset": 0.5}])");
  CHECK(column(shifted.train, 0) == column(plain.train, 0));
  for (Index r = 0; r < plain.test.samples(); ++r) CHECK(shifted.test.features(r, 1) == 3.0 * plain.test.features(r, 1) - 1.0 + 0.5);
  CHECK(shifted.digest != plain.digest);
}

TEST_CASE("float and double rows agree to float's precision") {
  const std::string options = R"("standardize": true, "scale": 0.1, "test_fraction": 0.3)";
  const data::Dataset<double> wide = table_with<double>(options);
  const data::Dataset<float> narrow = table_with<float>(options);
  for (Index c = 0; c < 2; ++c) {
    for (Index r = 0; r < wide.train.samples(); ++r) {
      CHECK(static_cast<double>(narrow.train.features(r, c)) == doctest::Approx(wide.train.features(r, c)).epsilon(1e-6));
    }
  }
  CHECK(narrow.train.labels == wide.train.labels);
}

TEST_CASE("the digest tells rows, labels, shape and classes apart") {
  std::set<std::string> digests;
  for (const char* options :
       {R"("limit": 9)", R"("limit": 10)", R"("scale": 2)", R"("label": 0)", R"("target": "number")", R"("test_fraction": 0)"}) {
    digests.insert(table_with(options).digest);
  }
  CHECK(digests.size() == 6);
  CHECK(table_with(R"("limit": 10)").digest == table_with(R"("limit": 99)").digest);
  digests.insert(load<float>(R"({"type": "gaussian", "shape": [2, 3]})").digest);
  digests.insert(load<float>(R"({"type": "gaussian", "shape": [3, 2]})").digest);
  CHECK(digests.size() == 8);
}

TEST_CASE("rows that no machine holds are refused before any allocation") {
  check_refused([] { load<float>(R"({"type": "gaussian", "samples": 2147483648, "features": 1000000})"); }, ExitCode::kOutOfMemory,
                {"2147483648 rows of 1000000", "MiB"});
}

TEST_CASE("impossible values of the common options are refused with their place") {
  const auto refuse = [](const std::string& option, const std::vector<std::string>& words) {
    CAPTURE(option);
    check_refused([&] { data_spec(R"({"type": "gaussian", )" + option + "}"); }, ExitCode::kUsage, words);
  };
  refuse(R"("limit": 0)", {"/data/limit"});
  refuse(R"("test_fraction": 1)", {"/data/test_fraction"});
  refuse(R"("test_fraction": -0.1)", {"/data/test_fraction"});
  refuse(R"("standardize": "yes")", {"/data/standardize"});
  refuse(R"("shift": [{"split": "tests"}])", {"/data/shift/0/split", "test"});
  refuse(R"("standardise": true)", {"standardise", "standardize"});
  refuse(R"("batching": {"order": "by-label"})", {"/data/batching/order", "by-class"});
}

}  // namespace normrun::test
