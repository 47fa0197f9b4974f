// What padding does to normalized sequences: nothing, unless batch normalization counts it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/random.hpp"
#include "support/central_differences.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

constexpr Index kFeatures = 3;
constexpr Index kExamples = 6;
const std::vector<Index> kLengths = {4, 2, 7, 3, 1, 5};
constexpr Index kLongest = 7;

const std::string kMasked = "{}";
const std::string kCounting = R"({"padded_steps": "counted"})";

/// A normalization before a recurrent network with layer norm in its cell; the same numbers whatever the padding.
template <class T>
LayerRig<T> make_rig(const std::string& norm, const std::string& options, Index padded) {
  LayerRig<T> rig({describe_layer(norm, options), describe_layer("lstm", R"({"units": 4, "normalization": "layer"})"),
                   describe_layer("dense", R"({"units": 2})")},
                  Shape{padded, kFeatures}, kExamples);
  RandomStream stream(23, Purpose::kData);
  for (T& value : rig.model.params) value = static_cast<T>(stream.normal());
  for (T& value : rig.dy.view()) value = static_cast<T>(stream.normal());
  for (Index e = 0; e < kExamples; ++e) {
    for (Index i = 0; i < kLengths[static_cast<std::size_t>(e)] * kFeatures; ++i) rig.x(e, i) = static_cast<T>(1.0 + stream.normal());
  }
  return rig;
}

/// The largest change of an output when the sequences are padded twice as far.
double change_by_padding(const std::string& norm, const std::string& options, const Mode& mode) {
  LayerRig<float> tight = make_rig<float>(norm, options, kLongest);
  LayerRig<float> loose = make_rig<float>(norm, options, 2 * kLongest);
  const ConstView<float> a = tight.forward({.mode = mode, .lengths = kLengths.data()});
  const ConstView<float> b = loose.forward({.mode = mode, .lengths = kLengths.data()});
  double change = 0.0;
  for (Index i = 0; i < a.size(); ++i) change = std::max(change, std::abs(static_cast<double>(a.data[i]) - static_cast<double>(b.data[i])));
  return change;
}

}  // namespace

TEST_CASE("padding changes no output with layer norm, and none with batch norm that leaves it out") {
  for (const Mode& mode : {kTrainMode, kEvalMode}) {
    CHECK(change_by_padding("layer", kMasked, mode) <= 1e-6);
    CHECK(change_by_padding("batch", kMasked, mode) <= 1e-6);
  }
}

TEST_CASE("padding changes the outputs of batch norm that counts it, in training mode") {
  CHECK(change_by_padding("batch", kCounting, kTrainMode) > 1e-2);
  CHECK(change_by_padding("batch", kCounting, kEvalMode) <= 1e-6);  // the moving statistics are what they were
}

TEST_CASE("counted padding: the statistics are those of all steps, and the gradients right") {
  LayerRig<double> rig = make_rig<double>("batch", kCounting, kLongest);
  const auto pass = typename nn::Network<double>::Pass{.mode = kTrainMode, .lengths = kLengths.data()};
  rig.forward(pass);
  for (Index c = 0; c < kFeatures; ++c) {
    double mean = 0.0;
    for (Index e = 0; e < kExamples; ++e) {
      for (Index t = 0; t < kLongest; ++t) mean += rig.x(e, t * kFeatures + c) / static_cast<double>(kExamples * kLongest);
    }
    CHECK(rig.next("moving_mean")[static_cast<std::size_t>(c)] == doctest::Approx(0.01 * mean).epsilon(1e-12));
  }
  CHECK(gradient_error(rig, pass) < 1e-7);
}

/// Whether the outputs of a norm at the valid steps stay what they are when the sequences are padded twice as far.
bool keeps_valid_steps(const std::string& norm, const std::string& options) {
  const auto outputs = [&](Index padded) {
    LayerRig<float> rig({describe_layer(norm, options)}, Shape{padded, kFeatures}, kExamples);
    rig.x = make_rig<float>("batch", "{}", padded).x;  // the same numbers, whatever the padding
    const ConstView<float> y = rig.forward({.mode = kTrainMode, .lengths = kLengths.data()}).reshaped(kExamples, padded * kFeatures);
    std::vector<float> valid;
    for (Index e = 0; e < kExamples; ++e) valid.insert(valid.end(), y.row(e), y.row(e) + kLengths[static_cast<std::size_t>(e)] * kFeatures);
    return valid;
  };
  return outputs(kLongest) == outputs(2 * kLongest);
}

