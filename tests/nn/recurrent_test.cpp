#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "core/random.hpp"
#include "support/allocation_counter.hpp"
#include "support/central_differences.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

struct Cell {
  std::string type;
  std::string options;  // beside units, as a config writes them
};

const std::vector<Cell> kCells = {
    {"simple_rnn", ""},
    {"simple_rnn", R"(, "normalization": "layer", "epsilon": 0.1)"},
    {"lstm", ""},
    {"lstm", R"(, "normalization": "layer", "epsilon": 0.1)"},
    {"gru", ""},
    {"gru", R"(, "reset_after": false)"},
    {"gru", R"(, "normalization": "layer", "epsilon": 0.1)"},
};

constexpr Index kTime = 4;
constexpr Index kFeatures = 2;
constexpr Index kUnits = 3;
const std::vector<Index> kLengths = {4, 2, 0, 3, 1};
constexpr Index kExamples = 5;

template <class T>
LayerRig<T> make_rig(const Cell& cell, bool sequences, Index time = kTime) {
  const std::string options = R"({"units": 3, "return_sequences": )" + std::string(sequences ? "true" : "false") + cell.options + "}";
  LayerRig<T> rig({describe_layer(cell.type, options)}, Shape{time, kFeatures}, kExamples);
  RandomStream stream(17, Purpose::kData);
  for (T& value : rig.model.params) value = static_cast<T>(stream.normal());
  for (Index e = 0; e < kExamples; ++e) {
    RandomStream of_example(18, Purpose::kData, static_cast<std::uint64_t>(e));  // the same for every length of time
    for (Index i = 0; i < time * kFeatures; ++i) rig.x(e, i) = static_cast<T>(of_example.normal());
  }
  for (T& value : rig.dy.view()) value = static_cast<T>(stream.normal());
  return rig;
}

template <class T>
typename nn::Network<T>::Pass masked() {
  return {.mode = kTrainMode, .lengths = kLengths.data()};
}

template <class Check>
void for_each_cell(const Check& check) {
  for (const Cell& cell : kCells) {
    for (const bool sequences : {false, true}) {
      CAPTURE(cell.type);
      CAPTURE(cell.options);
      CAPTURE(sequences);
      check(cell, sequences);
    }
  }
}

template <class T>
std::vector<T> copy_of(ConstView<T> view) {
  return {view.begin(), view.end()};
}

}  // namespace

TEST_CASE("recurrent layers: gradients of padded sequences are those of central differences") {
  for_each_cell([](const Cell& cell, bool sequences) {
    LayerRig<double> rig = make_rig<double>(cell, sequences);
    CHECK(gradient_error(rig, masked<double>()) < 1e-7);
  });
}

TEST_CASE("recurrent layers: a step beyond the length leaves the state and repeats the output; length 0 gives 0") {
  for_each_cell([](const Cell& cell, bool sequences) {
    LayerRig<double> rig = make_rig<double>(cell, sequences);
    const ConstView<double> y = rig.forward(masked<double>());
    const Index outputs = sequences ? kTime : 1;
    for (Index u = 0; u < kUnits * outputs; ++u) CHECK(y(2, u) == 0.0);
    if (!sequences) return;
    for (Index e = 0; e < kExamples; ++e) {
      for (Index t = std::max<Index>(kLengths[static_cast<std::size_t>(e)], 1); t < kTime; ++t) {
        for (Index u = 0; u < kUnits; ++u) CHECK(y(e, t * kUnits + u) == y(e, (t - 1) * kUnits + u));
      }
    }
    CHECK(y(0, 3 * kUnits) != y(0, 2 * kUnits));
  });
}

TEST_CASE("recurrent layers: what stands in the padding changes nothing, be it NaN") {
  for_each_cell([](const Cell& cell, bool sequences) {
    LayerRig<float> clean = make_rig<float>(cell, sequences);
    LayerRig<float> spoilt = make_rig<float>(cell, sequences);
    for (Index e = 0; e < kExamples; ++e) {
      for (Index i = kLengths[static_cast<std::size_t>(e)] * kFeatures; i < kTime * kFeatures; ++i) {
        spoilt.x(e, i) = e % 2 == 0 ? std::numeric_limits<float>::quiet_NaN() : 1e30F;
      }
    }
    CHECK(copy_of(clean.forward(masked<float>())) == copy_of(spoilt.forward(masked<float>())));
    clean.backward();
    spoilt.backward();
    CHECK(clean.grads == spoilt.grads);
    CHECK(copy_of<float>(clean.dx.view()) == copy_of<float>(spoilt.dx.view()));
    CHECK(clean.dx(1, 2 * kFeatures) == 0.0F);
  });
}

