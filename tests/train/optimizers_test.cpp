#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "train_rig.hpp"

namespace normrun::test {
namespace {

constexpr Index kCount = 2500;  // more than a block of decayed gradients, and no multiple of a vector
constexpr Index kSteps = 5;

/// One parameter, its gradient and its two slots, as the textbook writes the update.
struct Scalar {
  double w;
  double g;
  double* slot;  // [2]
  double rate;
  Index step;
};
using Rule = std::function<double(const Scalar&)>;

struct Case {
  std::string type;
  std::string options;
  Index slots;
  Rule next;  // the new w
};

double start(Index i) { return std::cos(static_cast<double>(i)); }
double gradient(Index i, Index step) { return std::sin(static_cast<double>(3 * i + 7 * step)) * (i % 5 == 0 ? 1e-6 : 1.0); }
double rate_of(Index step) { return step < 3 ? 0.05 : 0.01; }

/// Largest difference after kSteps between the optimizer and the rule, written per parameter in double.
template <class T>
double worst_difference(const Case& test, const std::vector<train::ParamRange>& decays = {}) {
  const auto optimizer = make_optimizer(test.type, test.options);
  REQUIRE(optimizer->slot_count() == test.slots);
  const auto update = optimizer->make<T>();
  Buffer<T> params(kCount);
  Buffer<T> grads(kCount);
  Buffer<T> slots(static_cast<std::size_t>(kCount * test.slots));
  std::vector<double> expected(kCount);
  std::vector<double> expected_slots(2 * kCount, 0.0);
  for (Index i = 0; i < kCount; ++i) {
    params[static_cast<std::size_t>(i)] = static_cast<T>(start(i));
    expected[static_cast<std::size_t>(i)] = start(i);
  }
  for (Index step = 1; step <= kSteps; ++step) {
    for (Index i = 0; i < kCount; ++i) {
      const auto at = static_cast<std::size_t>(i);
      grads[at] = static_cast<T>(gradient(i, step));
      expected[at] = test.next({expected[at], gradient(i, step), &expected_slots[2 * at], rate_of(step), step});
    }
    update->update({params, grads, slots}, {.number = step, .learning_rate = rate_of(step)}, decays);
  }
  double worst = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(params[i]) - expected[i]));
  return worst;
}

double adam(const Scalar& s, double epsilon_corrected, double epsilon_plain) {
  s.slot[0] = 0.9 * s.slot[0] + 0.1 * s.g;
  s.slot[1] = 0.999 * s.slot[1] + 0.001 * s.g * s.g;
  const double t = static_cast<double>(s.step);
  const double mean = s.slot[0] / (1.0 - std::pow(0.9, t));
  const double arrived = 1.0 - std::pow(0.999, t);
  return s.w - s.rate * mean / (std::sqrt(s.slot[1] / arrived) + epsilon_corrected + epsilon_plain / std::sqrt(arrived));
}

const std::vector<Case> kCases = {
    {"sgd", "", 0, [](const Scalar& s) { return s.w - s.rate * s.g; }},
    {"sgd", R"("momentum": 0.9)", 1,
     [](const Scalar& s) {
       s.slot[0] = 0.9 * s.slot[0] - s.rate * s.g;
       return s.w + s.slot[0];
     }},
    {"sgd", R"("momentum": 0.9, "nesterov": true)", 1,
     [](const Scalar& s) {
       s.slot[0] = 0.9 * s.slot[0] - s.rate * s.g;
       return s.w + 0.9 * s.slot[0] - s.rate * s.g;
     }},
    {"sgd", R"("convention": "torch", "momentum": 0.9)", 1,
     [](const Scalar& s) {
       s.slot[0] = 0.9 * s.slot[0] + s.g;
       return s.w - s.rate * s.slot[0];
     }},
    {"sgd", R"("convention": "torch", "momentum": 0.9, "nesterov": true)", 1,
     [](const Scalar& s) {
       s.slot[0] = 0.9 * s.slot[0] + s.g;
       return s.w - s.rate * (s.g + 0.9 * s.slot[0]);
     }},
    {"adam", R"("epsilon": 1e-3)", 2, [](const Scalar& s) { return adam(s, 0.0, 1e-3); }},
    {"adam", R"("convention": "torch", "epsilon": 1e-3)", 2, [](const Scalar& s) { return adam(s, 1e-3, 0.0); }},
    {"adamw", R"("epsilon": 1e-3)", 2, [](const Scalar& s) { return adam(s, 0.0, 1e-3); }},
    {"adamw", R"("convention": "torch", "epsilon": 1e-3)", 2, [](const Scalar& s) { return adam(s, 1e-3, 0.0); }},
    {"rmsprop", "", 1,
     [](const Scalar& s) {
       s.slot[0] = 0.9 * s.slot[0] + 0.1 * s.g * s.g;
       return s.w - s.rate * s.g / std::sqrt(s.slot[0] + 1e-7);
     }},
    {"rmsprop", R"("convention": "torch")", 1,
     [](const Scalar& s) {
       s.slot[0] = 0.99 * s.slot[0] + 0.01 * s.g * s.g;
       return s.w - s.rate * s.g / (std::sqrt(s.slot[0]) + 1e-8);
     }},
};

}  // namespace

TEST_CASE("every optimizer follows its formula in both conventions, under a changing learning rate") {
  for (const Case& test : kCases) {
    CAPTURE(test.type);
    CAPTURE(test.options);
    CHECK(worst_difference<double>(test) < 1e-13);
    CHECK(worst_difference<float>(test) < 2e-4);  // rounding of a gradient of 1e-6 beside epsilon, five steps of 0.05
  }
}

