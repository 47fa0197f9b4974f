// Every registered layer, in every mode, for 1, 2 and 7 examples: one suite for every layer there will ever be.
// To add a layer: see support/layer_cases.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>

#include "config/options/document.hpp"
#include "core/error.hpp"
#include "core/parts.hpp"
#include "core/random.hpp"
#include "nn/checkpoint.hpp"
#include "nn/registry.hpp"
#include "support/allocation_counter.hpp"
#include "support/central_differences.hpp"
#include "support/layer_cases.hpp"

namespace normrun::test {
namespace {

constexpr double kLargestGradientError = 1e-7;  // of the largest element, in double

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

template <class T>
LayerRig<T> make_rig(const LayerCase& c, Index examples) {
  LayerRig<T> rig({describe_layer(c.type, c.options)}, Shape(c.shape), examples);
  rig.lengths = lengths_of(c.shape, c.sequence, examples);
  fill_rig(rig, 7);
  return rig;
}

template <class Check>
void for_each_case(const Check& check) {
  for (const LayerCase& c : all_layer_cases()) {
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
  for_each_case([](const LayerCase& c, const Mode& mode, Index examples) {
    LayerRig<double> rig = make_rig<double>(c, examples);
    const nn::Network<double>::Pass pass{.mode = mode, .key = kKey};
    if (has_differentiable_output(c, mode)) {
      CHECK(gradient_error(rig, pass) < kLargestGradientError);
    } else {
      CHECK(parameter_gradient_error(rig, pass) < kLargestGradientError);
    }
  });
}

TEST_CASE("every layer: a pass that does not track leaves the state alone, one that does moves only the copy") {
  for_each_case([](const LayerCase& c, const Mode& mode, Index examples) {
    LayerRig<double> rig = make_rig<double>(c, examples);
    const Buffer<double> before = rig.model.state;
    std::fill(rig.next_state.begin(), rig.next_state.end(), -5.0);
    rig.forward({.mode = mode, .key = kKey});
    rig.backward();
    CHECK(same_bits<double>(before, rig.model.state));
    if (mode.tracking == Tracking::kFreeze) {
      CHECK(std::all_of(rig.next_state.begin(), rig.next_state.end(), [](double value) { return value == -5.0; }));
    } else if (has_batch_statistics(rig.layout())) {
      const nn::Normalization& norm = rig.layout().normalizations.front();
      CHECK(rig.next("updates")[0] == static_cast<double>(4 + parts_of_at_most(examples, norm.ghost_batch_size)));
    }
  });
}

TEST_CASE("every layer: moving the state in place gives the same output, state and gradients as moving a copy") {
  for_each_case([](const LayerCase& c, const Mode& mode, Index examples) {
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
    network.backward(in_place.model.params, record, network.output_boundary(), in_place.dy.view(), in_place.grads, in_place.dx.view());
    const bool moved = mode.tracking == Tracking::kUpdate;
    CHECK(same_bits<float>(moved ? copied.next_state : copied.model.state, in_place.model.state));
    CHECK(same_bits<float>(copied.grads, in_place.grads));
    CHECK(same_bits<float>(copy_of<float>(copied.dx.view()), copy_of<float>(in_place.dx.view())));
  });
}

TEST_CASE("every layer: an example alone gives what it gives in a batch, unless the batch normalizes it") {
  for_each_case([](const LayerCase& c, const Mode& mode, Index examples) {
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
  for_each_case([](const LayerCase& c, const Mode& mode, Index examples) {
    LayerRig<float> rig = make_rig<float>(c, examples);
    if (rig.network().mode_free_boundary() < rig.network().output_boundary()) return;
    LayerRig<float> other = make_rig<float>(c, examples);
    for (float& value : other.model.state) value = 3.0F * value + 1.0F;
    CHECK(same_bits<float>(copy_of(rig.forward({.mode = mode, .key = kKey})), copy_of(other.forward({.mode = kEvalMode}))));
  });
}

TEST_CASE("every layer: a pass gives the same bits again and allocates nothing") {
  for_each_case([](const LayerCase& c, const Mode& mode, Index examples) {
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
  for (const LayerCase& c : all_layer_cases()) {
    CAPTURE(c.type);
    CAPTURE(c.options);
    LayerRig<T> rig = make_rig<T>(c, 1);
    files::write_safetensors(path, nn::to_tensors(rig.layout(), rig.model));
    nn::Model<T> loaded = nn::fresh_model(rig.network(), 99);
    nn::from_tensors(rig.layout(), files::read_safetensors(path), path, loaded);
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
  for_each_case([](const LayerCase& c, const Mode& mode, Index examples) {
    LayerRig<float> narrow = make_rig<float>(c, examples);
    LayerRig<double> wide = make_rig<double>(c, examples);
    const ConstView<float> y_narrow = narrow.forward({.mode = mode, .key = kKey});
    const ConstView<double> y_wide = wide.forward({.mode = mode, .key = kKey});
    for (Index i = 0; i < y_wide.size(); ++i) CHECK(y_narrow.data[i] == doctest::Approx(y_wide.data[i]).epsilon(1e-4).scale(1.0));
  });
}

}  // namespace normrun::test
