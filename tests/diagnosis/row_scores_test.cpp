#include "diagnosis/row_scores.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "core/random.hpp"

using namespace normrun;
using namespace normrun::diagnosis;

namespace {

/// Logits of two classes whose odds are true: label 1 has the probability that they say.
struct Rows {
  explicit Rows(Index count, double scale = 1.0) : logits(count, 2) {
    RandomStream stream(7, Purpose::kData);
    for (Index r = 0; r < count; ++r) {
      const double z = 2.0 * stream.normal();
      labels.push_back(stream.uniform() < 1.0 / (1.0 + std::exp(-z)) ? 1 : 0);
      logits(r, 0) = 0.0;
      logits(r, 1) = scale * z;
    }
  }
  Matrix<double> logits;
  std::vector<std::int32_t> labels;
};

}  // namespace

TEST_CASE("one temperature takes a common scale of the logits out, fitted to other rows than it is used for") {
  const Rows rows(4000);
  const Rows sharp(4000, 5.0);
  const diagnosis::RowScorer scorer(nn::LossKind::kSoftmaxCrossEntropy, rows.labels, {}, 2);
  const diagnosis::RowScores a = scorer.score(rows.logits);
  const diagnosis::RowScores b = scorer.score(sharp.logits);
  REQUIRE(sharp.labels == rows.labels);
  CHECK(a.accuracy() == b.accuracy());
  CHECK(a.mean_loss() == doctest::Approx(b.mean_loss()).epsilon(1e-4));
  const diagnosis::Gain gain = diagnosis::gain_of(a, b, nn::LossKind::kSoftmaxCrossEntropy, diagnosis::Margins());
  CHECK(gain.p() > 0.5);
  CHECK(std::abs(gain.loss.mean) < 1e-3);
}

TEST_CASE("the loss at the right temperature is the cross-entropy") {
  const Rows rows(6000);
  const diagnosis::RowScores scores = diagnosis::RowScorer(nn::LossKind::kSoftmaxCrossEntropy, rows.labels, {}, 2).score(rows.logits);
  double loss = 0.0;
  for (Index r = 0; r < 6000; ++r) {
    const double z = rows.logits(r, 1);
    loss += std::log1p(std::exp(rows.labels[static_cast<std::size_t>(r)] == 1 ? -z : z)) / 6000.0;
  }
  CHECK(scores.mean_loss() == doctest::Approx(loss).epsilon(2e-3));
}

TEST_CASE("a wrong row among sure ones costs no more than the others make likely") {
  Matrix<double> logits(200, 2);
  std::vector<std::int32_t> labels(200, 1);
  for (Index r = 0; r < 200; ++r) logits(r, 1) = 5.0;
  labels[7] = 0;
  const diagnosis::RowScores scores = diagnosis::RowScorer(nn::LossKind::kSoftmaxCrossEntropy, labels, {}, 2).score(logits);
  CHECK(scores.accuracy() == doctest::Approx(0.995));
  // The even rows are all right: one of 100 is spread over both classes, so that a wrong row has the likelihood .005.
  CHECK(scores.loss[7] == doctest::Approx(-std::log(0.005)).epsilon(0.01));
  CHECK(scores.mean_loss() < 0.05);
}

TEST_CASE("binary cross-entropy of one logit agrees with two logits") {
  const Rows rows(2000);
  Matrix<double> single(2000, 1);
  for (Index r = 0; r < 2000; ++r) single(r, 0) = rows.logits(r, 1);
  const diagnosis::RowScores two = diagnosis::RowScorer(nn::LossKind::kSoftmaxCrossEntropy, rows.labels, {}, 2).score(rows.logits);
  const diagnosis::RowScores one = diagnosis::RowScorer(nn::LossKind::kBinaryCrossEntropy, rows.labels, {}, 1).score(single);
  CHECK(one.mean_loss() == doctest::Approx(two.mean_loss()).epsilon(1e-6));
  CHECK(one.right == two.right);
}

TEST_CASE("squared errors are told as shares of the targets' variance") {
  Matrix<double> outputs(4, 1);
  const std::vector<double> targets = {0.0, 2.0, 0.0, 2.0};  // variance 1
  for (Index r = 0; r < 4; ++r) outputs(r, 0) = 1.0;
  const diagnosis::RowScorer scorer(nn::LossKind::kMse, {}, targets, 1);
  CHECK(scorer.score(outputs).mean_loss() == doctest::Approx(1.0));
  CHECK_FALSE(scorer.score(outputs).has_accuracy());
  CHECK(scorer.is_judgeable());
  CHECK_FALSE(diagnosis::RowScorer(nn::LossKind::kMse, {}, {3.0, 3.0, 3.0}, 1).is_judgeable());
}