TEST_CASE("padding counted to the longest sequence: what a batch gives that is padded by itself, however far the data are padded") {
  LayerRig<double> tight = make_rig<double>("batch", kCounting, kLongest);
  LayerRig<double> loose = make_rig<double>("batch", R"({"padded_steps": "to-longest"})", 2 * kLongest);
  const auto pass = typename nn::Network<double>::Pass{.mode = kTrainMode, .lengths = kLengths.data()};
  const ConstView<double> a = tight.forward(pass);
  const ConstView<double> b = loose.forward(pass);
  for (Index i = 0; i < a.size(); ++i) CHECK(a.data[i] == b.data[i]);
  for (const char* role : {"moving_mean", "moving_variance"})
    for (std::size_t c = 0; c < kFeatures; ++c) CHECK(tight.next(role)[c] == loose.next(role)[c]);
  CHECK(gradient_error(loose, pass) < 1e-7);
  CHECK_FALSE(keeps_valid_steps("batch", R"({"momentum": 0, "padded_steps": "counted"})"));
  CHECK(keeps_valid_steps("batch", R"({"momentum": 0, "padded_steps": "to-longest"})"));
  CHECK_THROWS_AS(make_rig<double>("batch", R"({"padded_steps": "to-longest", "ghost_batch_size": 2})", kLongest), Error);
  CHECK_THROWS_AS(make_rig<double>("batch", R"({"padded_steps": "to-longest", "time": "per-step"})", kLongest), Error);
}

TEST_CASE("counted padding of steps with statistics of their own: every example reaches every step") {
  LayerRig<double> counting = make_rig<double>("batch", R"({"time": "per-step", "padded_steps": "counted", "momentum": 0})", kLongest);
  counting.forward({.mode = kTrainMode, .lengths = kLengths.data()});
  const Index last = kLongest - 1;  // which one example of six reaches
  for (Index c = 0; c < kFeatures; ++c) {
    const double reached = counting.x(2, last * kFeatures + c);
    CHECK(counting.next("moving_mean")[static_cast<std::size_t>(last * kFeatures + c)] == doctest::Approx(reached / 6.0).epsilon(1e-12));
  }
}

TEST_CASE("every norm over steps counts padded steps or leaves them out, as it is told") {
  const std::vector<std::pair<std::string, std::string>> norms = {
      {"group", R"("groups": 3)"},    {"instance", R"("epsilon": 1e-3)"}, {"layer", R"("axes": [1])"},  // the numbers of a row side by side
      {"layer", R"("axes": [1, 2])"}, {"rms", R"("axes": [1])"},          {"batch", R"("momentum": 0)"}, {"batch_renorm", R"("dmax": 0)"}};
  for (const auto& [norm, options] : norms) {
    CAPTURE(norm);
    CAPTURE(options);
    CHECK(keeps_valid_steps(norm, "{" + options + R"(, "padded_steps": "left-out"})"));
    CHECK_FALSE(keeps_valid_steps(norm, "{" + options + R"(, "padded_steps": "counted"})"));
  }
  CHECK(keeps_valid_steps("layer", "{}"));
  CHECK(keeps_valid_steps("dyt", "{}"));
}

TEST_CASE("moving_layer: its averages leave padded steps out, if it is told so") {
  const auto moved = [](const std::string& options) {
    LayerRig<double> rig = make_rig<double>("moving_layer", options, kLongest);
    rig.forward({.mode = kTrainMode, .lengths = kLengths.data()});
    return rig.next("moving_mean")[0];
  };
  LayerRig<double> rig = make_rig<double>("moving_layer", "{}", kLongest);
  double sum = 0.0;
  for (const double value : rig.x.view()) sum += value;  // padded steps hold zeros
  CHECK(moved(R"({"momentum": 0})") == doctest::Approx(sum / (kExamples * kLongest * kFeatures)).epsilon(1e-12));
  CHECK(moved(R"({"momentum": 0, "padded_steps": "left-out"})") == doctest::Approx(sum / (22 * kFeatures)).epsilon(1e-12));
}

}  // namespace normrun::test