TEST_CASE("weight decay: keras shrinks the weight before the update, torch adds to the gradient; only in the given ranges") {
  const std::vector<train::ParamRange> decays = {{0, 100}, {200, 2001}};
  Index parameter = 0;  // counts the rule's calls: the place in the buffer
  const auto decays_here = [&parameter, &decays]() {
    const Index i = parameter++ % kCount;
    return (i >= decays[0].offset && i < decays[0].offset + decays[0].size) ||
           (i >= decays[1].offset && i < decays[1].offset + decays[1].size);
  };
  const std::string options = R"("momentum": 0.5, "weight_decay": 0.25)";
  const Case keras{"sgd", options, 1, [&](const Scalar& s) {
                     s.slot[0] = 0.5 * s.slot[0] - s.rate * s.g;
                     return (decays_here() ? s.w - s.rate * 0.25 * s.w : s.w) + s.slot[0];
                   }};
  CHECK(worst_difference<double>(keras, decays) < 1e-13);
  const Case torch{"sgd", options + R"(, "convention": "torch")", 1, [&](const Scalar& s) {
                     s.slot[0] = 0.5 * s.slot[0] + (decays_here() ? s.g + 0.25 * s.w : s.g);
                     return s.w - s.rate * s.slot[0];
                   }};
  CHECK(worst_difference<double>(torch, decays) < 1e-13);
  const Case decoupled{"adamw", R"("convention": "torch", "epsilon": 1e-3, "weight_decay": 0.25)", 2, [&](Scalar s) {
                         if (decays_here()) s.w -= s.rate * 0.25 * s.w;
                         return adam(s, 1e-3, 0.0);
                       }};
  CHECK(worst_difference<double>(decoupled, decays) < 1e-13);
  CHECK(make_optimizer("adamw")->weight_decay == 0.004);
  CHECK(make_optimizer("adamw", R"("convention": "torch")")->weight_decay == 0.01);
}

TEST_CASE("weight decay reaches kernels and biases, and gamma and beta unless they are spared") {
  const auto decaying_in = [](const nn::Network<float>& network, const std::string& options) {
    std::vector<std::string> names;
    const auto ranges = train::decay_ranges(network.layout(), *make_optimizer("sgd", options));
    for (const nn::ParamEntry& entry : network.layout().params)
      for (const auto& range : ranges)
        if (entry.id.offset >= range.offset && entry.id.offset + entry.id.size <= range.offset + range.size) names.push_back(entry.name);
    return std::pair(names, ranges.size());
  };
  const auto network = make_network<float>(kBatchNormNet, Shape{10});
  const auto decaying = [&](const std::string& options) { return decaying_in(network, options); };
  CHECK(decaying("").second == 0);
  CHECK(decaying(R"("weight_decay": 0.1, "decay_normalization": false)") ==
        std::pair(std::vector<std::string>{"kernel", "bias", "kernel", "bias"}, std::size_t{2}));
  for (const char* form : {"keras", "torch"}) {
    const auto all = decaying(R"("weight_decay": 0.1, "convention": ")" + std::string(form) + '"');
    CHECK(all == std::pair(std::vector<std::string>{"kernel", "bias", "gamma", "beta", "kernel", "bias"}, std::size_t{1}));
  }

  // In whatever layer or cell they stand; those of a frozen layer stay, whatever is demanded.
  const std::vector<std::string> dense{"kernel", "bias"};
  for (const char* norm : {R"("time": "per-step")", R"("trainable": false)", R"("time": "per-step", "trainable": false)"}) {
    const auto sequences = make_network<float>({{"batch", norm}, {"dense", R"("units": 2)"}}, Shape{4, 3});
    CHECK(decaying_in(sequences, R"("weight_decay": 0.1, "decay_normalization": false)").first == dense);
    const bool is_frozen = std::string(norm).find("false") != std::string::npos;
    CHECK((decaying_in(sequences, R"("weight_decay": 0.1)").first == dense) == is_frozen);
  }
  const auto moving = make_network<float>({{"moving_layer"}, {"dense", R"("units": 2)"}}, Shape{3});
  CHECK(decaying_in(moving, R"("weight_decay": 0.1, "decay_normalization": false)").first == dense);
  const auto lstm = make_network<float>({{"lstm", R"("units": 2, "normalization": "layer")"}}, Shape{4, 3});
  CHECK(decaying_in(lstm, R"("weight_decay": 0.1, "decay_normalization": false)").first ==
        std::vector<std::string>{"kernel", "recurrent_kernel", "bias"});
}

TEST_CASE("a convention sets the defaults of the options that are not given, in whatever order they stand") {
  CHECK(make_optimizer("sgd")->learning_rate == 0.01);
  CHECK(make_optimizer("sgd", R"("convention": "torch")")->learning_rate == 1e-3);
  CHECK(make_optimizer("rmsprop", R"("convention": "torch")")->learning_rate == 0.01);
  CHECK(make_optimizer("rmsprop", R"("learning_rate": 0.5, "convention": "torch")")->learning_rate == 0.5);
  CHECK(make_optimizer("adam", R"("convention": "pytorch")")->learning_rate == 1e-3);
}

TEST_CASE("impossible optimizer options are refused") {
  CHECK_THROWS_AS(make_optimizer("sgd", R"("nesterov": true, "convention": "torch")"), Error);
  CHECK_THROWS_AS(make_optimizer("adam", R"("beta_1": 1)"), Error);
  CHECK_THROWS_AS(make_optimizer("adam", R"("epsilon": 0)"), Error);
  CHECK_THROWS_AS(make_optimizer("adam", R"("convention": "flax")"), Error);
  CHECK_THROWS_AS(make_optimizer("rmsprop", R"("momentum": 0.9)"), Error);
}

}  // namespace normrun::test
