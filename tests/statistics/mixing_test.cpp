#include "statistics/mixing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "evaluate.hpp"
#include "statistics/mixed_forward.hpp"
#include "train_rig.hpp"

namespace normrun::test {

TEST_CASE("the name of a mode that mixes holds its number") {
  const auto by_rows = statistics::mixing_of("mixed-16-rows");
  REQUIRE(by_rows);
  CHECK(by_rows->weight_of(16) == 0.5);
  CHECK(by_rows->weight_of(48) == 0.75);
  CHECK(by_rows->variance == statistics::Mixing::Variance::kLinear);
  const auto by_weight = statistics::mixing_of("mixed-0.125");
  REQUIRE(by_weight);
  CHECK(by_weight->weight_of(1) == 0.125);
  CHECK(by_weight->weight_of(1000) == 0.125);
  CHECK(by_weight->variance == statistics::Mixing::Variance::kPooled);
  CHECK(statistics::mixing_of("mixed-2.5e-1")->weight_of(1) == 0.25);
  for (const std::string name : {"mixed", "mixed-", "mixed--0.1", "mixed-1.5", "mixed-x", "mixed-nan", "mixed-inf", "mixed-0.1x",
                                 "mixed-rows", "mixed--rows", "mixed--4-rows", "eval", "train"}) {
    CAPTURE(name);
    CHECK_FALSE(statistics::mixing_of(name));
  }
}

TEST_CASE("mixed with weight 0 is eval mode to the bit, and with weight 1 train mode") {
  const std::vector<LayerText> layers = {{"dense", R"("units": 6)"}, {"batch"}, {"relu"},
                                         {"dense", R"("units": 4)"}, {"batch"}, {"dense", R"("units": 3)"}};
  const TrainRig<double> rig(layers, clusters<double>(300), R"({"steps": 10})");
  const nn::Model<double> model = rig.trained().model();
  const std::vector<Index> order = rows_in_order(rig.data.train.samples());
  const Index boundary = rig.network.output_boundary();
  const auto mixed = [&](double weight) {
    return statistics::run_every_row_mixed<double>(rig.network, model, {.weight = weight, .pseudo_rows = std::nullopt}, rig.data.train,
                                                   order, 16, boundary);
  };
  const auto plain = [&](const Mode& mode) {
    return statistics::run_every_row<double>(rig.network, model.params, model.state, mode, rig.data.train, order, 16, boundary);
  };
  const auto worst = [](const Matrix<double>& a, const Matrix<double>& b) {
    double difference = 0.0;
    for (Index i = 0; i < a.view().size(); ++i) difference = std::max(difference, std::abs(a.view().data[i] - b.view().data[i]));
    return difference;
  };
  CHECK(worst(mixed(0.0), plain(kEvalMode)) == 0.0);
  CHECK(worst(mixed(1.0), plain(kTrainFrozen)) < 1e-12);
  CHECK(worst(mixed(0.5), plain(kEvalMode)) > 1e-2);
}

}  // namespace normrun::test
