// Population statistics of normalizations inside a recurrent cell.
#include <doctest/doctest.h>

#include <cmath>

#include "statistics/mixed_forward.hpp"
#include "statistics/population.hpp"
#include "train_rig.hpp"

namespace normrun::test {
namespace {

constexpr Index kTime = 5;

/// Sequences of 1 to 5 steps; 2 in 3 of them are for training.
data::Dataset<double> sequences(Index samples) {
  data::Dataset<double> rows = clusters<double>(samples);
  rows.shape = Shape{kTime, 2};
  for (Index i = 0; i < rows.train.samples(); ++i) rows.train.lengths.push_back(1 + i % kTime);
  for (Index i = 0; i < rows.test.samples(); ++i) rows.test.lengths.push_back(1 + i % kTime);
  return rows;
}

const std::vector<LayerText> kCells = {{"lstm", R"("units": 4, "normalization": "batch", "initial_gamma": 0.7, "return_sequences": true)"},
                                       {"batch"},
                                       {"lstm", R"("units": 3, "normalization": "batch", "initial_gamma": 0.9, "momentum": 0)"},
                                       {"dense", R"("units": 3)"}};

double worst(std::span<const double> a, std::span<const double> b) {
  REQUIRE(a.size() == b.size());
  double difference = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = std::max(difference, std::abs(a[i] - b[i]));
  return difference;
}
std::span<const double> numbers(const Matrix<double>& matrix) {
  return {matrix.view().data, static_cast<std::size_t>(matrix.view().size())};
}

}  // namespace

TEST_CASE("cells: in eval mode with population statistics the network gives what train mode gives on the whole population") {
  const TrainRig<double> rig(kCells, sequences(900), R"({"steps": 10})");  // 600 rows: two slices
  const nn::Model<double> model = rig.trained().model();
  const auto population = statistics::population_statistics(rig.network, model, rig.data.train, {}, 4);
  REQUIRE(population.size() == 7);
  const Buffer<double> state = statistics::state_with<double>(rig.network.layout(), model.state, population);
  const std::vector<Index> order = rows_in_order(rig.data.train.samples());
  const auto outputs = [&](std::span<const double> statistics, const Mode& mode) {
    return statistics::run_forward<double>(rig.network, model.params, statistics, mode, rig.data.train, order, 600,
                                           rig.network.output_boundary());
  };
  const Matrix<double> whole = outputs(model.state, kTrainFrozen);
  CHECK(worst(numbers(outputs(state, kEvalMode)), numbers(whole)) < 1e-8);  // Keras adds 1e-7 to the rows that `batch` counts
  CHECK(worst(numbers(outputs(model.state, kEvalMode)), numbers(whole)) > 1e-2);
}

TEST_CASE("cells: every estimator reads what the norms read, step by step") {
  const TrainRig<double> rig({kCells[2], kCells[3]}, sequences(300), R"({"steps": 10})");
  const nn::Model<double> model = rig.trained().model();
  const nn::Layout& layout = rig.network.layout();
  const Index rows = rig.data.train.samples();
  Buffer<double> moved = model.state;  // momentum 0: a pass in train mode leaves the statistics of its own rows
  nn::Record<double> record(rig.network, rows);
  rig.network.forward({.mode = kTrainMode, .lengths = rig.data.train.lengths.data()}, model.params, model.state, moved.data(), record,
                      rig.data.train.features.view());
  for (const char* estimator : {"layer-by-layer", "pooled", "batch-average"}) {
    CAPTURE(estimator);
    statistics::PopulationOptions options;
    read_object(R"({"estimator": ")" + std::string(estimator) + R"("})", options);
    const auto population = statistics::population_statistics(rig.network, model, rig.data.train, options, 4);
    REQUIRE(population.size() == 3);
    for (const statistics::LayerStatistics& found : population) {
      const statistics::LayerStatistics expected = statistics::moving_statistics<double>(layout, found.normalization, moved);
      CHECK(worst(found.mean, expected.mean) < 1e-12);
      CHECK(worst(found.variance, expected.variance) < 1e-12);
    }
  }
}

TEST_CASE("cells: mixed with weight 0 is eval mode to the bit, and with weight 1 train mode") {
  const TrainRig<double> rig({kCells[0], kCells[2], kCells[3]}, sequences(150), R"({"steps": 10})");
  const nn::Model<double> model = rig.trained().model();
  const std::vector<Index> order = rows_in_order(rig.data.train.samples());
  const Index boundary = rig.network.output_boundary();
  const auto mixed = [&](double weight) {
    return statistics::run_every_row_mixed<double>(rig.network, model, {.weight = weight, .pseudo_rows = std::nullopt}, rig.data.train,
                                                   order, 10, boundary);
  };
  const auto plain = [&](const Mode& mode) {
    return statistics::run_every_row<double>(rig.network, model.params, model.state, mode, rig.data.train, order, 10, boundary);
  };
  CHECK(worst(numbers(mixed(0.0)), numbers(plain(kEvalMode))) == 0.0);
  CHECK(worst(numbers(mixed(1.0)), numbers(plain(kTrainFrozen))) < 1e-12);
  CHECK(worst(numbers(mixed(0.5)), numbers(plain(kEvalMode))) > 1e-3);
}

}  // namespace normrun::test
