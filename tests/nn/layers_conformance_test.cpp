// Every registered layer, in every mode, for 1, 2 and 7 examples: one suite for every layer there will ever be.
//
// To add a layer: give it a line in kVariants (options and an input shape) where it needs more than its defaults on (3), and
// one in kFewest where it takes no such input or has an option that must be given.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>

#include "config/options/document.hpp"
#include "core/error.hpp"
#include "core/random.hpp"
#include "nn/checkpoint.hpp"
#include "nn/registry.hpp"
#include "support/allocation_counter.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

struct Tolerances {
  double gradient = 1e-7;  // of the largest element, in double
};
constexpr Tolerances kTolerances;

enum class Sequence { kWhole, kPadded };

struct Case {
  std::string type;
  std::string options;
  std::vector<Index> shape = {3};
  Sequence sequence = Sequence::kWhole;  // kPadded: examples of several lengths, 1 among them
};

/// Beside the defaults, which every layer is tried with on an input of (3).
const std::vector<Case> kVariants = {
    {"dense", R"({"units": 4})", {5}},
    {"dense", R"({"units": 2, "use_bias": false})", {2, 3}},
    {"dense", R"({"units": 3, "activation": "tanh", "bias_initializer": {"type": "ones"}})", {4}},
    {"flatten", "{}", {2, 3, 2}},
    {"relu", "{}", {2, 3}},
    {"softmax", "{}", {2, 5}},
    {"dropout", R"({"rate": 0.25})", {4}},
    {"dropout", R"({"rate": 0})", {4}},
    {"batch", R"({"momentum": 0.5, "epsilon": 1e-5})", {4}},
    {"batch", R"({"convention": "torch", "center": false})", {2, 2, 3}},
    {"batch", R"({"convention": "flax", "scale": false})", {4, 2}},
    {"batch", R"({"average": "cumulative", "initial_mean": 1, "initial_variance": 2})", {3}},
    {"batch", R"({"average": "bias-corrected", "moving_variance": "unbiased"})", {3}},
    {"batch", R"({"center": false, "scale": false})", {3}},
    {"batch", R"({"momentum": 0.5})", {4, 2}, Sequence::kPadded},
    {"batch", R"({"momentum": 0.5, "moving_variance": "unbiased", "scale": false})", {3, 2}, Sequence::kPadded},
    {"batch", R"({"momentum": 0.5, "time": "per-step"})", {3, 2}},
    {"batch", R"({"momentum": 0.5, "time": "per-step", "moving_variance": "unbiased"})", {4, 2}, Sequence::kPadded},
    {"batch", R"({"time": "per-step", "average": "cumulative", "center": false, "scale": false})", {3, 2}, Sequence::kPadded},
    {"moving_layer", R"({"momentum": 0.5, "epsilon": 0.1})", {4}},
    {"moving_layer", R"({"epsilon": 0.1, "center": false, "scale": false})", {3, 4}},
    {"batch_renorm", R"({"rmin": 1.25, "rmax": 1.25, "dmax": 0})", {3}},
    {"batch_renorm", R"({"rmin": 0.75, "rmax": 0.75, "dmax": 1e-3, "scale": false, "momentum": 0.5})", {2, 2, 3}},
    {"batch_renorm", R"({"rmin": 0.75, "rmax": 0.75, "dmax": 1e-3})", {4, 3}, Sequence::kPadded},
    {"batch_renorm", R"({"warmup_updates": 9, "center": false})", {3}},
    {"group", R"({"groups": 2})", {6}},
    {"group", R"({"groups": 3, "center": false})", {2, 2, 6}},
    {"group", R"({"groups": 1, "scale": false, "epsilon": 1e-5})", {5, 2}},
    {"instance", R"({"epsilon": 1e-5})", {2, 3, 2}},
    {"rms", R"({"scale": false})", {4}},
    {"rms", R"({"epsilon": 1e-2})", {3, 5}},
    {"layer", R"({"axes": [1, 2, 3], "epsilon": 1e-5})", {2, 3, 2}},
    {"layer", R"({"axes": [-2, -1], "center": false})", {4, 2}},
    {"layer", R"({"axes": [2], "scale": false})", {4, 3}},
    {"conv2d", R"({"filters": 3, "padding": "same", "activation": "tanh"})", {3, 4, 2}},
    {"conv2d", R"({"filters": 2, "kernel_size": [2, 3], "strides": [2, 1], "use_bias": false})", {5, 4, 2}},
    {"conv2d", R"({"filters": 2, "kernel_size": 4, "strides": 3, "padding": "same"})", {5, 7, 1}},
    {"conv2d", R"({"filters": 2, "kernel_size": 1})", {2, 2, 3}},
    {"max_pooling2d", R"({"pool_size": 3, "strides": 1, "padding": "same"})", {4, 3, 2}},
    {"max_pooling2d", R"({"pool_size": [2, 1]})", {5, 3, 2}},
    {"average_pooling2d", R"({"pool_size": 3, "strides": 2, "padding": "same"})", {4, 5, 2}},
    {"simple_rnn", R"({"units": 3, "return_sequences": true})", {4, 2}},
    {"simple_rnn", R"({"units": 3, "use_bias": false})", {4, 2}},
    {"simple_rnn", R"({"units": 4, "normalization": "layer", "epsilon": 0.1})", {3, 2}},
    {"lstm", R"({"units": 3, "return_sequences": true})", {3, 2}},
    {"lstm", R"({"units": 2, "use_bias": false, "unit_forget_bias": false})", {4, 3}},
    {"lstm", R"({"units": 3, "normalization": "layer", "epsilon": 0.1})", {3, 2}},
    {"gru", R"({"units": 3, "return_sequences": true})", {3, 2}},
    {"gru", R"({"units": 3, "use_bias": false})", {3, 2}},
    {"gru", R"({"units": 3, "reset_after": false, "return_sequences": true})", {3, 2}},
    {"gru", R"({"units": 3, "normalization": "layer", "epsilon": 0.1})", {3, 2}},
};

