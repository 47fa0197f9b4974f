#include "compare/probes/probes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "compare/probe_rig.hpp"
#include "compare/probes/probe_functions.hpp"
#include "study/trained_run.hpp"

using namespace normrun;

namespace {

constexpr const char* kBatch = R"({"type": "batch", "momentum": 0.8})";
constexpr const char* kLayer = R"({"type": "layer"})";
constexpr const char* kNone = R"({"type": "none"})";

double relative(const Row& a, const Row& b) {
  double difference = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(difference / size);
}

Row flat(const Rows& rows) {
  Row all;
  for (const Row& row : rows) all.insert(all.end(), row.begin(), row.end());
  return all;
}

}  // namespace

TEST_CASE("probes: names, and what a config may name") {
  std::set<std::string_view> names;
  for (const compare::Probe& probe : compare::probes()) {
    CAPTURE(probe.name);
    CHECK(names.insert(probe.name).second);
    CHECK(compare::find_probe(probe.name) == &probe);
    CHECK_FALSE(probe.doc.empty());
    CHECK_FALSE(probe.source.empty());
  }
  CHECK(compare::find_probe("batch_three") == nullptr);
  const TemporaryFolder folder;
  CHECK_NOTHROW(
      study::load_experiment(folder.write("a.json", small_config(R"(, "probes": ["weight_rescale"])")), {}, study::Check::kConfigOnly));
  CHECK_THROWS_AS(
      study::load_experiment(folder.write("b.json", small_config(R"(, "probes": ["batch_three"])")), {}, study::Check::kConfigOnly), Error);
}

TEST_CASE("probes: lines of probes.csv in the config's order, and the trained numbers stay") {
  Trained<float> trained(kBatch);
  trained.settings.probes = {"weight_rescale", "batch_one_gradient_norm", "moving_mean_noise"};
  const nn::Model<float> before = trained.trainer.model();
  tables::RunRecord record;
  compare::add_probes(trained.snapshot(), compare::Moment::kFinal, record);
  const std::string& lines = record.lines[static_cast<std::size_t>(tables::TableId::kProbes)];
  CHECK(lines.substr(0, 15) == "weight_rescale,");
  CHECK(lines.find("\nbatch_one_gradient_norm,0,20,\n") != std::string::npos);
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 3);
  CHECK(trained.trainer.model().params == before.params);
  CHECK(trained.trainer.model().state == before.state);
}

TEST_CASE("percentiles lie between two numbers in proportion") {
  const std::vector<double> numbers = {1.0, 2.0, 4.0, 8.0};
  CHECK(compare::probe::percentile_of(numbers, 0.5) == 3.0);
  CHECK(compare::probe::percentile_of(numbers, 0.85) == doctest::Approx(4.0 + 0.55 * 4.0));
  CHECK(compare::probe::percentile_of(numbers, 1.0) == 8.0);
  CHECK(compare::probe::percentile_of(std::vector<double>{5.0}, 0.15) == 5.0);
  CHECK(std::isnan(compare::probe::percentile_of({}, 0.15)));
}

TEST_CASE("probes of layers: against an independent computation, also while training") {
  const Trained<double> trained(kBatch);
  Plain plain(trained);
  const Row gradient = plain.gradient(32);
  const std::vector<compare::LayerValue> norms = compare::find_probe("gradient_norm")->layers_in_float64(trained.snapshot());
  REQUIRE(norms.size() == 3);
  std::size_t begin = 0;
  for (const auto& [name, count, place] : {std::tuple("dense_0", 24, 0), std::tuple("batch_1", 8, 1), std::tuple("dense_2", 15, 2)}) {
    double squares = 0.0;
    for (int i = 0; i < count; ++i, ++begin) squares += gradient[begin] * gradient[begin];
    CHECK(norms[static_cast<std::size_t>(place)].layer == name);
    CHECK(norms[static_cast<std::size_t>(place)].value == doctest::Approx(std::sqrt(squares)).epsilon(1e-6));
  }
  Row hidden = flat(plain.dense(plain.x, "dense_0", 4));
  std::sort(hidden.begin(), hidden.end());
  const std::vector<compare::LayerValue> middles = compare::find_probe("activation_p50")->layers_in_float64(trained.snapshot());
  REQUIRE(middles.size() == 3);
  CHECK(middles[0].value == doctest::Approx(0.5 * (hidden[63] + hidden[64])).epsilon(1e-12));

  compare::ComparisonSettings settings = trained.settings;
  settings.probes = {"weight_rescale", "activation_p15"};
  const compare::Snapshot<double> snapshot{
      trained.network, trained.trainer.model(), trained.data, settings, nn::LossKind::kSoftmaxCrossEntropy, 0, 7};
  tables::RunRecord running;
  compare::add_probes(snapshot, compare::Moment::kRunning, running);
  CHECK(fields(running, tables::TableId::kProbes, "layer") == std::vector<std::string>{"dense_0", "batch_1", "dense_2"});
  CHECK(fields(running, tables::TableId::kProbes, "step") == std::vector<std::string>(3, "7"));
}

