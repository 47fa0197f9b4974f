#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/parts.hpp"
#include "core/random.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

constexpr Mode kMovingAverages{Statistics::kMoving, Tracking::kUpdate, Dropout::kOff};

LayerRig<double> batch_rig(const std::string& options, Index examples, std::vector<Index> shape = {3}) {
  LayerRig<double> rig({describe_layer("batch", options)}, Shape(std::move(shape)), examples);
  RandomStream stream(5, Purpose::kData);
  for (double& value : rig.x.view()) value = 2.0 + 3.0 * stream.normal();
  return rig;
}

double mean_of(ConstView<double> x, Index column) {
  double sum = 0.0;
  for (Index r = 0; r < x.rows; ++r) sum += x(r, column);
  return sum / static_cast<double>(x.rows);
}

double variance_of(ConstView<double> x, Index column) {
  const double mean = mean_of(x, column);
  double sum = 0.0;
  for (Index r = 0; r < x.rows; ++r) sum += (x(r, column) - mean) * (x(r, column) - mean);
  return sum / static_cast<double>(x.rows);
}

/// A pass that tracks, with the state then moved on.
void update(LayerRig<double>& rig, const Mode& mode = kTrainMode) {
  rig.forward({.mode = mode});
  rig.model.state = rig.next_state;
}

}  // namespace

TEST_CASE("train mode: the output has mean beta and variance gamma^2 var / (var + epsilon)") {
  LayerRig<double> rig = batch_rig("{}", 32);
  for (std::size_t c = 0; c < 3; ++c) {
    rig.param("gamma")[c] = 0.5 + static_cast<double>(c);
    rig.param("beta")[c] = -1.0 + static_cast<double>(c);
  }
  const ConstView<double> y = rig.forward({.mode = kTrainFrozen});
  for (Index c = 0; c < 3; ++c) {
    const double gamma = rig.param("gamma")[static_cast<std::size_t>(c)];
    const double variance = variance_of(rig.x.view(), c);
    CHECK(mean_of(y, c) == doctest::Approx(rig.param("beta")[static_cast<std::size_t>(c)]).epsilon(1e-12));
    CHECK(variance_of(y, c) == doctest::Approx(gamma * gamma * variance / (variance + 1e-3)).epsilon(1e-12));
  }
}

TEST_CASE("statistics run over all rows: examples and positions alike") {
  LayerRig<double> flat = batch_rig("{}", 12, {2});
  LayerRig<double> images = batch_rig("{}", 3, {2, 2, 2});
  const ConstView<double> a = flat.forward({.mode = kTrainMode});
  const ConstView<double> b = images.forward({.mode = kTrainMode});
  REQUIRE(a.size() == b.size());
  for (Index i = 0; i < a.size(); ++i) CHECK(a.data[i] == b.data[i]);
  CHECK(flat.next("moving_mean")[1] == images.next("moving_mean")[1]);
}

TEST_CASE("one step of the moving averages is momentum old + (1 - momentum) batch") {
  SUBCASE("biased, as in Keras") {
    LayerRig<double> rig = batch_rig(R"({"momentum": 0.9, "initial_mean": 4, "initial_variance": 2})", 8);
    rig.forward({.mode = kTrainMode});
    for (Index c = 0; c < 3; ++c) {
      const auto at = static_cast<std::size_t>(c);
      CHECK(rig.next("moving_mean")[at] == doctest::Approx(0.9 * 4 + 0.1 * mean_of(rig.x.view(), c)).epsilon(1e-14));
      CHECK(rig.next("moving_variance")[at] == doctest::Approx(0.9 * 2 + 0.1 * variance_of(rig.x.view(), c)).epsilon(1e-14));
    }
    CHECK(rig.next("updates")[0] == 1.0);
  }
  SUBCASE("unbiased, as in PyTorch, whose momentum=0.1 is our 0.9") {
    LayerRig<double> rig = batch_rig(R"({"convention": "torch"})", 8);
    rig.forward({.mode = kTrainMode});
    CHECK(rig.next("moving_variance")[0] == doctest::Approx(0.9 + 0.1 * variance_of(rig.x.view(), 0) * 8 / 7).epsilon(1e-14));
    CHECK(rig.layout().normalizations[0].epsilon == 1e-5);
  }
}

TEST_CASE("a convention gives defaults, options that are given stay") {
  const auto info = [](const std::string& options) { return batch_rig(options, 1).layout().normalizations[0]; };
  CHECK(info("{}").momentum == 0.99);
  CHECK(info("{}").epsilon == 1e-3);
  CHECK(info(R"({"convention": "torch"})").momentum == 0.9);
  CHECK(info(R"({"convention": "flax"})").momentum == 0.99);
  CHECK(info(R"({"convention": "flax"})").epsilon == 1e-5);
  CHECK(info(R"({"epsilon": 0.5, "momentum": 0.25, "convention": "torch"})").epsilon == 0.5);
  CHECK(info(R"({"epsilon": 0.5, "momentum": 0.25, "convention": "torch"})").momentum == 0.25);
}