/// The options that a layer must have and an input that it takes, where "{}" on (3) does not do.
const std::map<std::string, Case, std::less<>> kFewest = {
    {"dense", {"dense", R"({"units": 1})"}},
    {"group", {"group", "{}", {2, 32}}},
    {"conv2d", {"conv2d", R"({"filters": 1})", {4, 5, 2}}},
    {"max_pooling2d", {"max_pooling2d", "{}", {4, 5, 2}}},
    {"average_pooling2d", {"average_pooling2d", "{}", {4, 5, 2}}},
    {"global_average_pooling2d", {"global_average_pooling2d", "{}", {2, 3, 2}}},
    {"simple_rnn", {"simple_rnn", R"({"units": 1})", {3, 2}}},
    {"lstm", {"lstm", R"({"units": 1})", {3, 2}}},
    {"gru", {"gru", R"({"units": 1})", {3, 2}}},
};

std::vector<Case> all_cases() {
  std::vector<Case> cases = kVariants;
  for (const config::FamilyMember& member : nn::layer_family().members) {
    if (member.type == "norm") continue;
    const auto fewest = kFewest.find(member.type);
    cases.push_back(fewest != kFewest.end() ? fewest->second : Case{std::string(member.type), "{}"});
  }
  return cases;
}

struct NamedMode {
  const char* name;
  Mode mode;
};
constexpr NamedMode kModes[] = {
    {"train", kTrainMode},
    {"eval", kEvalMode},
    {"train, frozen", kTrainFrozen},
    {"moving averages", {Statistics::kMoving, Tracking::kUpdate, Dropout::kOn}},
};
constexpr Index kExamples[] = {1, 2, 7};
constexpr nn::PassKey kKey{.seed = 3, .step = 11};

/// Numbers away from 0, where relu has its kink.
double away_from_zero(RandomStream& stream) {
  const double z = stream.normal();
  return z < 0 ? z - 0.1 : z + 0.1;
}

/// Valid steps of each example; empty where all are.
std::vector<Index> lengths_of(const Case& c, Index examples) {
  std::vector<Index> lengths;
  if (c.sequence == Sequence::kWhole) return lengths;
  for (Index e = 0; e < examples; ++e) lengths.push_back(c.shape.front() - e % c.shape.front());
  return lengths;
}

/// A rig with numbers that are nobody's default: parameters, statistics, inputs and dy.
template <class T>
LayerRig<T> make_rig(const Case& c, Index examples) {
  LayerRig<T> rig({describe_layer(c.type, c.options)}, Shape(c.shape), examples);
  rig.lengths = lengths_of(c, examples);
  RandomStream stream(7, Purpose::kData);
  for (T& value : rig.model.params) value = static_cast<T>(away_from_zero(stream));
  for (const nn::StateEntry& entry : rig.layout().states) {
    for (T& value : rig.state(entry.name)) value = static_cast<T>(entry.name == "updates" ? 4.0 : std::abs(away_from_zero(stream)));
  }
  for (T& value : rig.x.view()) value = static_cast<T>(away_from_zero(stream));
  for (T& value : rig.dy.view()) value = static_cast<T>(away_from_zero(stream));
  return rig;
}

