#include "statistics/frontier.hpp"

#include <doctest/doctest.h>

#include "branches.hpp"
#include "core/team.hpp"
#include "statistics/known_outputs.hpp"
#include "statistics/layer_by_layer.hpp"
#include "train_rig.hpp"

namespace normrun::test {
namespace {

using Numbers = std::vector<std::vector<double>>;
Numbers numbers_of(const std::vector<statistics::LayerStatistics>& list) {
  Numbers numbers;
  for (const statistics::LayerStatistics& layer : list) {
    numbers.push_back(layer.mean);
    numbers.push_back(layer.variance);
    numbers.push_back(layer.rounding);
  }
  return numbers;
}

}  // namespace

TEST_CASE("statistics layer by layer are the same bits for any memory and any number of threads") {
  const TrainRig<float> rig(kBranches, clusters<float>(2100), R"({"steps": 5})");
  const nn::Model<float> model = rig.trained().model();
  const auto statistics_with = [&](Index most_bytes) {
    return numbers_of(statistics::layer_by_layer<float>(rig.network, model, rig.data.train, rows_in_order(rig.data.train.samples()), {},
                                                        512, most_bytes));
  };
  const Numbers expected = statistics_with(Index{1} << 30);
  REQUIRE(expected.size() == 15);
  for (const int threads : {1, 2, 3}) {
    const Team team(threads);
    for (const Index bytes : {0, 9'000, 40'000, 60'000, 1 << 30}) {
      CAPTURE(threads);
      CAPTURE(bytes);
      CHECK(statistics_with(bytes) == expected);
    }
  }
}

TEST_CASE("each layer runs once for each row where memory holds what the layers above read, and else some run again") {
  const TrainRig<float> rig(kBranches, clusters<float>(150), R"({"steps": 5})");
  const nn::Model<float> model = rig.trained().model();
  const Index rows = rig.data.train.samples();
  const auto layers_run = [&](Index most_bytes) {
    statistics::Frontier<float> frontier(rig.network, model.params, rig.data.train, rows_in_order(rows), most_bytes);
    Index highest = 0;
    for (const statistics::NormGroup& group : statistics::norm_groups(rig.network.layout())) {
      frontier.start_stretch(group.input);
      for (Index first = 0; first < rows; first += 64)
        frontier.run(first, std::min<Index>(64, rows - first), model.state, rig.network.layout().normalizations[0].layer);
      frontier.finish_stretch();
      highest = std::max(highest, group.input);
    }
    CHECK(frontier.layer_rows() >= rows * highest);
    return static_cast<double>(frontier.layer_rows()) / static_cast<double>(rows * highest);
  };
  CHECK(layers_run(Index{1} << 30) == 1.0);
  CHECK(layers_run(0) > 2.0);
  CHECK(layers_run(6'000) > 1.0);
  CHECK(layers_run(6'000) < layers_run(0));
}

TEST_CASE("remembered outputs are those of the pass, and only of that pass") {
  TrainRig<float> rig({{"dense", R"("units": 6)"}, {"batch"}, {"relu"}, {"dense", R"("units": 3)"}}, clusters<float>(60),
                      R"({"steps": 5})");
  const nn::Model<float> model = rig.trained().model();
  nn::Model<float> other = model;
  other.state[0] += 1.0F;
  const std::vector<Index> all = rows_in_order(rig.data.train.samples());
  const std::vector<Index> few = {7, 3, 7};
  const auto outputs = [&](const nn::Model<float>& by, const Mode& mode, const std::vector<Index>& rows) {
    const Matrix<float> y = statistics::run_forward<float>(rig.network, by.params, by.state, mode, rig.data.train, rows, 8, 4);
    return std::vector<float>(y.view().begin(), y.view().end());
  };
  const auto every_row = [&](Index batch_size) {
    const Matrix<float> y =
        statistics::run_every_row<float>(rig.network, model.params, model.state, kTrainFrozen, rig.data.train, all, batch_size, 4);
    return std::vector<float>(y.view().begin(), y.view().end());
  };
  const std::vector<float> of_few = outputs(model, kEvalMode, few);
  const std::vector<float> of_all = outputs(model, kEvalMode, all);
  const std::vector<float> of_other = outputs(other, kEvalMode, all);
  const std::vector<float> in_batches = outputs(model, kTrainFrozen, all);
  const std::vector<float> of_eights = every_row(8);
  const std::vector<float> of_fours = every_row(4);
  {
    statistics::KnownOutputs<float> known(&rig.network, model.params);
    known.add(rig.data.train, 0);
    for (int time = 0; time < 2; ++time) {
      CHECK(outputs(model, kEvalMode, few) == of_few);
      CHECK(outputs(model, kEvalMode, all) == of_all);
      CHECK(outputs(other, kEvalMode, all) == of_other);
      CHECK(outputs(model, kTrainFrozen, all) == in_batches);
      CHECK(every_row(8) == of_eights);
      CHECK(every_row(4) == of_fours);
    }
    data::Split<float> moved = rig.data.train;
    for (float& feature : moved.features.view()) feature += 1.0F;
    std::swap(moved.features, rig.data.train.features);  // the promise is broken to show that nothing runs again
    CHECK(outputs(model, kEvalMode, all) == of_all);
    CHECK(every_row(8) == of_eights);
    const Matrix<float> y = statistics::run_forward<float>(rig.network, model.params, model.state, kEvalMode, moved, all, 8, 4);
    CHECK(std::vector<float>(y.view().begin(), y.view().end()) == of_all);  // a split that was not added
  }
  CHECK(outputs(model, kEvalMode, all) != of_all);
}

}  // namespace normrun::test
