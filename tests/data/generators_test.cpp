#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "data_rig.hpp"
#include "moments.hpp"

namespace normrun::test {
namespace {

/// Rows of each class.
template <class T>
std::vector<Index> class_counts(const data::Split<T>& split, Index classes) {
  std::vector<Index> counts(static_cast<std::size_t>(classes));
  for (const std::int32_t label : split.labels) ++counts.at(static_cast<std::size_t>(label));
  return counts;
}

}  // namespace

TEST_CASE("gaussian and uniform inputs have their moments") {
  const data::Dataset<double> normal = load<double>(R"({"type": "gaussian", "samples": 20000, "mean": 2, "sd": 3, "test_fraction": 0})");
  const Moments n = moments<double>(normal.train.features.view());
  CHECK(n.mean == doctest::Approx(2.0).epsilon(0.02));
  CHECK(n.sd == doctest::Approx(3.0).epsilon(0.01));
  const data::Dataset<double> even = load<double>(R"({"type": "uniform", "samples": 20000, "low": -1, "high": 3, "test_fraction": 0})");
  const Moments u = moments<double>(even.train.features.view());
  CHECK(u.mean == doctest::Approx(1.0).epsilon(0.02));
  CHECK(u.sd == doctest::Approx(4.0 / std::sqrt(12.0)).epsilon(0.01));
  CHECK(u.low >= -1.0);
  CHECK(u.high <= 3.0);
}

TEST_CASE("generated data are a function of the seed, and the inputs are the same for every target without classes in them") {
  const std::string linear = R"({"type": "gaussian", "target": "linear"})";
  CHECK(load<float>(linear, 3).digest == load<float>(linear, 3).digest);
  CHECK(load<float>(linear, 3).digest != load<float>(linear, 4).digest);
  const data::Dataset<double> a = load<double>(linear, 3);
  const data::Dataset<double> b = load<double>(R"({"type": "gaussian", "target": "random-labels"})", 3);
  CHECK(std::equal(a.train.features.view().begin(), a.train.features.view().end(), b.train.features.view().begin()));
  const data::Dataset<float> narrow = load<float>(linear, 3);
  for (Index r = 0; r < narrow.train.samples(); ++r) {
    CHECK(narrow.train.features(r, 0) == static_cast<float>(a.train.features(r, 0)));
    CHECK(narrow.train.targets(r, 0) == static_cast<float>(a.train.targets(r, 0)));
  }
}

TEST_CASE("limit gives the first rows of the larger set; test_samples does not depend on samples") {
  const data::Dataset<double> all = load<double>(R"({"type": "gaussian", "samples": 100, "test_samples": 50})");
  const data::Dataset<double> few = load<double>(R"({"type": "gaussian", "samples": 100, "limit": 10, "test_samples": 50})");
  CHECK(few.train.samples() == 10);
  CHECK(std::equal(few.train.features.view().begin(), few.train.features.view().end(), all.train.features.view().begin()));
  CHECK(few.test.samples() == 50);
  CHECK(std::equal(few.test.features.view().begin(), few.test.features.view().end(), all.test.features.view().begin()));
  CHECK(all.test.features(0, 0) != all.train.features(0, 0));
}

TEST_CASE("linear targets: least squares finds the weights again, up to the noise") {
  const data::Dataset<double> data =
      load<double>(R"({"type": "gaussian", "samples": 4000, "features": 1, "noise": 0.5, "test_samples": 100})");
  double xy = 0.0;
  double xx = 0.0;
  for (Index r = 0; r < data.train.samples(); ++r) {
    xy += data.train.features(r, 0) * data.train.targets(r, 0);
    xx += data.train.features(r, 0) * data.train.features(r, 0);
  }
  double noise = 0.0;
  for (Index r = 0; r < data.test.samples(); ++r)
    noise += std::pow(data.test.targets(r, 0) - xy / xx * data.test.features(r, 0), 2) / 100.0;
  CHECK(std::sqrt(noise) == doctest::Approx(0.5).epsilon(0.2));
}

TEST_CASE("a teacher is homogeneous: twice the inputs give twice the targets") {
  const data::Dataset<double> one = load<double>(R"({"type": "gaussian", "target": "teacher", "outputs": 3, "features": 5})");
  const data::Dataset<double> two = load<double>(R"({"type": "gaussian", "target": "teacher", "outputs": 3, "features": 5, "sd": 2})");
  CHECK(one.outputs == 3);
  for (Index r = 0; r < one.train.samples(); ++r) CHECK(two.train.targets(r, 2) == doctest::Approx(2.0 * one.train.targets(r, 2)));
  CHECK(moments<double>(one.train.targets.view()).sd > 0.2);
}

TEST_CASE("targets: zeros has none; classes are drawn evenly") {
  const data::Dataset<float> zeros = load<float>(R"({"type": "gaussian", "target": "zeros"})");
  CHECK(zeros.classes == 0);
  CHECK(zeros.outputs == 0);
  CHECK(zeros.train.targets.view().empty());
  for (const char* target : {"clusters", "prototypes", "random-labels"}) {
    const data::Dataset<float> data =
        load<float>(R"({"type": "uniform", "classes": 4, "samples": 4000, "test_fraction": 0, "target": ")" + std::string(target) + "\"}");
    CHECK(data.classes == 4);
    for (const Index count : class_counts(data.train, 4)) CHECK(count == doctest::Approx(1000).epsilon(0.12));
  }
}