template <class Check>
void for_each_case(const Check& check) {
  for (const Case& c : all_cases()) {
    for (const NamedMode& mode : kModes) {
      for (const Index examples : kExamples) {
        CAPTURE(c.type);
        CAPTURE(c.options);
        CAPTURE(mode.name);
        CAPTURE(examples);
        check(c, mode.mode, examples);
      }
    }
  }
}

double weighted_output(LayerRig<double>& rig, const Mode& mode) {
  const ConstView<double> y = rig.forward({.mode = mode, .key = kKey});
  double sum = 0.0;
  for (Index i = 0; i < y.size(); ++i) sum += y.data[i] * rig.dy.view().data[i];
  return sum;
}

/// The largest difference between `analytic` and fourth-order central differences in `values`, over the largest element.
double gradient_error(LayerRig<double>& rig, const Mode& mode, std::span<double> values, const std::vector<double>& analytic) {
  constexpr double kStep = 1e-4;
  double worst = 0.0;
  double largest = 1.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double at = values[i];
    const auto shifted = [&](double steps) {
      values[i] = at + steps * kStep;
      return weighted_output(rig, mode);
    };
    const double numeric = (8.0 * (shifted(1) - shifted(-1)) - (shifted(2) - shifted(-2))) / (12.0 * kStep);
    values[i] = at;
    worst = std::max(worst, std::abs(numeric - analytic[i]));
    largest = std::max(largest, std::abs(analytic[i]));
  }
  return worst / largest;
}

/// Batch renormalization's gradient holds r and d fixed, which central differences move unless they are clipped: the golden
/// vectors check that gradient.
bool has_differentiable_output(const Case& c, const Mode& mode) {
  return !(c.type == "batch_renorm" && c.options == "{}" && mode.statistics == Statistics::kBatch);
}

template <class T>
bool same_bits(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

template <class T>
std::vector<T> copy_of(ConstView<T> view) {
  return {view.begin(), view.end()};
}

bool has_batch_statistics(const nn::Layout& layout) {
  return std::any_of(layout.normalizations.begin(), layout.normalizations.end(),
                     [](const nn::Normalization& info) { return info.moving_mean.has_value(); });
}

}  // namespace

TEST_CASE("every layer: gradients are those of central differences in every mode") {
  for_each_case([](const Case& c, const Mode& mode, Index examples) {
    LayerRig<double> rig = make_rig<double>(c, examples);
    std::fill(rig.grads.begin(), rig.grads.end(), 99.0);  // backward overwrites
    rig.forward({.mode = mode, .key = kKey});
    rig.backward();
    const std::vector<double> grads(rig.grads.begin(), rig.grads.end());
    const std::vector<double> dx(rig.dx.view().begin(), rig.dx.view().end());
    if (has_differentiable_output(c, mode)) CHECK(gradient_error(rig, mode, {rig.x.view().data, dx.size()}, dx) < kTolerances.gradient);
    CHECK(gradient_error(rig, mode, rig.model.params, grads) < kTolerances.gradient);
  });
}

TEST_CASE("every layer: a pass that does not track leaves the state alone, one that does moves only the copy") {
  for_each_case([](const Case& c, const Mode& mode, Index examples) {
    LayerRig<double> rig = make_rig<double>(c, examples);
    const Buffer<double> before = rig.model.state;
    std::fill(rig.next_state.begin(), rig.next_state.end(), -5.0);
    rig.forward({.mode = mode, .key = kKey});
    rig.backward();
    CHECK(same_bits<double>(before, rig.model.state));
    if (mode.tracking == Tracking::kFreeze) {
      CHECK(std::all_of(rig.next_state.begin(), rig.next_state.end(), [](double value) { return value == -5.0; }));
    } else if (has_batch_statistics(rig.layout())) {
      CHECK(rig.next("updates")[0] == 5.0);
    }
  });
}

TEST_CASE("every layer: moving the state in place gives the same output, state and gradients as moving a copy") {
  for_each_case([](const Case& c, const Mode& mode, Index examples) {
    LayerRig<float> copied = make_rig<float>(c, examples);
    LayerRig<float> in_place = make_rig<float>(c, examples);
    const std::vector<float> y = copy_of(copied.forward({.mode = mode, .key = kKey}));
    copied.backward();
    const nn::Network<float>& network = in_place.network();
    nn::Record<float> record(network, examples);
    const ConstView<float> y_in_place =
        network.forward({.mode = mode, .lengths = in_place.lengths.empty() ? nullptr : in_place.lengths.data(), .key = kKey},
                        in_place.model.params, in_place.model.state, in_place.model.state.data(), record, in_place.x.view());
    CHECK(same_bits<float>(y, copy_of(y_in_place)));
    const bool moved = mode.tracking == Tracking::kUpdate;
    CHECK(same_bits<float>(moved ? copied.next_state : copied.model.state, in_place.model.state));
    network.backward(in_place.model.params, record, network.output_boundary(), in_place.dy.view(), in_place.grads, in_place.dx.view());
    CHECK(same_bits<float>(copied.grads, in_place.grads));
    CHECK(same_bits<float>(copy_of<float>(copied.dx.view()), copy_of<float>(in_place.dx.view())));
  });
}