TEST_CASE("a batch of one row: output beta, biased variance 0, the unbiased one leaves the average alone") {
  LayerRig<double> biased = batch_rig(R"({"momentum": 0.5})", 1);
  biased.param("beta")[1] = 7.0;
  const ConstView<double> y = biased.forward({.mode = kTrainMode});
  CHECK(y(0, 0) == 0.0);
  CHECK(y(0, 1) == 7.0);
  CHECK(biased.next("moving_variance")[0] == 0.5);

  LayerRig<double> unbiased = batch_rig(R"({"momentum": 0.5, "moving_variance": "unbiased"})", 1);
  unbiased.forward({.mode = kTrainMode});
  CHECK(unbiased.next("moving_variance")[0] == 1.0);
  CHECK(unbiased.next("moving_mean")[0] == 0.5 * unbiased.x(0, 0));
}

TEST_CASE("averages: cumulative is the plain mean of the batches, bias-corrected is Adam's") {
  LayerRig<double> cumulative = batch_rig(R"({"average": "cumulative"})", 4);
  LayerRig<double> corrected = batch_rig(R"({"average": "bias-corrected", "momentum": 0.8})", 4);
  RandomStream stream(9, Purpose::kData);
  double sum = 0.0;
  double from_zero = 0.0;
  for (int t = 1; t <= 20; ++t) {
    for (Index i = 0; i < cumulative.x.view().size(); ++i) cumulative.x.view().data[i] = corrected.x.view().data[i] = stream.normal();
    update(cumulative);
    update(corrected);
    const double batch = mean_of(cumulative.x.view(), 0);
    sum += batch;
    from_zero = 0.8 * from_zero + 0.2 * batch;
    CHECK(cumulative.state("moving_mean")[0] == doctest::Approx(sum / t).epsilon(1e-12));
    CHECK(corrected.state("moving_mean")[0] == doctest::Approx(from_zero / (1.0 - std::pow(0.8, t))).epsilon(1e-12));
  }
}

TEST_CASE("averages: without an update the initial values normalize, after one the batch's alone (but for the exponential one)") {
  for (const std::string average : {"cumulative", "bias-corrected"}) {
    CAPTURE(average);
    LayerRig<double> rig = batch_rig(R"({"initial_mean": 3, "average": ")" + average + "\"}", 4);
    CHECK(rig.forward({.mode = kEvalMode})(0, 0) == doctest::Approx((rig.x(0, 0) - 3.0) / std::sqrt(1.001)).epsilon(1e-14));
    update(rig);
    CHECK(rig.state("moving_mean")[0] == doctest::Approx(mean_of(rig.x.view(), 0)).epsilon(1e-14));
  }
}

TEST_CASE("momentum 0 keeps the last batch, momentum 1 the initial values") {
  LayerRig<double> last = batch_rig(R"({"momentum": 0})", 4);
  update(last);
  CHECK(last.state("moving_mean")[0] == doctest::Approx(mean_of(last.x.view(), 0)).epsilon(1e-14));
  LayerRig<double> never = batch_rig(R"({"momentum": 1})", 4);
  update(never);
  CHECK(never.state("moving_mean")[0] == 0.0);
  CHECK(never.state("moving_variance")[0] == 1.0);
}

TEST_CASE("the moving-averages mode normalizes with the old averages while those of the batch are still averaged") {
  LayerRig<double> rig = batch_rig(R"({"momentum": 0.5})", 4);
  LayerRig<double> eval = batch_rig(R"({"momentum": 0.5})", 4);
  LayerRig<double> train = batch_rig(R"({"momentum": 0.5})", 4);
  train.forward({.mode = kTrainMode});
  const ConstView<double> y = rig.forward({.mode = kMovingAverages});
  const ConstView<double> expected = eval.forward({.mode = kEvalMode});
  for (Index i = 0; i < y.size(); ++i) CHECK(y.data[i] == expected.data[i]);
  CHECK(rig.next_state == train.next_state);
}

TEST_CASE("a NaN stays in its column while training and in its element in eval mode") {
  LayerRig<double> rig = batch_rig("{}", 4);
  rig.x(1, 2) = std::nan("");
  const ConstView<double> train = rig.forward({.mode = kTrainMode});
  CHECK(std::isnan(train(0, 2)));
  CHECK(!std::isnan(train(1, 1)));
  CHECK(std::isnan(rig.next("moving_mean")[2]));
  CHECK(!std::isnan(rig.next("moving_mean")[0]));
  const ConstView<double> eval = rig.forward({.mode = kEvalMode});
  CHECK(std::isnan(eval(1, 2)));
  CHECK(!std::isnan(eval(0, 2)));
}