TEST_CASE("clusters lie around their centres, the same for training and test rows") {
  const data::Dataset<double> data =
      load<double>(R"({"type": "gaussian", "target": "clusters", "classes": 3, "features": 20, "samples": 600, "test_samples": 300})");
  Matrix<double> centres(3, 20);
  const std::vector<Index> counts = class_counts(data.train, 3);
  for (Index r = 0; r < data.train.samples(); ++r) {
    const std::int32_t label = data.train.labels[static_cast<std::size_t>(r)];
    for (Index c = 0; c < 20; ++c)
      centres(label, c) += data.train.features(r, c) / static_cast<double>(counts[static_cast<std::size_t>(label)]);
  }
  Index right = 0;
  for (Index r = 0; r < data.test.samples(); ++r) {
    double distance[3] = {};
    for (Index k = 0; k < 3; ++k) {
      for (Index c = 0; c < 20; ++c) distance[k] += std::pow(data.test.features(r, c) - centres(k, c), 2);
    }
    right += std::min_element(distance, distance + 3) - distance == data.test.labels[static_cast<std::size_t>(r)] ? 1 : 0;
  }
  CHECK(right > 285);
}

TEST_CASE("prototypes: document 002's data by default") {
  const data::Dataset<double> data =
      load<double>(R"({"type": "gaussian", "target": "prototypes", "features": 784, "samples": 2000, "test_samples": 1000})");
  CHECK(data.classes == 10);
  const Moments x = moments<double>(data.train.features.view());
  CHECK(x.low == 0.0);
  CHECK(x.high == 1.0);
  CHECK(x.mean == doctest::Approx(0.21).epsilon(0.05));  // of clip(0.5 N(0,1), 0, 1), and a little more
  const data::Dataset<double> clean = load<double>(
      R"({"type": "gaussian", "target": "prototypes", "features": 784, "noise": 0, "prototype_scale": 0.3, "sparsity": 0.8, "samples": 50})");
  std::set<double> distinct;
  Index zeros = 0;
  for (const double value : clean.train.features.view()) {
    zeros += value == 0.0 ? 1 : 0;
    distinct.insert(value);
  }
  CHECK(static_cast<double>(zeros) / static_cast<double>(clean.train.features.view().size()) == doctest::Approx(0.8).epsilon(0.02));
  CHECK(*distinct.rbegin() < 0.3);
}

TEST_CASE("imbalanced: the document's counts, means and its balanced test set") {
  const data::Dataset<double> data = load<double>(R"({"type": "imbalanced", "balanced_test": true})");
  CHECK(class_counts(data.train, 2) == std::vector<Index>{1000, 100});
  CHECK(class_counts(data.test, 2) == std::vector<Index>{500, 500});
  CHECK(std::is_sorted(data.train.labels.begin(), data.train.labels.end()));
  CHECK(moments<double>(data.train.features.view().slice(0, 1000)).mean == doctest::Approx(0.0).epsilon(0.05));
  CHECK(moments<double>(data.train.features.view().slice(1000, 100)).mean == doctest::Approx(5.0).epsilon(0.05));
  CHECK(load<double>(R"({"type": "imbalanced"})").test.samples() == 220);
}

TEST_CASE("spirals wind as they should without noise") {
  const data::Dataset<double> data = load<double>(R"({"type": "spirals", "classes": 2, "noise": 0, "test_fraction": 0})");
  CHECK(data.shape == Shape{2});
  for (Index r = 0; r < data.train.samples(); ++r) {
    const double radius = std::hypot(data.train.features(r, 0), data.train.features(r, 1));
    const double angle = 6.283185307179586 * (radius + 0.5 * data.train.labels[static_cast<std::size_t>(r)]);
    CHECK(data.train.features(r, 0) == doctest::Approx(radius * std::cos(angle)));
    CHECK(data.train.features(r, 1) == doctest::Approx(radius * std::sin(angle)));
  }
}

TEST_CASE("outlines of generators agree with what they load") {
  for (const std::string text :
       {R"({"type": "gaussian", "shape": [4, 4, 3], "target": "random-labels", "classes": 7})",
        R"({"type": "uniform", "target": "linear", "outputs": 3, "test_samples": 20})", R"({"type": "gaussian", "target": "zeros"})",
        R"({"type": "imbalanced", "majority": 20, "minority": 10, "validation_fraction": 0.1})", R"({"type": "spirals", "limit": 90})",
        R"({"type": "stroke-digits", "samples": 30, "classes": 4})", R"({"type": "sequences", "samples": 30, "pad_to": 25})"}) {
    CAPTURE(text);
    const auto spec = data_spec(text);
    const data::Dataset<float> data = spec->load<float>(0, "");
    const data::DataSpec::Outline outline = spec->outline("");
    CHECK(outline.shape == data.shape);
    CHECK(outline.classes == data.classes);
    CHECK(outline.outputs == data.outputs);
    CHECK(outline.train_samples == data.train.samples());
    CHECK(outline.validation_samples == data.validation.samples());
    CHECK(outline.test_samples == data.test.samples());
  }
}

TEST_CASE("options of generators that do not go together are refused") {
  const auto refuse = [](const std::string& text, const std::vector<std::string>& words) {
    check_refused([&] { data_spec(text); }, ExitCode::kUsage, words);
  };
  refuse(R"({"type": "gaussian", "features": 5, "shape": [2, 3]})", {"/data/features", "product"});
  refuse(R"({"type": "gaussian", "shape": [100000, 100000]})", {"/data/shape", "2^31"});
  refuse(R"({"type": "gaussian", "shape": [0]})", {"/data/shape"});
  refuse(R"({"type": "uniform", "low": 1, "high": 1})", {"/data/high", "above low"});
  refuse(R"({"type": "gaussian", "low": 1})", {"low"});
  refuse(R"({"type": "gaussian", "clip": [1, 0]})", {"/data/clip"});
  refuse(R"({"type": "stroke-digits", "classes": 11})", {"/data/classes", "10"});
}

}  // namespace normrun::test
