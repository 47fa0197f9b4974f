#include "nn/losses.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "core/random.hpp"

namespace normrun {
namespace {

struct Problem3 {
  std::vector<double> logits;
  std::vector<double> values;
  std::vector<std::int32_t> labels;
  ConstView<double> z() const { return {logits.data(), 4, static_cast<Index>(logits.size()) / 4}; }
};

Problem3 random_problem(Index cols) {
  RandomStream stream(2, Purpose::kData);
  Problem3 problem;
  for (Index i = 0; i < 4 * cols; ++i) {
    problem.logits.push_back(3.0 * stream.normal());
    problem.values.push_back(stream.uniform());
  }
  for (int i = 0; i < 4; ++i)
    problem.labels.push_back(static_cast<std::int32_t>(stream.below(static_cast<std::uint64_t>(cols < 2 ? 2 : cols))));
  return problem;
}

void check_gradient(nn::LossKind kind, Problem3 problem, bool by_labels) {
  const Index cols = problem.z().cols;
  const nn::Targets<double> targets =
      by_labels ? nn::Targets<double>{problem.labels.data(), {}} : nn::Targets<double>{nullptr, {problem.values.data(), 4, cols}};
  std::vector<double> gradient(problem.logits.size());
  const double loss = nn::loss_and_gradient<double>(kind, problem.z(), targets, {gradient.data(), 4, cols});
  CHECK(loss == nn::loss_and_gradient<double>(kind, problem.z(), targets, {}));
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const double at = problem.logits[i];
    problem.logits[i] = at + 1e-5;
    const double up = nn::loss_and_gradient<double>(kind, problem.z(), targets, {});
    problem.logits[i] = at - 1e-5;
    const double down = nn::loss_and_gradient<double>(kind, problem.z(), targets, {});
    problem.logits[i] = at;
    CHECK(gradient[i] == doctest::Approx((up - down) / 2e-5).epsilon(1e-7).scale(1.0));
  }
}

}  // namespace

TEST_CASE("gradients of the losses are those of central differences") {
  check_gradient(nn::LossKind::kMse, random_problem(3), false);
  check_gradient(nn::LossKind::kMse, random_problem(3), true);
  check_gradient(nn::LossKind::kMae, random_problem(3), false);
  check_gradient(nn::LossKind::kHuber, random_problem(3), false);
  check_gradient(nn::LossKind::kHuber, random_problem(3), true);
  check_gradient(nn::LossKind::kSoftmaxCrossEntropy, random_problem(5), true);
  check_gradient(nn::LossKind::kBinaryCrossEntropy, random_problem(1), true);
  check_gradient(nn::LossKind::kBinaryCrossEntropy, random_problem(2), false);
}

TEST_CASE("label smoothing, absolute and Huber's errors have PyTorch's values") {
  // torch 2.13: cross_entropy(label_smoothing=0.1), binary_cross_entropy_with_logits of targets 0.1 and 0.9, l1_loss, huber_loss.
  struct Case {
    nn::LossKind kind;
    double smoothing;
    double loss;
    std::vector<double> gradient;
  };
  const std::vector<double> z = {1.0, -2.0, 0.5, 0.25, 3.0, -1.0};
  const std::vector<std::int32_t> labels = {2, 1};
  const std::vector<double> ones = {1, 0, 1, 0, 1, 1};
  const std::vector<double> numbers = {0.5, -2.0, 3.0, 0.0, 1.5, 0.25};
  const std::vector<Case> cases = {{nn::LossKind::kSoftmaxCrossEntropy,
                                    0.1,
                                    0.6876498852065247,
                                    {0.28520778140764624, -0.001637222881879655, -0.28357055852576657, 0.012868212129588451,
                                     -0.004663429912733219, -0.008204782216855262}},
                                   {nn::LossKind::kBinaryCrossEntropy,
                                    0.2,
                                    0.6045091902853518,
                                    {-0.028156903561665853, 0.0032004870036862567, -0.046256778133024236, 0.07702941681429969,
                                     0.008762354470405556, -0.10517642977166748}},
                                   {nn::LossKind::kMae, 0.0, 1.0, {1.0 / 6, 0.0, -1.0 / 6, 1.0 / 6, 1.0 / 6, -1.0 / 6}},
                                   {nn::LossKind::kHuber, 0.0, 0.6510416666666666, {0.5 / 6, 0.0, -1.0 / 6, 0.25 / 6, 1.0 / 6, -1.0 / 6}}};
  for (const Case& test : cases) {
    nn::Targets<double> targets;
    if (test.kind == nn::LossKind::kSoftmaxCrossEntropy) targets.labels = labels.data();
    targets.values = {nn::compares_numbers(test.kind) ? numbers.data() : ones.data(), 2, 3};
    targets.smoothing = test.smoothing;
    std::vector<double> gradient(6);
    CHECK(nn::loss_and_gradient<double>(test.kind, {z.data(), 2, 3}, targets, {gradient.data(), 2, 3}) ==
          doctest::Approx(test.loss).epsilon(1e-14));
    for (std::size_t i = 0; i < 6; ++i) CHECK(gradient[i] == doctest::Approx(test.gradient[i]).epsilon(1e-13));
  }
}