TEST_CASE("inputs far from zero keep their variance: two passes, not E[x^2] - E[x]^2") {
  LayerRig<float> rig({describe_layer("batch", R"({"momentum": 0})")}, Shape{1}, 256);
  RandomStream stream(5, Purpose::kData);
  double sum = 0.0;
  double square = 0.0;
  for (float& value : rig.x.view()) {
    value = static_cast<float>(1e4 + stream.normal());
    sum += static_cast<double>(value) - 1e4;
    square += (static_cast<double>(value) - 1e4) * (static_cast<double>(value) - 1e4);
  }
  rig.forward({.mode = kTrainMode});
  const double variance = square / 256 - sum / 256 * (sum / 256);
  CHECK(static_cast<double>(rig.next("moving_variance")[0]) == doctest::Approx(variance).epsilon(1e-4));
}

TEST_CASE("ghost batches: each group is normalized alone, and moves the averages in turn") {
  // 7 examples in groups of at most 3: 3, 2 and 2.
  const std::string options = R"({"momentum": 0.5, "moving_variance": "unbiased")";
  LayerRig<double> whole = batch_rig(options + R"(, "ghost_batch_size": 3})", 7, {2, 2});
  const ConstView<double> y = whole.forward({.mode = kTrainMode});
  std::copy_n(whole.x.view().data, whole.dy.view().size(), whole.dy.view().data);
  whole.backward();
  std::vector<double> dgamma(2, 0.0);
  nn::Model<double> model = whole.model;
  for (const Part& group : {Part{0, 3}, Part{3, 2}, Part{5, 2}}) {
    LayerRig<double> alone = batch_rig(options + "}", group.count, {2, 2});
    alone.model = model;
    const ConstView<double> x = ConstView<double>(whole.x.view()).slice(group.first, group.count);
    std::copy(x.begin(), x.end(), alone.x.view().begin());
    std::copy(x.begin(), x.end(), alone.dy.view().begin());
    const ConstView<double> expected = alone.forward({.mode = kTrainMode});
    for (Index i = 0; i < expected.size(); ++i) CHECK(y.row(group.first)[i] == expected.data[i]);
    model.state = alone.next_state;
    alone.backward();
    for (Index i = 0; i < expected.size(); ++i) CHECK(whole.dx.view().row(group.first)[i] == alone.dx.view().data[i]);
    for (std::size_t c = 0; c < 2; ++c) dgamma[c] += alone.grad("gamma")[c];
  }
  CHECK(whole.next_state == model.state);
  CHECK(whole.next("updates")[0] == 3.0);
  for (std::size_t c = 0; c < 2; ++c) CHECK(whole.grad("gamma")[c] == doctest::Approx(dgamma[c]).epsilon(1e-14));
}

TEST_CASE("ghost batches: a batch that fits into one group is a plain batch, and eval mode knows no groups") {
  LayerRig<double> ghost = batch_rig(R"({"ghost_batch_size": 8})", 8);
  LayerRig<double> plain = batch_rig("{}", 8);
  LayerRig<double> small = batch_rig(R"({"ghost_batch_size": 2})", 8);
  const auto same = [](ConstView<double> a, ConstView<double> b) { return std::equal(a.begin(), a.end(), b.begin()); };
  CHECK(same(ghost.forward({.mode = kTrainMode}), plain.forward({.mode = kTrainMode})));
  CHECK(ghost.next_state == plain.next_state);
  CHECK(same(small.forward({.mode = kEvalMode}), plain.forward({.mode = kEvalMode})));
  CHECK_FALSE(same(small.forward({.mode = kTrainMode}), plain.forward({.mode = kTrainMode})));
}

TEST_CASE("ghost batches: replicas that share statistics are one batch") {
  LayerRig<double> rig = batch_rig(R"({"ghost_batch_size": 2})", 7);
  LayerRig<double> shared = batch_rig(R"({"ghost_batch_size": 2})", 7);
  const ConstView<double> y = rig.forward({.mode = kTrainMode});
  const ConstView<double> other = shared.forward({.mode = kTrainMode, .replicas = 3});
  CHECK(std::equal(y.begin(), y.end(), other.begin()));
  CHECK(rig.next_state == shared.next_state);
}

TEST_CASE("ghost batches: steps with statistics of their own are refused") {
  CHECK_THROWS_AS(describe_layer("batch", R"({"time": "per-step", "ghost_batch_size": 2})"), Error);
}

}  // namespace normrun::test
