// Training on sequences: the network is told how long each of a batch's rows is.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "train_rig.hpp"

namespace normrun::test {
namespace {

constexpr double kUnread = std::numeric_limits<double>::quiet_NaN();
constexpr Index kSteps = 3;
const std::vector<LayerText> kNetwork = {{"lstm", R"("units": 2)"}, {"dense", R"("units": 1)"}};

/// Row r has 1 + r % 3 steps of ones; a padded step that is read makes the loss NaN.
void fill(View<double> features, Index* lengths) {
  for (Index r = 0; r < features.rows; ++r) {
    lengths[r] = 1 + r % kSteps;
    for (Index t = 0; t < kSteps; ++t) features(r, t) = t < lengths[r] ? 1.0 : kUnread;
  }
}

class FreshSequences final : public data::RowGenerator<double> {
 public:
  void generate(std::uint64_t /*step*/, const data::RowsOut<double>& out) const override {
    REQUIRE(out.lengths != nullptr);
    fill(out.features, out.lengths);
  }
};

data::Dataset<double> sequences(Index samples) {
  data::Dataset<double> data;
  data.shape = Shape{kSteps, 1};
  data.train.features = Matrix<double>(samples, kSteps);
  data.train.lengths.resize(static_cast<std::size_t>(samples));
  fill(data.train.features.view(), data.train.lengths.data());
  return data;
}

}  // namespace

TEST_CASE("padded steps are not read in training, in whatever order the rows come") {
  for (const double loss : TrainRig<double>(kNetwork, sequences(10), R"({"epochs": 3, "batch_size": 4})").losses())
    CHECK(std::isfinite(loss));
}

TEST_CASE("nor are those of fresh rows") {
  data::Dataset<double> data = sequences(10);
  data.resample = std::make_shared<FreshSequences>();
  for (const double loss : TrainRig<double>(kNetwork, std::move(data), R"({"steps": 3, "batch_size": 4})").losses())
    CHECK(std::isfinite(loss));
}

}  // namespace normrun::test
