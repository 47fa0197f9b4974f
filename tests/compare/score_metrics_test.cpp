#include "compare/score_metrics.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace normrun {
namespace {

Matrix<double> column(const std::vector<double>& values) {
  Matrix<double> matrix(static_cast<Index>(values.size()), 1);
  std::copy(values.begin(), values.end(), matrix.view().begin());
  return matrix;
}

double value_of(const std::vector<compare::ScoreMetric>& scores, const std::string& metric, const std::string& target = "") {
  for (const compare::ScoreMetric& score : scores) {
    if (score.metric == metric && score.target == target) return score.value;
  }
  FAIL("no " << metric << " of \"" << target << '"');
  return 0.0;
}

}  // namespace

TEST_CASE("auc counts pairs of rows, ties half; f1 is the harmonic mean of recall and precision") {
  data::Dataset<double> data;
  data.classes = 2;
  data.class_words = {"no", "yes"};
  const std::vector<std::int32_t> labels = {0, 0, 1, 1};
  const Matrix<double> logits = column({0.1, 0.4, 0.35, 0.8});
  const auto scores = compare::class_scores<double>(nn::LossKind::kBinaryCrossEntropy, logits.view(), labels,
                                                    data);  // the example of scikit-learn's roc_auc_score
  CHECK(value_of(scores, "auc") == 0.75);
  CHECK(value_of(scores, "auc", "no") == 0.75);
  CHECK(value_of(scores, "f1", "yes") == doctest::Approx(2.0 * 2.0 / (2.0 + 4.0)));  // all four are taken for yes
  CHECK(value_of(scores, "f1", "no") == 0.0);
  CHECK(value_of(compare::class_scores<double>(nn::LossKind::kBinaryCrossEntropy, column({1, 1, 1, 1}).view(), labels, data), "auc") ==
        0.5);
}

TEST_CASE("auc of several classes ranks by the probability of each, and a class without rows has none") {
  data::Dataset<double> data;
  data.classes = 3;
  Matrix<double> logits(2, 3);
  const std::vector<double> numbers = {2, 0, 0, 5, 6, 0};  // row 1 is surer of neither: its logits are larger, its shares are not
  std::copy(numbers.begin(), numbers.end(), logits.view().begin());
  const std::vector<std::int32_t> labels = {0, 1};
  const auto scores = compare::class_scores<double>(nn::LossKind::kSoftmaxCrossEntropy, logits.view(), labels, data);
  CHECK(value_of(scores, "auc", "0") == 1.0);
  CHECK(value_of(scores, "auc", "1") == 1.0);
  CHECK(std::isnan(value_of(scores, "auc", "2")));
  CHECK(value_of(scores, "auc") == 1.0);
}

TEST_CASE("mae, rmse and r2 are those of the file's units") {
  data::Dataset<double> data;
  data.outputs = 1;
  const Matrix<double> targets = column({3, -0.5, 2, 7});
  const Matrix<double> outputs = column({2.5, 0, 2, 8});
  const auto scores = compare::number_scores<double>(outputs.view(), targets.view(), data);  // the example of scikit-learn's r2_score
  CHECK(value_of(scores, "mae") == 0.5);
  CHECK(value_of(scores, "rmse") == doctest::Approx(std::sqrt(0.375)));
  CHECK(value_of(scores, "r2") == doctest::Approx(0.9486081370449679));
  data.target_scale = {10.0};
  data.target_mean = {100.0};
  CHECK(value_of(compare::number_scores<double>(outputs.view(), targets.view(), data), "mae") == 5.0);
  CHECK(value_of(compare::number_scores<double>(outputs.view(), targets.view(), data), "r2") == doctest::Approx(0.9486081370449679));
  CHECK(std::isnan(value_of(compare::number_scores<double>(outputs.view(), column({1, 1, 1, 1}).view(), data), "r2")));
}

}  // namespace normrun
