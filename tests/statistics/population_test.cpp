#include "statistics/population.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "branches.hpp"
#include "evaluate.hpp"
#include "statistics/stem_outputs.hpp"
#include "train/batch_replay.hpp"
#include "train_rig.hpp"

namespace normrun::test {
namespace {

struct Columns {
  std::vector<double> mean;
  std::vector<double> variance;
};

/// Column means and biased variances in two passes over all rows at once.
template <class T>
Columns direct_moments(ConstView<T> x) {
  Columns columns;
  for (Index c = 0; c < x.cols; ++c) {
    double mean = 0.0;
    double deviations = 0.0;
    for (Index r = 0; r < x.rows; ++r) mean += static_cast<double>(x(r, c)) / static_cast<double>(x.rows);
    for (Index r = 0; r < x.rows; ++r) deviations += (static_cast<double>(x(r, c)) - mean) * (static_cast<double>(x(r, c)) - mean);
    columns.mean.push_back(mean);
    columns.variance.push_back(deviations / static_cast<double>(x.rows));
  }
  return columns;
}

double worst(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double difference = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = std::max(difference, std::abs(a[i] - b[i]) / (1e-3 + std::abs(b[i])));
  return difference;
}

const std::vector<LayerText> kTwoNorms = {{"dense", R"("units": 6)"}, {"batch"}, {"relu"},
                                          {"dense", R"("units": 4)"}, {"batch"}, {"dense", R"("units": 3)"}};

}  // namespace

TEST_CASE("channel moments merge to the moments of all rows, without cancellation") {
  RandomStream random(3, Purpose::kData);
  Matrix<double> x(1001, 3);
  for (double& value : x.view()) value = 1e6 + random.normal();
  const Columns all = direct_moments<double>(x.view());
  statistics::ChannelMoments forwards(3);
  for (Index first : {0, 10, 600})
    forwards.add<double>(ConstView<double>(x.view()).slice(first, first == 0 ? 10 : first == 10 ? 590 : 401));
  CHECK(forwards.rows() == 1001);
  CHECK(worst(forwards.mean(), all.mean) < 1e-14);
  CHECK(worst(forwards.variance(), all.variance) < 1e-9);

  statistics::ChannelMoments late(3);
  late.add<double>(ConstView<double>(x.view()).slice(600, 401));
  statistics::ChannelMoments backwards(3);
  backwards.merge(late);
  statistics::ChannelMoments early(3);
  early.add<double>(ConstView<double>(x.view()).slice(0, 600));
  backwards.merge(early);
  backwards.merge(statistics::ChannelMoments(3));
  CHECK(worst(backwards.mean(), all.mean) < 1e-14);
  CHECK(worst(backwards.variance(), all.variance) < 1e-9);
}

TEST_CASE("population statistics equal a direct computation, each layer behind the repaired ones before it") {
  for (const auto& layers : {kTwoNorms, kBranches}) {
    const TrainRig<double> rig(layers, clusters<double>(2000), R"({"steps": 20})");  // 1334 rows: several slices
    const nn::Model<double> model = rig.trained().model();
    const auto population = statistics::population_statistics(rig.network, model, rig.data.train, statistics::PopulationOptions{}, 4);
    REQUIRE(population.size() == rig.network.layout().normalizations.size());
    const std::vector<Index> order = rows_in_order(rig.data.train.samples());

    nn::Model<double> repaired = model;
    for (const statistics::LayerStatistics& layer : population) {
      const nn::Normalization& norm = rig.network.layout().normalizations[static_cast<std::size_t>(layer.normalization)];
      const Matrix<double> input = statistics::run_forward<double>(rig.network, repaired.params, repaired.state, kEvalMode, rig.data.train,
                                                                   order, static_cast<Index>(order.size()), norm.input);
      const Columns direct = direct_moments<double>(input.view());
      CHECK(worst(layer.mean, direct.mean) < 1e-12);
      CHECK(worst(layer.variance, direct.variance) < 1e-12);
      std::copy(direct.mean.begin(), direct.mean.end(), repaired.state.begin() + norm.moving_mean->offset);
      std::copy(direct.variance.begin(), direct.variance.end(), repaired.state.begin() + norm.moving_variance->offset);
    }
    const Buffer<double> state = statistics::state_with<double>(rig.network.layout(), model.state, population);
    const nn::Normalization& second = rig.network.layout().normalizations[1];
    CHECK(state[static_cast<std::size_t>(second.moving_mean->offset)] == population[1].mean[0]);
    CHECK(state[static_cast<std::size_t>(second.moving_variance->offset)] == population[1].variance[0]);
  }
}

TEST_CASE("the stem's outputs do not change the population statistics, chains and branches alike") {
  for (const auto& layers : {kTwoNorms, kBranches}) {
    const TrainRig<float> rig(layers, clusters<float>(1600), R"({"steps": 20})");
    const nn::Model<float> model = rig.trained().model();
    statistics::StemOutputs<float> stem(rig.network, model.params, rig.data.train);
    CHECK(stem.boundary() == 1);
    const auto plain = statistics::population_statistics(rig.network, model, rig.data.train, {}, 4);
    const auto by_stem = statistics::population_statistics<float>(rig.network, model, {rig.data.train, &stem}, {}, 4);
    for (std::size_t i = 0; i < plain.size(); ++i) {
      CHECK(plain[i].mean == by_stem[i].mean);
      CHECK(plain[i].variance == by_stem[i].variance);
    }
  }
}

TEST_CASE("in eval mode with population statistics the network gives what train mode gives on the whole population") {
  for (const auto& layers : {kTwoNorms, kBranches}) {
    const TrainRig<double> rig(layers, clusters<double>(900), R"({"steps": 10})");
    const nn::Model<double> model = rig.trained().model();
    const Buffer<double> state = statistics::state_with<double>(
        rig.network.layout(), model.state, statistics::population_statistics(rig.network, model, rig.data.train, {}, 4));
    const std::vector<Index> order = rows_in_order(rig.data.train.samples());
    const auto outputs = [&](std::span<const double> statistics, const Mode& mode) {
      return statistics::run_forward<double>(rig.network, model.params, statistics, mode, rig.data.train, order, 600,
                                             rig.network.output_boundary());
    };
    const Matrix<double> population = outputs(state, kEvalMode);
    const Matrix<double> whole = outputs(model.state, kTrainFrozen);
    double difference = 0.0;
    for (Index i = 0; i < population.view().size(); ++i)
      difference = std::max(difference, std::abs(population.view().data[i] - whole.view().data[i]));
    CHECK(difference < 1e-12);
  }
}

TEST_CASE("batch-average: ghost batches are what it averages, and all rows together stay the population") {
  const auto with = [](const std::string& norm) {
    return std::vector<LayerText>{{"dense", R"("units": 6)"}, {"batch", norm}, {"dense", R"("units": 3)"}};
  };
  const TrainRig<double> ghost(with(R"("ghost_batch_size": 5)"), clusters<double>(300), R"({"steps": 5})");
  const TrainRig<double> plain(with(""), clusters<double>(300), R"({"steps": 5})");
  const nn::Model<double> model = plain.trained().model();
  const auto statistics_of = [&](const TrainRig<double>& rig, const std::string& options) {
    statistics::PopulationOptions population;
    read_object(options, population);
    return statistics::population_statistics(rig.network, model, rig.data.train, population, 4).front();
  };
  const auto by_ghosts = statistics_of(ghost, R"({"estimator": "batch-average", "batch_size": 20})");
  CHECK(by_ghosts.variance == statistics_of(plain, R"({"estimator": "batch-average", "batch_size": 5})").variance);
  CHECK(by_ghosts.mean == statistics_of(plain, R"({"estimator": "batch-average", "batch_size": 5})").mean);
  CHECK(by_ghosts.variance != statistics_of(plain, R"({"estimator": "batch-average", "batch_size": 20})").variance);
  const std::string pooled = R"({"estimator": "pooled", "batch_size": 20})";
  CHECK(worst(statistics_of(ghost, pooled).variance, statistics_of(plain, pooled).variance) < 1e-12);
  CHECK(statistics_of(ghost, "{}").variance == statistics_of(plain, "{}").variance);
}

TEST_CASE("batch-average: the mean of the batches' moments in train mode") {
  const TrainRig<double> rig(kTwoNorms, clusters<double>(300), R"({"steps": 5})");  // 200 rows
  const nn::Model<double> model = rig.trained().model();
  statistics::PopulationOptions options;
  read_object(R"({"estimator": "batch-average", "batch_size": 64})", options);
  const auto population = statistics::population_statistics(rig.network, model, rig.data.train, options, 4);
  REQUIRE(population.size() == 2);
  const Index boundary = rig.network.layout().normalizations[1].layer;
  std::vector<Index> order = rows_in_order(200);
  RandomStream(0, Purpose::kPopulation).shuffle(order);
  order.resize(192);  // the smaller last batch is left out
  const Matrix<double> input =
      statistics::run_forward<double>(rig.network, model.params, model.state, kTrainFrozen, rig.data.train, order, 64, boundary);
  std::vector<double> mean(4, 0.0);
  std::vector<double> variance(4, 0.0);
  for (Index slice = 0; slice < 3; ++slice) {
    const Columns moments = direct_moments<double>(input.view().slice(slice * 64, 64));
    for (std::size_t c = 0; c < 4; ++c) {
      mean[c] += moments.mean[c] / 3.0;
      variance[c] += moments.variance[c] / 3.0;
    }
  }
  CHECK(worst(population[1].mean, mean) < 1e-12);
  CHECK(worst(population[1].variance, variance) < 1e-12);

  read_object(R"({"estimator": "pooled", "batch_size": "train"})", options);
  const auto pooled = statistics::population_statistics(rig.network, model, rig.data.train, options, 64);
  CHECK(worst(pooled[1].mean, direct_moments<double>(input.view()).mean) < 1e-12);
  CHECK(worst(pooled[1].variance, direct_moments<double>(input.view()).variance) < 1e-12);
}

TEST_CASE("population.samples takes rows at equal distances; more than the split has is refused") {
  const TrainRig<double> rig({{"batch"}, {"dense", R"("units": 3)"}}, clusters<double>(30), R"({"steps": 0})");  // 20 rows
  statistics::PopulationOptions options;
  read_object(R"({"samples": 5})", options);
  const auto population = statistics::population_statistics(rig.network, rig.trainer().model(), rig.data.train, options, 4);
  double mean = 0.0;
  for (Index r : {0, 4, 8, 12, 16}) mean += rig.data.train.features(r, 0) / 5.0;
  CHECK(population[0].mean[0] == doctest::Approx(mean).epsilon(1e-12));
  read_object(R"({"samples": 21})", options);
  CHECK_THROWS_AS(statistics::population_statistics(rig.network, rig.trainer().model(), rig.data.train, options, 4), Error);
  CHECK_THROWS_AS(
      statistics::population_statistics(rig.network, rig.trainer().model(), data::Split<double>{}, statistics::PopulationOptions{}, 4),
      Error);
}

TEST_CASE("steps with statistics of their own: only the rows that reach a step make its population, a step without any keeps its own") {
  constexpr Index kSteps = 3;
  data::Dataset<double> data;
  data.shape = Shape{kSteps, 2};
  data.train.features = Matrix<double>(40, kSteps * 2);
  RandomStream random(5, Purpose::kData);
  for (double& value : data.train.features.view()) value = random.normal();
  for (Index r = 0; r < 40; ++r) {
    data.train.lengths.push_back(1 + r % 2);  // the third step is never reached
    for (Index c = data.train.lengths.back() * 2; c < kSteps * 2; ++c) data.train.features(r, c) = 1e3;
  }
  const TrainRig<double> rig({{"batch", R"("time": "per-step", "momentum": 0.5)"}}, std::move(data),
                             R"({"batch_size": 8, "steps": 7, "optimizer": {"type": "sgd", "learning_rate": 0}})");
  const train::Trainer<double> trainer = rig.trained();
  const auto expect = [&](const statistics::LayerStatistics& found, double tolerance) {
    for (Index c = 0; c < 4; ++c) {
      const Index step = c / 2;
      Matrix<double> reaching(40 / (step + 1), 1);
      for (Index r = 0, at = 0; r < 40; ++r)
        if (rig.data.train.lengths[static_cast<std::size_t>(r)] > step) reaching(at++, 0) = rig.data.train.features(r, c);
      const Columns direct = direct_moments<double>(reaching.view());
      CHECK(found.mean[static_cast<std::size_t>(c)] == doctest::Approx(direct.mean[0]).epsilon(tolerance));
      CHECK(found.variance[static_cast<std::size_t>(c)] == doctest::Approx(direct.variance[0]).epsilon(tolerance));
    }
    for (std::size_t c = 4; c < 6; ++c) CHECK(std::pair(found.mean[c], found.variance[c]) == std::pair(0.0, 1.0));
  };
  statistics::PopulationOptions options;
  for (const char* estimator : {"layer-by-layer", "pooled"}) {
    read_object(R"({"estimator": ")" + std::string(estimator) + R"("})", options);
    expect(statistics::population_statistics(rig.network, trainer.model(), rig.data.train, options, 8)[0], 1e-12);
  }
  // The same batches again, by the moving averages' weights, are the moving averages without their start.
  const auto replayed = train::replay_statistics(rig.plan, trainer.model(), 7, train::ReplayWeights::kMovingAverage, Dropout::kOn);
  const auto corrected = statistics::bias_corrected<double>(rig.network.layout(), trainer.model().state);
  CHECK(worst({replayed[0].mean.begin(), replayed[0].mean.begin() + 4}, {corrected[0].mean.begin(), corrected[0].mean.begin() + 4}) <
        1e-12);
  CHECK(worst({replayed[0].variance.begin(), replayed[0].variance.begin() + 4},
              {corrected[0].variance.begin(), corrected[0].variance.begin() + 4}) < 1e-12);
}

TEST_CASE("every estimator counts padding where the layer counts it") {
  constexpr Index kSteps = 3;
  for (const bool counted : {true, false}) {
    CAPTURE(counted);
    data::Dataset<double> data;
    data.shape = Shape{kSteps, 2};
    data.train.features = Matrix<double>(40, kSteps * 2);
    RandomStream random(5, Purpose::kData);
    for (double& value : data.train.features.view()) value = 4.0 + random.normal();
    statistics::ChannelMoments all(2);
    for (Index r = 0; r < 40; ++r) {
      const Index length = 1 + r % kSteps;
      data.train.lengths.push_back(length);
      std::fill(data.train.features.view().row(r) + 2 * length, data.train.features.view().row(r) + 2 * kSteps, 0.0);
      all.add<double>(ConstView<double>(data.train.features.view()).reshaped(120, 2).slice(3 * r, counted ? kSteps : length));
    }
    const TrainRig<double> rig({{"batch", counted ? R"("padded_steps": "counted", "momentum": 0)" : R"("momentum": 0)"}}, std::move(data),
                               R"({"batch_size": 40, "steps": 1, "optimizer": {"type": "sgd", "learning_rate": 0}})");
    const nn::Model<double> model = rig.trained().model();
    const auto moving = statistics::moving_statistics<double>(rig.network.layout(), 0, model.state);
    CHECK(worst(moving.mean, all.mean()) < 1e-7);  // left out: Keras adds 1e-7 to the number of steps
    CHECK(worst(moving.variance, all.variance()) < 1e-7);
    for (const char* estimator : {"layer-by-layer", "pooled", "batch-average"}) {
      CAPTURE(estimator);
      statistics::PopulationOptions options;
      read_object(R"({"estimator": ")" + std::string(estimator) + R"("})", options);
      const auto population = statistics::population_statistics(rig.network, model, rig.data.train, options, 40);
      CHECK(worst(population[0].mean, all.mean()) < 1e-13);
      CHECK(worst(population[0].variance, all.variance()) < 1e-13);
    }
  }
}

TEST_CASE("initial statistics are those of a fresh network; the parameters' owner is not asked") {
  const TrainRig<float> rig(kTwoNorms, clusters<float>(90), R"({"steps": 10})");
  const nn::Model<float> model = rig.trained().model();
  const Buffer<float> fresh = nn::fresh_model(rig.network, 99).state;
  CHECK(model.state != fresh);
  CHECK(statistics::initial_state<float>(rig.network.layout()) == fresh);
}

TEST_CASE("eval mode does not depend on the slicing, train mode does") {
  const TrainRig<float> rig(kBatchNormNet, clusters<float>(1800), R"({"steps": 30})");
  const nn::Model<float> model = rig.trained().model();
  const std::vector<Index> order = rows_in_order(rig.data.test.samples());  // 600
  const auto score = [&](const Mode& mode, Index batch_size) {
    return evaluate<float>(rig.network, model.params, model.state, mode, rig.data.test, order, batch_size, rig.loss);
  };
  const Evaluation whole = score(kEvalMode, 600);
  CHECK(whole.samples == 600);
  CHECK(whole.accuracy > 0.3);
  CHECK(score(kEvalMode, 1).loss == whole.loss);
  CHECK(score(kEvalMode, 7).loss == whole.loss);
  CHECK(score(kTrainFrozen, 7).loss != score(kTrainFrozen, 600).loss);
}

TEST_CASE("loss and accuracy of known logits") {
  data::Split<double> split;
  split.features = Matrix<double>(3, 1);
  split.labels = {1, 0, 1};
  Matrix<double> logits(2, 2);
  logits(0, 0) = 0.0;
  logits(0, 1) = 0.0;  // row 2, label 1: the first of equals wins, which is wrong
  logits(1, 0) = std::log(3.0);
  logits(1, 1) = 0.0;  // row 1, label 0: right
  const Evaluation evaluation =
      evaluate_logits<double>(nn::LossKind::kSoftmaxCrossEntropy, logits.view(), split, std::vector<Index>{2, 1, 0});
  CHECK(evaluation.loss == doctest::Approx((std::log(2.0) + std::log(4.0 / 3.0)) / 2.0).epsilon(1e-14));
  CHECK(evaluation.accuracy == 0.5);
  CHECK(evaluation.samples == 2);
}

TEST_CASE("padding counted to the longest sequence of a batch: the estimators run batches of training's size") {
  constexpr Index kRows = 12;
  constexpr Index kSteps = 6;  // the longest sequence has 4
  data::Dataset<double> data;
  data.shape = Shape{kSteps, 2};
  data.train.features = Matrix<double>(kRows, kSteps * 2);
  RandomStream random(6, Purpose::kData);
  for (double& value : data.train.features.view()) value = 4.0 + random.normal();
  for (Index r = 0; r < kRows; ++r) {
    const Index length = 1 + r % 4;
    data.train.lengths.push_back(length);
    std::fill(data.train.features.view().row(r) + 2 * length, data.train.features.view().row(r) + 2 * kSteps, 0.0);
  }
  const auto moments_to = [&](Index longest) {  // of each row to its own end if `longest` is 0
    statistics::ChannelMoments moments(2);
    for (Index r = 0; r < kRows; ++r) {
      const Index length = longest > 0 ? longest : data.train.lengths[static_cast<std::size_t>(r)];
      moments.add<double>(ConstView<double>(data.train.features.view()).reshaped(kRows * kSteps, 2).slice(kSteps * r, length));
    }
    return moments;
  };
  const statistics::ChannelMoments whole = moments_to(4);
  const statistics::ChannelMoments alone = moments_to(0);
  const TrainRig<double> rig({{"batch", R"("padded_steps": "to-longest", "momentum": 0)"}}, std::move(data),
                             R"({"batch_size": 12, "steps": 1, "optimizer": {"type": "sgd", "learning_rate": 0}})");
  const nn::Model<double> model = rig.trained().model();
  const auto moving = statistics::moving_statistics<double>(rig.network.layout(), 0, model.state);
  CHECK(worst(moving.mean, whole.mean()) < 1e-13);
  CHECK(worst(moving.variance, whole.variance()) < 1e-13);
  const auto population_of = [&](Index batch_size) {
    return statistics::population_statistics(rig.network, model, rig.data.train, statistics::PopulationOptions{}, batch_size)[0];
  };
  CHECK(worst(population_of(kRows).mean, whole.mean()) < 1e-13);
  CHECK(worst(population_of(kRows).variance, whole.variance()) < 1e-13);
  CHECK(worst(population_of(1).mean, alone.mean()) < 1e-13);
  CHECK(worst(population_of(1).variance, alone.variance()) < 1e-13);
  CHECK(worst(population_of(3).mean, whole.mean()) > 1e-3);
}

}  // namespace normrun::test