TEST_CASE("a weight multiplies the loss and the gradient of its row; the mean is still over the rows") {
  const std::vector<double> weights = {2.0, 0.0, 0.5, 1.0};
  const Problem3 problem = random_problem(3);
  for (const nn::LossKind kind : {nn::LossKind::kMse, nn::LossKind::kSoftmaxCrossEntropy, nn::LossKind::kBinaryCrossEntropy}) {
    std::vector<double> gradient(12);
    const nn::Targets<double> targets{.labels = problem.labels.data(), .values = {}, .weights = weights.data()};
    const double loss = nn::loss_and_gradient<double>(kind, problem.z(), targets, {gradient.data(), 4, 3});
    double expected = 0.0;
    for (Index r = 0; r < 4; ++r) {
      std::vector<double> own(3);
      const double weight = weights[static_cast<std::size_t>(r)];
      const nn::Targets<double> target{.labels = &problem.labels[static_cast<std::size_t>(r)]};
      expected += weight * nn::loss_and_gradient<double>(kind, problem.z().slice(r, 1), target, {own.data(), 1, 3}) / 4.0;
      for (Index c = 0; c < 3; ++c)
        CHECK(gradient[static_cast<std::size_t>(3 * r + c)] ==
              doctest::Approx(weight / 4.0 * own[static_cast<std::size_t>(c)]).epsilon(1e-14));
    }
    CHECK(loss == doctest::Approx(expected).epsilon(1e-14));
  }
}

// torch.nn.functional.cross_entropy of logits (4, 5, 3) as (20, 3), ignore_index=-100; Keras's SparseCategoricalCrossentropy with the mask
// gives the same mean but for its epsilon (2.65628791).
TEST_CASE("a label for each position: PyTorch's ignore_index, over all positions of the batch that count") {
  const std::vector<double> logits = {6.123,  -7.667, 1.254,  -1.703, -1.358, -0.647, -6.06,  -0.696, -2.596, 9.969,  0.677, -1.058,
                                      -0.844, -2.004, -3.165, -1.172, 1.446,  -0.716, 2.873,  -0.599, 0.073,  4.637,  1.635, -1.516,
                                      -0.549, 1.622,  5.805,  -0.809, -0.731, 3.007,  -2.659, -0.875, 2.648,  1.741,  0.275, 2.01,
                                      -8.484, 3.064,  -2.879, -5.006, 0.829,  2.102,  -1.334, -3.229, 0.078,  -0.158, 4.217, 2.242,
                                      0.581,  3.335,  -0.617, -2.778, 1.752,  1.748,  -0.644, -2.348, 0.687,  -7.482, 2.07,  1.474};
  const std::vector<std::int32_t> labels = {0, 2, 0, 2,        0,        1,        2,        kNoLabel, kNoLabel, kNoLabel,
                                            0, 2, 1, kNoLabel, kNoLabel, kNoLabel, kNoLabel, kNoLabel, kNoLabel, kNoLabel};
  const ConstView<double> z(logits.data(), 4, 15);
  nn::Targets<double> targets{.labels = labels.data(), .positions = 5};
  std::vector<double> gradient(60, 7.0);
  CHECK(nn::loss_and_gradient<double>(nn::LossKind::kSoftmaxCrossEntropy, z, targets, {gradient.data(), 4, 15}) ==
        doctest::Approx(2.656288049914838).epsilon(1e-14));
  const std::vector<double> of_sixth = {0.00614023186707276, -0.015827984812292927, 0.009687752945220162};
  for (std::size_t c = 0; c < 3; ++c) CHECK(gradient[15 + c] == doctest::Approx(of_sixth[c]).epsilon(1e-13));
  for (std::size_t i = 0; i < 60; ++i) CHECK((gradient[i] == 0.0) == (labels[i / 3] == kNoLabel));
  CHECK(targets.counted(4) == 10);
  CHECK(targets.slice(1, 1).counted(1) == 2);
  CHECK(nn::count_correct<double>(nn::LossKind::kSoftmaxCrossEntropy, z, labels.data(), 5) == 6);

  targets.smoothing = 0.1;
  CHECK(nn::loss_and_gradient<double>(nn::LossKind::kSoftmaxCrossEntropy, z, targets, {gradient.data(), 4, 15}) ==
        doctest::Approx(2.714198049914838).epsilon(1e-14));
  CHECK(gradient[0] == doctest::Approx(0.005904316261581589).epsilon(1e-13));

  targets.smoothing = 0.0;
  std::vector<double> weights;
  for (const std::int32_t label : labels) weights.push_back(label == 1 ? 0.5 : label == 2 ? 2.0 : 1.0);
  targets.weights = weights.data();  // Keras's sample_weight: the sum of weight * loss by the number of positions that count
  CHECK(nn::loss_and_gradient<double>(nn::LossKind::kSoftmaxCrossEntropy, z, targets, {}) ==
        doctest::Approx(4.166259556332234).epsilon(1e-14));
}