TEST_CASE("a gain counts beyond its margin, and not where the other score falls") {
  diagnosis::RowScores better;
  diagnosis::RowScores worse;
  for (int i = 0; i < 1000; ++i) {
    better.loss.push_back(0.5 + 0.01 * (i % 2));
    worse.loss.push_back(0.6);
    better.right.push_back(i % 10 < 8 ? 1.0 : 0.0);
    worse.right.push_back(i % 10 < 8 ? 1.0 : 0.0);
  }
  CHECK(diagnosis::gain_of(better, worse, nn::LossKind::kSoftmaxCrossEntropy, diagnosis::Margins()).is_beyond(0.002));
  for (double& loss : worse.loss) loss = 0.52;
  CHECK_FALSE(diagnosis::gain_of(better, worse, nn::LossKind::kSoftmaxCrossEntropy, diagnosis::Margins()).is_beyond(0.002));
  for (double& loss : worse.loss) loss = 0.6;
  for (int i = 0; i < 10; ++i) better.right[static_cast<std::size_t>(10 * i)] = 0.0;
  CHECK_FALSE(diagnosis::gain_of(better, worse, nn::LossKind::kSoftmaxCrossEntropy, diagnosis::Margins()).is_beyond(0.002));
}

TEST_CASE("labels for each position: a row's scores are means over its positions, so that a test counts rows") {
  const Rows steps(3000);
  std::vector<std::int32_t> labels = steps.labels;
  for (std::size_t i = 0; i < labels.size(); i += 3) labels[i] = kNoLabel;
  labels[4] = kNoLabel;
  Matrix<double> logits(1000, 6);
  std::copy(steps.logits.view().begin(), steps.logits.view().end(), logits.view().begin());
  const diagnosis::RowScorer scorer(nn::LossKind::kSoftmaxCrossEntropy, labels, {}, 6, 3);
  CHECK(scorer.rows() == 1000);
  const diagnosis::RowScores scores = scorer.score(logits);
  REQUIRE(scores.loss.size() == 1000);
  const auto loss_at = [&](std::size_t i) {
    const double z = steps.logits(static_cast<Index>(i), 1);
    return std::log1p(std::exp(labels[i] == 1 ? -z : z));
  };
  const auto right_at = [&](std::size_t i) { return (steps.logits(static_cast<Index>(i), 1) > 0.0) == (labels[i] == 1) ? 1.0 : 0.0; };
  CHECK(scores.loss[1] == doctest::Approx(loss_at(5)).epsilon(0.1));
  CHECK(scores.right[1] == right_at(5));
  for (std::size_t r = 2; r < 1000; ++r) CHECK(scores.right[r] == 0.5 * (right_at(3 * r + 1) + right_at(3 * r + 2)));
  double mean = 0.0;
  for (std::size_t r = 2; r < 1000; ++r) mean += 0.5 * (loss_at(3 * r + 1) + loss_at(3 * r + 2)) / 998.0;
  double found = 0.0;
  for (std::size_t r = 2; r < 1000; ++r) found += scores.loss[r] / 998.0;
  CHECK(found == doctest::Approx(mean).epsilon(0.01));
}

TEST_CASE("labels for each position: a gain of one position in ten is seen, and its error is that of the rows") {
  // In every row, the second way has one position more of ten right: the same one difference a row, so the error is 0 and not that of 1000
  // positions.
  std::vector<std::int32_t> labels(1000, 1);
  Matrix<double> all(100, 20);
  for (Index i = 0; i < 1000; ++i) all.view().data[2 * i + 1] = 1.0;
  Matrix<double> worse = all;
  for (Index r = 0; r < 100; ++r) worse(r, 0) = 2.0;
  const diagnosis::RowScorer scorer(nn::LossKind::kSoftmaxCrossEntropy, labels, {}, 20, 10);
  const diagnosis::Gain gain = diagnosis::gain_of(scorer.score(all), scorer.score(worse), nn::LossKind::kSoftmaxCrossEntropy, {});
  CHECK(gain.accuracy.n == 100);
  CHECK(gain.accuracy.mean == doctest::Approx(0.1));
  CHECK(gain.mcnemar < 1e-20);
  CHECK(gain.is_beyond(0.002));
}