TEST_CASE("gradient differences: against central differences of an independent computation") {
  const Trained<double> trained(kBatch);
  Plain plain(trained);
  const Row whole = plain.gradient(32);
  const double expected = relative(plain.gradient(4), whole);
  CHECK(expected > 0.1);
  CHECK(trained.probe("microbatch_gradient_difference") == doctest::Approx(expected).epsilon(1e-6));
  CHECK(trained.probe("synchronised_gradient_difference") < 1e-13);
  CHECK(Trained<double>(kLayer).probe("microbatch_gradient_difference") < 1e-13);
}

TEST_CASE("batch of one: the laws of batch normalization, and what layer normalization gives instead") {
  const Trained<double> batch(kBatch);
  CHECK(batch.probe("batch_one_output_spread") == 0.0);
  CHECK(batch.probe("batch_one_gradient_norm") == 0.0);
  CHECK(Trained<float>(kBatch).probe("batch_one_output_spread") == 0.0);
  const Trained<double> layer(kLayer);
  CHECK(layer.probe("batch_one_output_spread") > 0.1);
  CHECK(layer.probe("batch_one_gradient_norm") > 1e-3);
  CHECK(std::isnan(Trained<double>(kNone).probe("batch_one_gradient_norm")));
}

TEST_CASE("batch_one_output_spread: largest minus smallest of the outputs, without a normalization") {
  const Trained<double> none(kNone);
  const Plain plain(none);
  const Rows outputs = plain.dense(plain.dense(plain.x, "dense_0", 4), "dense_2", 3);
  double largest = 0.0;
  for (std::size_t a = 0; a < 32; ++a) {
    for (std::size_t b = 0; b < 32; ++b) {
      for (std::size_t j = 0; j < 3; ++j) largest = std::max(largest, outputs[a][j] - outputs[b][j]);
    }
  }
  CHECK(none.probe("batch_one_output_spread") == doctest::Approx(largest).epsilon(1e-12));
}

TEST_CASE("batch_one_gradient_norm: against central differences, through layer normalization") {
  const Trained<double> trained(kLayer);
  const Plain rows(trained);
  constexpr double kStep = 1e-5;
  nn::Record<double> record(trained.network, 1);
  Buffer<double> params = trained.trainer.model().params;
  double largest = 0.0;
  for (std::size_t r = 0; r < 32; ++r) {
    const auto loss = [&] {
      const ConstView<double> x(rows.x[r].data(), 1, 5);
      const ConstView<double> z = trained.network.forward({}, params, trained.trainer.model().state, nullptr, record, x);
      return nn::loss_and_gradient<double>(nn::LossKind::kSoftmaxCrossEntropy, z, {.labels = &rows.labels[r], .values = {}}, {});
    };
    double squares = 0.0;
    for (std::size_t i = 0; i < 5 * 4 + 4; ++i) {  // dense_0 alone
      const double kept = params[i];
      params[i] = kept + kStep;
      const double above = loss();
      params[i] = kept - kStep;
      const double slope = (above - loss()) / (2.0 * kStep);
      params[i] = kept;
      squares += slope * slope;
    }
    largest = std::max(largest, std::sqrt(squares));
  }
  CHECK(trained.probe("batch_one_gradient_norm") == doctest::Approx(largest).epsilon(1e-6));
}

