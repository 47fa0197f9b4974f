// Convolutions of 16 filters, which are computed by fewer multiplications, beside the same convolutions with one filter more, which are
// not.

#include <doctest/doctest.h>

#include <algorithm>

#include "core/random.hpp"
#include "support/layer_rig.hpp"

namespace normrun::test {
namespace {

constexpr Index kExamples = 3;
constexpr Index kChannels = 16;

struct Case {
  const char* type;
  const char* options;
  Shape input;
  std::vector<Index> lengths = {};
};

const std::vector<Case> kCases = {
    {"conv2d", R"("kernel_size": 3, "pads": 1)", Shape{5, 9, kChannels}},
    {"conv2d", R"("kernel_size": 3)", Shape{6, 8, kChannels}},
    {"conv2d", R"("kernel_size": [2, 3], "pads": [3, 0, 5, 1], "use_bias": false)", Shape{3, 8, kChannels}},
    {"conv2d", R"("kernel_size": [1, 5], "padding": "same")", Shape{2, 7, kChannels}},
    {"conv1d", R"("kernel_size": 3, "padding": "causal")", Shape{12, kChannels}, {12, 1, 7}},
    {"conv1d", R"("kernel_size": 5, "padding": "same")", Shape{13, kChannels}, {4, 13, 5}},
};

class Convolution {
 public:
  Convolution(const Case& c, Index filters)
      : rig({describe_layer(c.type, R"({"filters": )" + std::to_string(filters) + ", " + c.options + "}")}, c.input, kExamples),
        filters_(filters) {
    rig.lengths = c.lengths;
    RandomStream stream(5, Purpose::kData);
    for (double& number : rig.x.view()) number = stream.normal();
    for (const char* name : {"kernel", "bias"}) fill(name, stream);
    fill(rig.dy.view(), stream);
    y = rig.forward({.mode = kTrainMode});
    rig.backward();
  }
  /// The numbers of the first filters alone.
  template <class Numbers>
  std::vector<double> of_filters(const Numbers& numbers) const {
    std::vector<double> taken;
    Index i = 0;
    for (const double number : numbers) {
      if (i++ % filters_ < kChannels) taken.push_back(number);
    }
    return taken;
  }
  LayerRig<double> rig;
  ConstView<double> y;

 private:
  void fill(const char* parameter, RandomStream& stream) {
    const auto& entries = rig.layout().params;
    if (std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return entry.name == parameter; }))
      fill(rig.param(parameter), stream);
  }
  /// Gives the numbers of the first filters values that do not depend on how many filters follow, and the others 0.
  template <class Numbers>
  void fill(const Numbers& numbers, RandomStream& stream) {
    Index i = 0;
    for (double& number : numbers) number = i++ % filters_ < kChannels ? stream.normal() : 0.0;
  }
  Index filters_;
};

void check_close(const std::vector<double>& actual, const std::vector<double>& expected) {
  REQUIRE(actual.size() == expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    INFO("number ", i);
    CHECK(actual[i] == doctest::Approx(expected[i]).epsilon(1e-12).scale(10.0));
  }
}

}  // namespace

TEST_CASE("convolution by fewer multiplications: outputs and gradients are those of the convolution") {
  for (const Case& c : kCases) {
    CAPTURE(c.options);
    Convolution fewer(c, kChannels), direct(c, kChannels + 1);
    check_close(fewer.of_filters(fewer.y), direct.of_filters(direct.y));
    check_close(fewer.of_filters(fewer.rig.grad("kernel")), direct.of_filters(direct.rig.grad("kernel")));
    check_close({fewer.rig.dx.view().begin(), fewer.rig.dx.view().end()}, {direct.rig.dx.view().begin(), direct.rig.dx.view().end()});
  }
}

}  // namespace normrun::test