TEST_CASE("recurrent layers: more padding gives the same bits") {
  for (const Cell& cell : kCells) {
    CAPTURE(cell.type);
    CAPTURE(cell.options);
    LayerRig<float> tight = make_rig<float>(cell, false);
    LayerRig<float> loose = make_rig<float>(cell, false, kTime + 3);
    std::copy(tight.dy.view().begin(), tight.dy.view().end(), loose.dy.view().begin());
    CHECK(copy_of(tight.forward(masked<float>())) == copy_of(loose.forward(masked<float>())));
    tight.backward();
    loose.backward();
    CHECK(tight.grads == loose.grads);
  }
}

TEST_CASE("recurrent layers: lengths that are all full are no lengths, and backward may run twice") {
  for_each_cell([](const Cell& cell, bool sequences) {
    const std::vector<Index> full(kExamples, kTime);
    LayerRig<float> with = make_rig<float>(cell, sequences);
    LayerRig<float> without = make_rig<float>(cell, sequences);
    CHECK(copy_of(with.forward({.mode = kTrainMode, .lengths = full.data()})) == copy_of(without.forward({.mode = kTrainMode})));
    with.backward();
    without.backward();
    without.backward();
    CHECK(with.grads == without.grads);
    CHECK(copy_of<float>(with.dx.view()) == copy_of<float>(without.dx.view()));
  });
}

TEST_CASE("recurrent layers: nothing is allocated for padded sequences") {
  for_each_cell([](const Cell& cell, bool sequences) {
    LayerRig<float> rig = make_rig<float>(cell, sequences);
    rig.forward(masked<float>());
    const std::size_t before = allocations();
    rig.forward(masked<float>());
    rig.backward();
    CHECK(allocations() == before);
  });
}

TEST_CASE("recurrent layers: parameters have Keras's names and shapes") {
  struct Expected {
    Cell cell;
    std::vector<std::vector<Index>> shapes;
  };
  const std::vector<Expected> expected = {
      {{"simple_rnn", ""}, {{2, 3}, {3, 3}, {3}}},
      {{"lstm", ""}, {{2, 12}, {3, 12}, {12}}},
      {{"gru", ""}, {{2, 9}, {3, 9}, {2, 9}}},
      {{"gru", R"(, "reset_after": false)"}, {{2, 9}, {3, 9}, {9}}},
  };
  for (const Expected& e : expected) {
    const LayerRig<float> rig = make_rig<float>(e.cell, false);
    const auto& params = rig.layout().params;
    REQUIRE(params.size() == 3);
    CHECK(params[0].name == "kernel");
    CHECK(params[1].name == "recurrent_kernel");
    CHECK(params[2].name == "bias");
    for (std::size_t i = 0; i < 3; ++i) CHECK(params[i].shape == e.shapes[i]);
  }
}

TEST_CASE("lstm: the bias of the forget gate starts at 1, the recurrent kernel with orthogonal rows") {
  LayerRig<double> rig({describe_layer("lstm", R"({"units": 2})")}, Shape{3, 2}, 1);
  const auto bias = rig.param("bias");
  CHECK(std::vector<double>(bias.begin(), bias.end()) == std::vector<double>{0, 0, 1, 1, 0, 0, 0, 0});
  const auto kernel = rig.param("recurrent_kernel");
  double dot = 0.0;
  double square = 0.0;
  for (std::size_t i = 0; i < 8; ++i) dot += kernel[i] * kernel[8 + i];
  for (std::size_t i = 0; i < 8; ++i) square += kernel[i] * kernel[i];
  CHECK(dot == doctest::Approx(0.0).scale(1.0));
  CHECK(square == doctest::Approx(1.0));
  LayerRig<double> plain({describe_layer("lstm", R"({"units": 2, "unit_forget_bias": false})")}, Shape{3, 2}, 1);
  CHECK(plain.param("bias")[2] == 0.0);
}

TEST_CASE("lstm: the network of workload W5, layer norm inside, has 25,610 parameters") {
  const nn::Network<float> network(
      {describe_layer("lstm", R"({"units": 64, "normalization": "layer"})"), describe_layer("dense", R"({"units": 10})")}, Shape{28, 28});
  CHECK(network.layout().param_count == 25610);
}

TEST_CASE("recurrent layers: what does not fit is refused") {
  CHECK_THROWS_WITH_AS(LayerRig<float>({describe_layer("lstm", R"({"units": 2})")}, Shape{3}, 1), doctest::Contains("not (time, features)"),
                       Error);
  CHECK_THROWS_AS(describe_layer("gru", R"({"units": 2, "reset_after": false, "normalization": "layer"})"), Error);
  CHECK_THROWS_AS(describe_layer("simple_rnn", R"({"units": 2, "normalization": "batch"})"), Error);
  CHECK_THROWS_WITH_AS(describe_layer("simple_rnn"), doctest::Contains("units"), Error);
}

}  // namespace normrun::test