TEST_CASE("batch of two: |x_hat| is a function of the difference alone") {
  CHECK(Trained<double>(kBatch).probe("batch_two_sign_error") < 1e-12);
  CHECK(Trained<float>(kBatch).probe("batch_two_sign_error") < 1e-4);
  CHECK(Trained<double>(kLayer).probe("batch_two_sign_error") > 0.1);
  CHECK(Trained<double>(R"({"type": "batch", "epsilon": 0.5})").probe("batch_two_sign_error") < 1e-12);
  CHECK(std::isnan(Trained<double>(kNone).probe("batch_two_sign_error")));
}

TEST_CASE("batch_invariance and weight_rescale: against an independent computation") {
  const Trained<double> trained(kBatch);
  const Plain plain(trained);
  const Rows inside = plain.outputs(plain.x);
  double largest = 0.0;
  for (std::size_t r = 0; r < 32; ++r) largest = std::max(largest, relative(plain.outputs({plain.x[r]})[0], inside[r]));
  CHECK(largest > 0.1);
  CHECK(trained.probe("batch_invariance") == doctest::Approx(largest).epsilon(1e-10));
  CHECK(Trained<double>(kLayer).probe("batch_invariance") < 1e-14);

  const double rescaled = relative(flat(plain.outputs(plain.x, 10.0)), flat(inside));
  CHECK(rescaled > 0.0);
  CHECK(trained.probe("weight_rescale") == doctest::Approx(rescaled).epsilon(1e-8));
  CHECK(trained.probe("weight_rescale") < 1e-2);
  CHECK(Trained<double>(kBatch, "tanh").probe("weight_rescale") > 0.05);  // no positive factor passes a tanh
  const Trained<double> none(kNone);
  const Plain bare(none);
  const auto network = [&](double factor) { return flat(bare.dense(bare.dense(bare.x, "dense_0", 4, factor), "dense_2", 3)); };
  CHECK(none.probe("weight_rescale") == doctest::Approx(relative(network(10.0), network(1.0))).epsilon(1e-10));
}

TEST_CASE("moving_mean_noise: the law of an exponential average, and where it does not apply") {
  CHECK(Trained<float>(kBatch).probe("moving_mean_noise") == doctest::Approx(1.0).epsilon(0.12));
  CHECK(Trained<double>(R"({"type": "batch", "momentum": 0})").probe("moving_mean_noise") == doctest::Approx(1.0).epsilon(0.12));
  CHECK(Trained<double>(R"({"type": "batch", "momentum": 0.95})").probe("moving_mean_noise") == doctest::Approx(1.0).epsilon(0.12));
  CHECK(std::isnan(Trained<double>(R"({"type": "batch", "average": "cumulative"})").probe("moving_mean_noise")));
  CHECK(std::isnan(Trained<double>(R"({"type": "batch", "momentum": 1})").probe("moving_mean_noise")));
  CHECK(Trained<double>(R"({"type": "batch", "trainable": false})").probe("moving_mean_noise") == 0.0);
  CHECK(std::isnan(Trained<double>(kLayer).probe("moving_mean_noise")));
}

TEST_CASE("moving_mean_noise: behind a recurrent layer padded steps are no steps") {
  const study::RunConfig config =
      run_of({R"(data={"type": "sequences", "samples": 48, "features": 2, "classes": 2, "min_length": 2, "max_length": 12})",
              R"(network=[{"type": "lstm", "units": 3}, {"type": "norm"}, {"type": "dense", "units": 2}])"});
  const TrainedRun<double> trained(config, 4);
  REQUIRE(!trained.data.train.lengths.empty());
  CHECK(compare::find_probe("moving_mean_noise")->in_float64(trained.snapshot()) == doctest::Approx(1.0).epsilon(0.12));
}

TEST_CASE("probes of fewer rows than they need, or of rows that are not there") {
  Trained<double> trained(kBatch);
  data::Split<double>& train = trained.data.train;
  const auto keep = [&train](Index rows) {
    Matrix<double> few(rows, 5);
    std::copy_n(train.features.view().data, rows * 5, few.view().data);
    train.features = few;
    train.labels.resize(static_cast<std::size_t>(rows));
  };
  keep(20);
  CHECK(std::isnan(trained.probe("microbatch_gradient_difference")));
  CHECK(trained.probe("batch_invariance") > 0.1);
  keep(1);
  CHECK(std::isnan(trained.probe("batch_invariance")));
  CHECK(std::isnan(trained.probe("batch_two_sign_error")));
  keep(0);
  CHECK(trained.probe("batch_one_gradient_norm") == 0.0);  // the test rows stand in
}
