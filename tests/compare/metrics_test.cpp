#include "compare/metrics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace normrun;

namespace {

template <class T>
ConstView<T> view(const std::vector<T>& values, Index rows) {
  return {values.data(), rows, static_cast<Index>(values.size()) / rows};
}

}  // namespace

TEST_CASE("gap metrics of a small example, by hand") {
  const std::vector<double> a = {1.0, 2.0, 3.0, 4.0};
  const std::vector<double> b = {1.0, 1.0, 3.0, 7.0};
  const compare::GapMetrics gap = compare::gap_metrics(view(a, 2), view(b, 2));
  CHECK(gap.max_abs == 3.0);
  CHECK(gap.mean_abs == 1.0);
  CHECK(gap.rms == doctest::Approx(std::sqrt(10.0 / 4.0)));
  CHECK(gap.relative_gap == doctest::Approx(std::sqrt(2.5) / std::sqrt(6.0)));  // b: mean 3, squared deviations 4 4 0 16
  CHECK(gap.rel_l2 == doctest::Approx(std::sqrt(10.0) / std::sqrt(60.0)));
  CHECK(gap.cosine == doctest::Approx(40.0 / (std::sqrt(30.0) * std::sqrt(60.0))));
}

TEST_CASE("a gap that is computed part by part is that of all numbers, also far from zero") {
  for (const double far : {0.0, 1e6}) {
    const std::vector<double> a = {far + 1.0, far + 2.0, far + 3.0, far + 4.0};
    const std::vector<double> b = {far + 1.0, far + 1.0, far + 3.0, far + 7.0};
    compare::RunningGap<double> gap;
    gap.add(a.data(), b.data(), 3);
    gap.add(a.data() + 3, b.data() + 3, 1);
    CHECK(gap.relative_gap() == doctest::Approx(std::sqrt(2.5) / std::sqrt(6.0)).epsilon(1e-12));
  }
  compare::RunningGap<float> broken;
  const std::vector<float> numbers = {1.0F, std::numeric_limits<float>::infinity()};
  broken.add(numbers.data(), numbers.data(), 2);
  CHECK(std::isnan(broken.relative_gap()));
  CHECK(std::isnan(compare::RunningGap<float>().relative_gap()));
}

TEST_CASE("equal outputs have a gap of exactly zero, also where nothing varies") {
  const std::vector<float> constant = {2.0F, 2.0F};
  const compare::GapMetrics same = compare::gap_metrics(view(constant, 2), view(constant, 2));
  CHECK(same.max_abs == 0.0);
  CHECK(same.relative_gap == 0.0);
  const std::vector<float> other = {3.0F, 3.0F};
  CHECK(std::isnan(compare::gap_metrics(view(other, 2), view(constant, 2)).relative_gap));
}

TEST_CASE("a NaN output is never hidden") {
  const std::vector<double> a = {std::nan(""), 1.0, 0.0};
  const std::vector<double> b = {0.0, 0.0, 0.0};
  CHECK(std::isnan(compare::gap_metrics(view(a, 3), view(b, 3)).max_abs));
}

TEST_CASE("what is not finite is compared with nothing") {
  const std::vector<double> fine = {0.0, 1.0, 2.0, 3.0};
  for (const double broken : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    const std::vector<double> other = {0.0, 1.0, broken, 3.0};
    for (const auto& [a, b] : {std::pair(fine, other), std::pair(other, fine)}) {
      const compare::GapMetrics gap = compare::gap_metrics(view(a, 2), view(b, 2));
      for (const double value : {gap.max_abs, gap.mean_abs, gap.rms, gap.relative_gap, gap.rel_l2, gap.cosine}) CHECK(std::isnan(value));
      CHECK(std::isnan(compare::mean_kl(view(a, 2), view(b, 2))));
      CHECK(std::isnan(compare::disagreement(nn::LossKind::kSoftmaxCrossEntropy, view(a, 2), view(b, 2))));
    }
  }
}

TEST_CASE_TEMPLATE("outputs that are constant but for rounding have no spread to relate a gap to", T, float, double) {
  constexpr T kEpsilon = std::numeric_limits<T>::epsilon();
  for (const T size : {T(0.1), T(7), T(1e6)}) {
    std::vector<T> constant(100'000, size);  // whose mean, a sum of doubles, is not quite its value
    const std::vector<T> other(constant.size(), T(2) * size);
    CHECK(std::isnan(compare::gap_metrics(view(other, 100), view(constant, 100)).relative_gap));
    for (std::size_t i = 0; i < constant.size(); i += 2) constant[i] = size * (T(1) + kEpsilon);
    CHECK(std::isnan(compare::gap_metrics(view(other, 100), view(constant, 100)).relative_gap));
    const T step = sizeof(T) == sizeof(float) ? T(64) : T(1 << 20);  // a sum of 100,000 doubles is off by up to 50,000 of theirs
    for (std::size_t i = 0; i < constant.size(); i += 2) constant[i] = size * (T(1) + step * kEpsilon);  // small, and genuine
    const double sd = 0.5 * static_cast<double>(step * kEpsilon * size);
    CHECK(compare::gap_metrics(view(other, 100), view(constant, 100)).relative_gap ==
          doctest::Approx(static_cast<double>(size) / sd).epsilon(0.1));
  }
}

TEST_CASE("the divergence is that of the softmaxes") {
  const std::vector<double> a = {0.0, std::log(3.0)};  // 1/4, 3/4
  const std::vector<double> b = {5.0, 5.0};            // 1/2, 1/2
  const double expected = 0.25 * std::log(0.5) + 0.75 * std::log(1.5);
  CHECK(compare::mean_kl(view(a, 1), view(b, 1)) == doctest::Approx(expected).epsilon(1e-14));
  CHECK(compare::mean_kl(view(a, 1), view(a, 1)) == 0.0);
  const std::vector<double> extreme = {1e4, -1e4};
  CHECK(compare::mean_kl(view(extreme, 1), view(b, 1)) == doctest::Approx(std::log(2.0)));
}

TEST_CASE("classes are counted by label and prediction") {
  const std::vector<float> logits = {2.0F, 1.0F, 0.0F, 3.0F, 1.0F, 1.0F};  // predicts 0, 1, 0 (first of equals)
  const std::vector<std::int32_t> labels = {0, 1, 1};
  const compare::ClassCounts counts = compare::count_classes(nn::LossKind::kSoftmaxCrossEntropy, view(logits, 3), labels, 2);
  CHECK(counts.samples == std::vector<Index>{1, 2});
  CHECK(counts.predicted == std::vector<Index>{2, 1});
  CHECK(counts.right == std::vector<Index>{1, 1});
  const std::vector<float> others = {0.0F, 1.0F, 0.0F, 3.0F, 1.0F, 1.0F};
  CHECK(compare::disagreement(nn::LossKind::kSoftmaxCrossEntropy, view(logits, 3), view(others, 3)) == doctest::Approx(1.0 / 3.0));
}
