// sequences: the generated task, and what the preparation does to padded steps.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "data_rig.hpp"

namespace normrun::test {
namespace {

Index length_of(const data::Split<double>& split, Index row) { return split.lengths.at(static_cast<std::size_t>(row)); }

std::vector<double> step_of(const data::Split<double>& split, Index row, Index step, Index features) {
  const double* x = split.features.view().row(row) + step * features;
  return {x, x + features};
}

/// Sum and sum of squares of the valid steps of one feature.
struct Sums {
  double count = 0.0;
  double sum = 0.0;
  double squares = 0.0;
  double mean() const { return sum / count; }
  double sd() const { return std::sqrt(squares / count - mean() * mean()); }
};
Sums sums_of(const data::Split<double>& split, Index feature, Index features) {
  Sums sums;
  for (Index r = 0; r < split.samples(); ++r) {
    for (Index t = 0; t < length_of(split, r); ++t) {
      const double x = split.features(r, t * features + feature);
      sums.count += 1.0;
      sums.sum += x;
      sums.squares += x * x;
    }
  }
  return sums;
}

/// Checks that every step past the length is 0 and counts them.
Index check_padding(const data::Split<double>& split, Index features) {
  Index padded = 0;
  for (Index r = 0; r < split.samples(); ++r) {
    for (Index i = length_of(split, r) * features; i < split.features.cols(); ++i, ++padded) CHECK(split.features(r, i) == 0.0);
  }
  return padded;
}

const std::string kSmall = R"("type": "sequences", "samples": 400, "features": 3, "classes": 3, "min_length": 3, "max_length": 9)";

}  // namespace

TEST_CASE("sequences: every length from min_length to max_length, classes drawn evenly, zeros after the last step") {
  const data::Dataset<double> data = load<double>("{" + kSmall + R"(, "test_samples": 200})");
  CHECK(data.shape == Shape{9, 3});
  CHECK(data.classes == 3);
  CHECK(std::set<Index>(data.train.lengths.begin(), data.train.lengths.end()) == std::set<Index>{3, 4, 5, 6, 7, 8, 9});
  for (std::int32_t label = 0; label < 3; ++label) {
    CHECK(std::count(data.train.labels.begin(), data.train.labels.end(), label) == doctest::Approx(133).epsilon(0.2));
  }
  CHECK(check_padding(data.train, 3) > 0);
  CHECK(check_padding(data.test, 3) > 0);
  CHECK(load<double>("{" + kSmall + "}", 1).digest != load<double>("{" + kSmall + "}", 2).digest);
}

TEST_CASE("sequences: the class is the marker that comes first; the sum of the steps says nothing about it") {
  const data::Dataset<double> data = load<double>("{" + kSmall + R"(, "noise": 0, "test_samples": 100})");
  const std::vector<double> blank(3, 0.0);
  std::vector<std::vector<double>> markers(3);
  std::set<std::vector<double>> orders;
  for (const data::SplitName name : {data::SplitName::kTrain, data::SplitName::kTest}) {
    const data::Split<double>& split = data.split(name);
    std::vector<double> first_sum;
    for (Index r = 0; r < split.samples(); ++r) {
      std::vector<std::vector<double>> found;
      std::vector<double> places;
      for (Index t = 0; t < length_of(split, r); ++t) {
        if (step_of(split, r, t, 3) == blank) continue;
        found.push_back(step_of(split, r, t, 3));
        places.push_back(static_cast<double>(t));
      }
      REQUIRE(found.size() == 3);
      orders.insert(places);
      std::vector<double>& marker = markers.at(static_cast<std::size_t>(split.labels[static_cast<std::size_t>(r)]));
      if (marker.empty()) marker = found[0];
      CHECK(marker == found[0]);
      for (Index c = 0; c < 3; ++c) {
        const auto of_feature = [c](double sum, const std::vector<double>& step) { return sum + step[static_cast<std::size_t>(c)]; };
        const double sum = std::accumulate(found.begin(), found.end(), 0.0, of_feature);
        if (r == 0) first_sum.push_back(sum);
        CHECK(sum == doctest::Approx(first_sum[static_cast<std::size_t>(c)]).epsilon(1e-12));
      }
    }
  }
  CHECK(std::set<std::vector<double>>(markers.begin(), markers.end()).size() == 3);
  CHECK(orders.size() > 50);  // of 84 places in sequences of nine steps
}

TEST_CASE("sequences: padded steps stay zero and out of the statistics") {
  const std::string options = kSmall + R"(, "noise": 1, "test_samples": 50, "pad_to": 20)";
  const data::Dataset<double> raw = load<double>("{" + options + "}");
  CHECK(raw.shape == Shape{20, 3});
  const data::Dataset<double> data = load<double>("{" + options + R"(, "scale": 5, "standardize": true})");
  CHECK(data.train.lengths == raw.train.lengths);
  CHECK(data.train.labels == raw.train.labels);
  for (Index c = 0; c < 3; ++c) {
    CHECK(sums_of(data.train, c, 3).mean() == doctest::Approx(0.0).epsilon(1e-9));
    CHECK(sums_of(data.train, c, 3).sd() == doctest::Approx(1.0).epsilon(1e-9));
    const Sums unscaled = sums_of(raw.train, c, 3);
    CHECK(data.test.features(0, c) == doctest::Approx((raw.test.features(0, c) - unscaled.mean()) / unscaled.sd()));
  }
  CHECK(check_padding(data.train, 3) > 0);
  CHECK(check_padding(data.test, 3) > 0);
  const data::Dataset<double> shifted = load<double>("{" + options + R"(, "shift": [{"split": "test", "scale": 2, "offset": 1}]})");
  CHECK(shifted.test.features(0, 0) == 2.0 * raw.test.features(0, 0) + 1.0);
  check_padding(shifted.test, 3);
  const data::Dataset<double> black = load<double>("{" + options + R"(, "binarize": -100})");
  CHECK(sums_of(black.train, 0, 3).mean() == 1.0);
  check_padding(black.train, 3);
  const data::Dataset<double> limited = load<double>("{" + options + R"(, "limit": 7})");
  CHECK(limited.train.lengths == std::vector<Index>(raw.train.lengths.begin(), raw.train.lengths.begin() + 7));
}

TEST_CASE("sequences: held-out rows keep their lengths") {
  const data::Dataset<double> all = load<double>("{" + kSmall + R"(, "test_fraction": 0})");
  const data::Dataset<double> data = load<double>("{" + kSmall + R"(, "test_fraction": 0.25, "validation_fraction": 0.25})");
  CHECK(data.test.lengths.size() == 100);
  CHECK(data.validation.lengths.size() == 100);
  std::multiset<Index> lengths;
  for (const data::SplitName name : data::kSplits) {
    lengths.insert(data.split(name).lengths.begin(), data.split(name).lengths.end());
    check_padding(data.split(name), 3);
  }
  CHECK(lengths == std::multiset<Index>(all.train.lengths.begin(), all.train.lengths.end()));
}

TEST_CASE("sequences: fresh rows come with their lengths, prepared as the training split is") {
  const std::string options = kSmall + R"(, "resample": true, "standardize": true, "shift": [{"split": "train", "offset": 10}])";
  const data::Dataset<double> data = load<double>("{" + options + "}");
  data::Split<double> fresh;
  fresh.features = Matrix<double>(2000, 27);
  std::fill(fresh.features.view().begin(), fresh.features.view().end(), 7.0);  // of the step before
  fresh.labels.resize(2000);
  fresh.lengths.resize(2000);
  data.resample->generate(3, {fresh.features.view(), fresh.labels.data(), {}, fresh.lengths.data()});
  for (Index c = 0; c < 3; ++c) {
    CHECK(sums_of(fresh, c, 3).mean() == doctest::Approx(10.0).epsilon(0.02));
    CHECK(sums_of(fresh, c, 3).sd() == doctest::Approx(1.0).epsilon(0.1));
  }
  CHECK(check_padding(fresh, 3) > 0);
}

TEST_CASE("sequences: test rows may be longer than those of training, and the training rows stay the same") {
  const data::Dataset<double> plain = load<double>("{" + kSmall + R"(, "test_samples": 200})");
  const data::Dataset<double> data = load<double>("{" + kSmall + R"(, "test_samples": 200, "test_longer_by": 5})");
  CHECK(data.shape == Shape{14, 3});
  CHECK(std::set<Index>(data.test.lengths.begin(), data.test.lengths.end()) == std::set<Index>{8, 9, 10, 11, 12, 13, 14});
  CHECK(data.test.labels == plain.test.labels);
  CHECK(data.train.lengths == plain.train.lengths);
  CHECK(check_padding(data.train, 3) > check_padding(plain.train, 3));
  for (Index r = 0; r < data.train.samples(); ++r) {
    for (Index t = 0; t < length_of(data.train, r); ++t) CHECK(step_of(data.train, r, t, 3) == step_of(plain.train, r, t, 3));
  }
}

TEST_CASE("sequences: lengths that do not fit are refused with their place") {
  const auto refuse = [](const std::string& option, const std::vector<std::string>& words) {
    CAPTURE(option);
    check_refused([&] { data_spec(R"({"type": "sequences", )" + option + "}"); }, ExitCode::kUsage, words);
  };
  refuse(R"("classes": 9, "min_length": 8)", {"/data/min_length", "classes"});
  refuse(R"("min_length": 30)", {"/data", "at least min_length"});
  refuse(R"("pad_to": 23)", {"/data/pad_to", "at least max_length"});
  refuse(R"("test_longer_by": 6)", {"/data/test_longer_by", "test_samples"});
  refuse(R"("test_samples": 9, "test_longer_by": 6, "pad_to": 29)", {"/data/pad_to", "test_longer_by"});
  refuse(R"("classes": 65)", {"/data/classes"});
}

TEST_CASE("sequences: a label for each step is the class of the last marker up to it") {
  const std::string text = "{" + kSmall + R"(, "noise": 0, "test_samples": 10, "pad_to": 11)";
  const data::Dataset<double> data = load<double>(text + R"(, "label_of": "step"})");
  const data::Dataset<double> single = load<double>(text + "}");
  CHECK(data.label_shape == Shape{11});
  CHECK(numbers(data.train.features) == numbers(single.train.features));
  CHECK(data.digest != single.digest);
  const std::vector<double> blank(3, 0.0);
  std::vector<std::vector<double>> markers(3);
  for (Index r = 0; r < data.train.samples(); ++r) {
    std::int32_t last = kNoLabel;
    for (Index t = 0; t < 11; ++t) {
      const std::int32_t label = data.train.labels[static_cast<std::size_t>(r * 11 + t)];
      if (t >= length_of(data.train, r)) {
        CHECK(label == kNoLabel);
        continue;
      }
      const std::vector<double> step = step_of(data.train, r, t, 3);
      if (step == blank) {
        CHECK(label == last);
        continue;
      }
      if (last == kNoLabel) CHECK(label == single.train.labels[static_cast<std::size_t>(r)]);
      std::vector<double>& marker = markers.at(static_cast<std::size_t>(label));
      if (marker.empty()) marker = step;
      CHECK(marker == step);
      last = label;
    }
  }
  CHECK(std::set<std::vector<double>>(markers.begin(), markers.end()).size() == 3);
}

}  // namespace normrun::test