TEST_CASE("a batch of which no position counts has a loss and gradients of 0") {
  const std::vector<std::int32_t> labels(4, kNoLabel);
  const Problem3 problem = random_problem(2);
  std::vector<double> gradient(8, 7.0);
  const nn::Targets<double> targets{.labels = labels.data(), .positions = 2};
  CHECK(nn::loss_and_gradient<double>(nn::LossKind::kBinaryCrossEntropy, {problem.logits.data(), 2, 2}, targets, {gradient.data(), 2, 2}) ==
        0.0);
  for (std::size_t i = 0; i < 4; ++i) CHECK(gradient[i] == 0.0);
}

TEST_CASE("values by hand") {
  const std::vector<double> z = {1.0, 3.0};
  const std::vector<double> t = {0.0, 1.0};
  CHECK(nn::loss_and_gradient<double>(nn::LossKind::kMse, {z.data(), 2, 1}, {nullptr, {t.data(), 2, 1}}, {}) == 2.5);
  const std::int32_t label = 1;
  CHECK(nn::loss_and_gradient<double>(nn::LossKind::kSoftmaxCrossEntropy, {z.data(), 1, 2}, {&label, {}}, {}) ==
        doctest::Approx(std::log(1 + std::exp(-2.0))).epsilon(1e-14));
}

TEST_CASE("extreme logits neither overflow nor lose their small losses") {
  const std::vector<float> z = {800.0F, -800.0F, 0.0F};
  for (const auto& [label, expected] : {std::pair{0, 0.0}, {1, 1600.0}, {2, 800.0}}) {
    const std::int32_t labels = label;
    std::vector<float> gradient(3);
    CHECK(nn::loss_and_gradient<float>(nn::LossKind::kSoftmaxCrossEntropy, {z.data(), 1, 3}, {&labels, {}}, {gradient.data(), 1, 3}) ==
          expected);
    for (const float g : gradient) CHECK(std::isfinite(g));
  }
  const std::vector<double> sure = {40.0};
  const std::int32_t one = 1;
  std::vector<double> gradient(1);
  CHECK(nn::loss_and_gradient<double>(nn::LossKind::kBinaryCrossEntropy, {sure.data(), 1, 1}, {&one, {}}, {gradient.data(), 1, 1}) ==
        doctest::Approx(std::exp(-40.0)).epsilon(1e-12));
  CHECK(gradient[0] == doctest::Approx(-std::exp(-40.0)).epsilon(1e-12));
  const std::vector<double> nearly_sure = {50.0, 0.0};
  const std::int32_t zero = 0;
  CHECK(nn::loss_and_gradient<double>(nn::LossKind::kSoftmaxCrossEntropy, {nearly_sure.data(), 1, 2}, {&zero, {}}, {}) ==
        doctest::Approx(std::exp(-50.0)).epsilon(1e-12));
}

TEST_CASE("a NaN or an infinity in a logit shows in the loss and is no right answer") {
  const double nan = std::nan("");
  const std::vector<double> z = {nan, nan, 0.0, 1.0};
  const std::vector<std::int32_t> labels = {0, 1};
  CHECK(std::isnan(nn::loss_and_gradient<double>(nn::LossKind::kSoftmaxCrossEntropy, {z.data(), 2, 2}, {labels.data(), {}}, {})));
  CHECK(nn::count_correct<double>(nn::LossKind::kSoftmaxCrossEntropy, {z.data(), 2, 2}, labels.data()) == 1);
}

TEST_CASE("predictions: the first of equals; what one output stands for depends on the loss") {
  const std::vector<double> z = {2.0, 2.0, 1.0};
  CHECK(nn::predicted_class(nn::LossKind::kSoftmaxCrossEntropy, z.data(), 3) == 0);
  CHECK(nn::predicted_class(nn::LossKind::kMse, z.data(), 3) == 0);
  const auto of_one = [](nn::LossKind loss, double output) { return nn::predicted_class(loss, &output, 1); };
  CHECK(of_one(nn::LossKind::kBinaryCrossEntropy, 0.1) == 1);
  CHECK(of_one(nn::LossKind::kBinaryCrossEntropy, 0.0) == 0);
  CHECK(of_one(nn::LossKind::kMse, 0.6) == 1);  // its targets are the numbers 0 and 1
  CHECK(of_one(nn::LossKind::kMse, 0.4) == 0);
  CHECK(of_one(nn::LossKind::kSoftmaxCrossEntropy, 3.0) == 0);  // there is no other class
}

TEST_CASE("one class by one output: every row is right") {
  const std::vector<double> z = {3.0, -3.0, 0.0};
  const std::vector<std::int32_t> labels = {0, 0, 0};
  CHECK(nn::count_correct<double>(nn::LossKind::kSoftmaxCrossEntropy, {z.data(), 3, 1}, labels.data()) == 3);
}

}  // namespace normrun