TEST_CASE("every layer: an example alone gives what it gives in a batch, unless the batch normalizes it") {
  for_each_case([](const Case& c, const Mode& mode, Index examples) {
    LayerRig<float> batch = make_rig<float>(c, examples);
    const bool by_batch = mode.statistics == Statistics::kBatch && has_batch_statistics(batch.layout());
    if (by_batch || mode.dropout == Dropout::kOn) return;
    const ConstView<float> y = batch.forward({.mode = mode});
    LayerRig<float> alone = make_rig<float>(c, 1);
    alone.model = batch.model;
    for (Index r = 0; r < examples; ++r) {
      if (!batch.lengths.empty()) alone.lengths = {batch.lengths[static_cast<std::size_t>(r)]};
      std::copy_n(batch.x.view().row(r), alone.x.cols(), alone.x.view().data);
      CHECK(same_bits<float>(copy_of(y.slice(r, 1)), copy_of(alone.forward({.mode = mode}))));
    }
  });
}

TEST_CASE("every layer: one that is free of modes gives the same in all of them, by any statistics") {
  for_each_case([](const Case& c, const Mode& mode, Index examples) {
    LayerRig<float> rig = make_rig<float>(c, examples);
    if (rig.network().mode_free_boundary() < rig.network().output_boundary()) return;
    LayerRig<float> other = make_rig<float>(c, examples);
    for (float& value : other.model.state) value = 3.0F * value + 1.0F;
    CHECK(same_bits<float>(copy_of(rig.forward({.mode = mode, .key = kKey})), copy_of(other.forward({.mode = kEvalMode}))));
  });
}

TEST_CASE("every layer: a pass gives the same bits again and allocates nothing") {
  for_each_case([](const Case& c, const Mode& mode, Index examples) {
    LayerRig<float> rig = make_rig<float>(c, examples);
    const std::vector<float> first = copy_of(rig.forward({.mode = mode, .key = kKey}));
    rig.backward();
    const std::size_t before = allocations();
    const ConstView<float> second = rig.forward({.mode = mode, .key = kKey});
    rig.backward();
    CHECK(allocations() == before);
    CHECK(same_bits<float>(first, copy_of(second)));
  });
}

TEST_CASE_TEMPLATE("every layer: a checkpoint gives back the same bits", T, float, double) {
  const std::string path = (std::filesystem::temp_directory_path() / "normrun_conformance.safetensors").string();
  for (const Case& c : all_cases()) {
    CAPTURE(c.type);
    CAPTURE(c.options);
    LayerRig<T> rig = make_rig<T>(c, 1);
    nn::write_safetensors(path, nn::to_tensors(rig.layout(), rig.model));
    nn::Model<T> loaded = nn::fresh_model(rig.network(), 99);
    nn::from_tensors(rig.layout(), nn::read_safetensors(path), nn::Match::kAll, path, loaded);
    CHECK(same_bits<T>(rig.model.params, loaded.params));
    CHECK(same_bits<T>(rig.model.state, loaded.state));
  }
  std::filesystem::remove(path);
}

TEST_CASE("every layer: an option that it does not have is an error") {
  for (const config::FamilyMember& member : nn::layer_family().members) {
    CAPTURE(member.type);
    CHECK_THROWS_AS(describe_layer(std::string(member.type), R"({"momentun": 0.5})"), Error);
  }
}

TEST_CASE("every layer: both precisions agree to the rounding of a float") {
  for_each_case([](const Case& c, const Mode& mode, Index examples) {
    LayerRig<float> narrow = make_rig<float>(c, examples);
    LayerRig<double> wide = make_rig<double>(c, examples);
    const ConstView<float> y_narrow = narrow.forward({.mode = mode, .key = kKey});
    const ConstView<double> y_wide = wide.forward({.mode = mode, .key = kKey});
    for (Index i = 0; i < y_wide.size(); ++i) CHECK(y_narrow.data[i] == doctest::Approx(y_wide.data[i]).epsilon(1e-4).scale(1.0));
  });
}

}  // namespace normrun::test
