// stroke-digits, and `resample`: fresh rows for every step.
#include <doctest/doctest.h>

#include "data_rig.hpp"
#include "moments.hpp"
#include "support/allocation_counter.hpp"

namespace normrun::test {

TEST_CASE("stroke-digits: grey images of ten classes, told apart by their nearest neighbours, not perfectly") {
  const data::Dataset<float> data = load<float>(R"({"type": "stroke-digits", "samples": 1500, "test_samples": 200})");
  CHECK(data.shape == Shape{28, 28, 1});
  CHECK(data.classes == 10);
  const Moments x = moments<float>(data.train.features.view());
  CHECK(x.low == 0.0);
  CHECK(x.high == 1.0);
  CHECK(x.mean == doctest::Approx(0.13).epsilon(0.1));
  Index right = 0;
  for (Index r = 0; r < data.test.samples(); ++r) {
    float best = 1e30F;
    std::int32_t label = -1;
    for (Index t = 0; t < data.train.samples(); ++t) {
      float distance = 0.0F;
      for (Index p = 0; p < 784; ++p) {
        const float difference = data.test.features(r, p) - data.train.features(t, p);
        distance += difference * difference;
      }
      if (distance < best) {
        best = distance;
        label = data.train.labels[static_cast<std::size_t>(t)];
      }
    }
    right += label == data.test.labels[static_cast<std::size_t>(r)] ? 1 : 0;
  }
  CHECK(right > 160);
  CHECK(right < 199);
}

TEST_CASE("stroke-digits without distortion and noise: every way of writing a digit, the pen apart, is in the frame") {
  const data::Dataset<float> data =
      load<float>(R"({"type": "stroke-digits", "samples": 200, "distortion": 0, "noise": 0, "test_fraction": 0})");
  for (Index r = 0; r < data.train.samples(); ++r) {
    float ink = 0.0F;
    for (Index p = 0; p < 784; ++p) {
      const Index row = p / 28;
      const Index col = p % 28;
      const bool is_border = row < 2 || row > 25 || col < 2 || col > 25;
      if (is_border) CHECK(data.train.features(r, p) == 0.0F);
      ink += data.train.features(r, p);
    }
    CHECK(ink > 15.0F);
  }
}

TEST_CASE("resample: rows are a function of (seed, step, row), the same however many are asked for") {
  for (const std::string options :
       {R"("type": "gaussian", "target": "teacher")", R"("type": "uniform", "target": "clusters")", R"("type": "spirals")",
        R"("type": "stroke-digits", "samples": 50)", R"("type": "sequences", "samples": 50)"}) {
    CAPTURE(options);
    const data::Dataset<float> data = load<float>("{" + options + R"(, "resample": true})", 5);
    REQUIRE(data.resample != nullptr);
    const Index size = data.shape.size();
    const auto rows = [&](std::uint64_t step, Index count) {
      Matrix<float> x(count, size);
      Matrix<float> targets(count, data.outputs);
      std::vector<std::int32_t> labels(data.classes > 0 ? static_cast<std::size_t>(count) : 0);
      std::vector<Index> lengths(data.train.lengths.empty() ? 0 : static_cast<std::size_t>(count));
      data.resample->generate(step, {x.view(), labels.data(), targets.view(), lengths.empty() ? nullptr : lengths.data()});
      std::vector<float> all(x.view().begin(), x.view().begin() + 4 * size);
      all.insert(all.end(), targets.view().begin(), targets.view().begin() + 4 * data.outputs);
      for (std::size_t i = 0; i < 4 && !labels.empty(); ++i) all.push_back(static_cast<float>(labels[i]));
      for (std::size_t i = 0; i < 4 && !lengths.empty(); ++i) all.push_back(static_cast<float>(lengths[i]));
      return all;
    };
    CHECK(rows(7, 4) == rows(7, 64));
    CHECK(rows(7, 4) != rows(8, 4));
    CHECK(rows(0, 4) == rows(0, 5));
  }
}

TEST_CASE("resample: fresh rows are prepared as the training split is, and allocate nothing") {
  const std::string options = R"("type": "gaussian", "mean": 5, "sd": 2, "features": 3, "target": "teacher", "resample": true)";
  const data::Dataset<double> plain = load<double>("{" + options + "}");
  const data::Dataset<double> prepared = load<double>(
      "{" + options + R"(, "standardize": true, "shift": [{"split": "train", "offset": 1}, {"split": "test", "offset": 100}]})");
  Matrix<double> x(5000, 3);
  Matrix<double> targets(5000, 1);
  prepared.resample->generate(1, {x.view(), nullptr, targets.view()});
  const Moments found = moments<double>(x.view());
  CHECK(found.mean == doctest::Approx(1.0).epsilon(0.1));
  CHECK(found.sd == doctest::Approx(1.0).epsilon(0.05));
  Matrix<double> raw_targets(5000, 1);
  const std::size_t before = allocations();
  plain.resample->generate(1, {x.view(), nullptr, raw_targets.view()});
  prepared.resample->generate(2, {x.view(), nullptr, targets.view()});
  CHECK(allocations() == before);
  plain.resample->generate(2, {x.view(), nullptr, raw_targets.view()});
  CHECK(std::equal(targets.view().begin(), targets.view().end(), raw_targets.view().begin()));  // targets are those of the raw rows
  CHECK(plain.digest != load<double>(R"({"type": "gaussian", "mean": 5, "sd": 2, "features": 3, "target": "teacher"})").digest);
}

}  // namespace normrun::test
