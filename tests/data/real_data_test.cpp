// The files in data/, and the real ones where they are.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "data_rig.hpp"

namespace normrun::test {

TEST_CASE("MNIST: counts, classes and pixels") {
  const std::string folder = real_data_folder("mnist");
  if (folder.empty()) return;
  const auto spec = data_spec(R"({"type": "idx", "train": {"images": "train-images-idx3-ubyte.gz", "labels": "train-labels-idx1-ubyte.gz"},
                                  "test": {"images": "t10k-images-idx3-ubyte.gz", "labels": "t10k-labels-idx1-ubyte.gz"}})");
  const data::DataSpec::Outline outline = spec->outline(folder);
  CHECK(outline.train_samples == 60000);
  CHECK(outline.test_samples == 10000);
  const auto start = std::chrono::steady_clock::now();
  const data::Dataset<float> data = spec->load<float>(0, folder);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  MESSAGE("MNIST loaded in " << seconds.count() << " s");
  CHECK(data.shape == Shape{28, 28, 1});
  CHECK(data.classes == 10);
  CHECK(data.train.samples() == 60000);
  CHECK(data.test.samples() == 10000);
  CHECK_FALSE(spec->depends_on_seed());
  CHECK(std::vector<std::int32_t>(data.train.labels.begin(), data.train.labels.begin() + 10) ==
        std::vector<std::int32_t>{5, 0, 4, 1, 9, 2, 1, 3, 1, 4});
  CHECK(std::count(data.train.labels.begin(), data.train.labels.end(), 0) == 5923);
  const auto pixels = data.train.features.view();
  const double mean = std::accumulate(pixels.begin(), pixels.end(), 0.0) / static_cast<double>(pixels.size());
  CHECK(mean == doctest::Approx(0.13066).epsilon(1e-4));  // the value everyone normalizes MNIST by
  const auto [low, high] = std::minmax_element(pixels.begin(), pixels.end());
  CHECK(*low == 0.0F);
  CHECK(*high == 1.0F);
}

TEST_CASE("optdigits: 3823 and 1797 rows of 64 inputs") {
  const std::string folder = real_data_folder("optdigits");
  if (folder.empty()) return;
  const data::Dataset<double> data =
      load<double>(R"({"type": "csv", "train": "optdigits_train.csv", "test": "optdigits_test.csv"})", 0, folder);
  CHECK(data.train.samples() == 3823);
  CHECK(data.test.samples() == 1797);
  CHECK(data.shape == Shape{64});
  CHECK(data.classes == 10);
  const auto [low, high] = std::minmax_element(data.train.features.view().begin(), data.train.features.view().end());
  CHECK(*low == 0.0);
  CHECK(*high == 16.0);
  CHECK(std::count(data.test.labels.begin(), data.test.labels.end(), 0) == 178);
}

TEST_CASE("Japanese vowels: 270 and 370 sequences of 12 channels, 7 to 29 steps") {
  const std::string folder = real_data_folder("japanese-vowels");
  if (folder.empty()) return;
  const data::Dataset<double> data = load<double>(
      R"({"type": "csv", "train": "japanese_vowels_train.csv", "test": "japanese_vowels_test.csv", "sequence": "seq", "time": "t", "label": "label"})",
      0, folder);
  CHECK(data.train.samples() == 270);
  CHECK(data.test.samples() == 370);
  CHECK(data.shape == Shape{29, 12});
  CHECK(data.classes == 9);
  const auto [shortest, longest] = std::minmax_element(data.train.lengths.begin(), data.train.lengths.end());
  CHECK(*shortest == 7);
  CHECK(*longest == 26);
  CHECK(*std::max_element(data.test.lengths.begin(), data.test.lengths.end()) == 29);
  for (std::int32_t label = 0; label < 9; ++label) CHECK(std::count(data.train.labels.begin(), data.train.labels.end(), label) == 30);
  CHECK(data.train.features(0, 12) == 1.891651);  // the second step of the first
}

TEST_CASE("the fixtures hold the same eight rows in every format") {
  const std::string folder = fixture_folder();
  const data::Dataset<double> csv = load<double>(R"({"type": "csv", "path": "tiny.csv", "test_fraction": 0})", 0, folder);
  const data::Dataset<double> npy = load<double>(
      R"({"type": "npy", "train": {"features": "tiny_features.npy", "labels": "tiny_labels.npy"}, "test_fraction": 0})", 0, folder);
  const data::Dataset<double> idx = load<double>(
      R"({"type": "idx", "train": {"images": "tiny-images-idx2-ubyte.gz", "labels": "tiny-labels-idx1-ubyte.gz"}, "scale": 1, "test_fraction": 0})",
      0, folder);
  CHECK(csv.train.samples() == 8);
  CHECK(csv.shape == Shape{4});
  CHECK(csv.classes == 3);
  CHECK(csv.train.features(2, 1) == 35.0);
  CHECK(npy.digest == csv.digest);
  CHECK(idx.digest == csv.digest);
}

}  // namespace normrun::test
