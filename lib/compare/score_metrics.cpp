#include "compare/score_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/elementary.hpp"
#include "nn/losses.hpp"

namespace normrun::compare {
namespace {

constexpr double kNoScore = std::numeric_limits<double>::quiet_NaN();

double mean_score(const std::vector<double>& values) {
  double sum = 0.0;
  double count = 0.0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    count += 1.0;
  }
  return count > 0.0 ? sum / count : kNoScore;
}

/// Returns how surely each row belongs to the class: its logit minus the log of the sum of all exponentials, which ranks the rows as their
/// probabilities do.
template <class T>
std::vector<double> class_evidence(ConstView<T> logits, Index of_class) {
  std::vector<double> evidence(static_cast<std::size_t>(logits.rows));
  for (Index r = 0; r < logits.rows; ++r) {
    const T* const row = logits.row(r);
    double& value = evidence[static_cast<std::size_t>(r)];
    if (logits.cols == 1) {
      value = of_class == 1 ? static_cast<double>(row[0]) : -static_cast<double>(row[0]);
      continue;
    }
    const double highest = static_cast<double>(*std::max_element(row, row + logits.cols));
    double sum = 0.0;
    for (Index j = 0; j < logits.cols; ++j) sum += math::exp(static_cast<double>(row[j]) - highest);
    value = static_cast<double>(row[of_class]) - highest - math::log(sum);
  }
  return evidence;
}

/// Takes all pairs of a row of the class and a row of another class, and returns the share of pairs in which the first has more evidence
/// (Mann and Whitney 1947).
double area_under_curve(const std::vector<double>& evidence, std::span<const std::int32_t> labels, Index of_class) {
  std::vector<std::size_t> order(evidence.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (std::any_of(evidence.begin(), evidence.end(), [](double value) { return std::isnan(value); })) return kNoScore;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return evidence[a] < evidence[b]; });
  double below = 0.0;  // rows of other classes with less evidence
  double pairs = 0.0;
  double own = 0.0;
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first;
    double own_here = 0.0;
    for (; end < order.size() && evidence[order[end]] == evidence[order[first]]; ++end)
      own_here += labels[order[end]] == of_class ? 1.0 : 0.0;
    const double others_here = static_cast<double>(end - first) - own_here;
    pairs += own_here * (below + others_here / 2.0);
    below += others_here;
    own += own_here;
    first = end;
  }
  return own > 0.0 && below > 0.0 ? pairs / (own * below) : kNoScore;
}

template <class T>
std::vector<double> f1_of_classes(nn::LossKind loss, ConstView<T> logits, std::span<const std::int32_t> labels, Index classes) {
  const auto size = static_cast<std::size_t>(classes);
  std::vector<double> rows(size);
  std::vector<double> predicted(size);
  std::vector<double> right(size);
  for (Index r = 0; r < logits.rows; ++r) {
    const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(r)]);
    const auto guess = static_cast<std::size_t>(nn::predicted_class(loss, logits.row(r), logits.cols));
    rows[label] += 1.0;
    predicted[guess] += 1.0;
    right[label] += label == guess ? 1.0 : 0.0;
  }
  std::vector<double> scores(size, kNoScore);
  for (std::size_t c = 0; c < size; ++c) {
    if (rows[c] > 0.0) scores[c] = 2.0 * right[c] / (rows[c] + predicted[c]);
  }
  return scores;
}

std::string class_word(const std::vector<std::string>& words, std::size_t of_class) {
  return words.empty() ? std::to_string(of_class) : words[of_class];
}

}  // namespace

template <class T>
std::vector<ScoreMetric> class_scores(nn::LossKind loss, ConstView<T> logits, std::span<const std::int32_t> labels,
                                      const data::Dataset<T>& data) {
  std::vector<double> areas;
  for (Index c = 0; c < data.classes; ++c) areas.push_back(area_under_curve(class_evidence(logits, c), labels, c));
  const std::vector<double> f1 = f1_of_classes(loss, logits, labels, data.classes);
  std::vector<ScoreMetric> scores = {{"auc", "", data.classes == 2 ? areas[1] : mean_score(areas)}, {"f1", "", mean_score(f1)}};
  for (std::size_t c = 0; c < areas.size(); ++c) {
    scores.push_back({"auc", class_word(data.class_words, c), areas[c]});
    scores.push_back({"f1", class_word(data.class_words, c), f1[c]});
  }
  return scores;
}

template <class T>
std::vector<ScoreMetric> number_scores(ConstView<T> outputs, ConstView<T> targets, const data::Dataset<T>& data) {
  std::vector<double> absolute;
  std::vector<double> squared;
  std::vector<double> explained;
  const double rows = static_cast<double>(targets.rows);
  for (Index j = 0; j < targets.cols; ++j) {
    const double scale = data.target_scale.empty() ? 1.0 : data.target_scale[static_cast<std::size_t>(j)];
    double mean = 0.0;
    for (Index r = 0; r < targets.rows; ++r) mean += static_cast<double>(targets(r, j)) / rows;
    double errors = 0.0;
    double squares = 0.0;
    double deviations = 0.0;
    for (Index r = 0; r < targets.rows; ++r) {
      const double target = static_cast<double>(targets(r, j));
      const double error = static_cast<double>(outputs(r, j)) - target;
      errors += std::abs(error);
      squares += error * error;
      deviations += (target - mean) * (target - mean);
    }
    absolute.push_back(scale * errors / rows);
    squared.push_back(scale * scale * squares / rows);
    explained.push_back(deviations > 0.0 ? 1.0 - squares / deviations : kNoScore);
  }
  std::vector<ScoreMetric> scores = {
      {"mae", "", mean_score(absolute)}, {"rmse", "", std::sqrt(mean_score(squared))}, {"r2", "", mean_score(explained)}};
  for (std::size_t j = 0; j < absolute.size() && absolute.size() > 1; ++j) {
    const bool has_name = j < data.target_names.size() && !data.target_names[j].empty();
    const std::string name = has_name ? data.target_names[j] : std::to_string(j);
    scores.push_back({"mae", name, absolute[j]});
    scores.push_back({"rmse", name, std::sqrt(squared[j])});
    scores.push_back({"r2", name, explained[j]});
  }
  return scores;
}

template std::vector<ScoreMetric> class_scores(nn::LossKind, ConstView<float>, std::span<const std::int32_t>, const data::Dataset<float>&);
template std::vector<ScoreMetric> class_scores(nn::LossKind, ConstView<double>, std::span<const std::int32_t>,
                                               const data::Dataset<double>&);
template std::vector<ScoreMetric> number_scores(ConstView<float>, ConstView<float>, const data::Dataset<float>&);
template std::vector<ScoreMetric> number_scores(ConstView<double>, ConstView<double>, const data::Dataset<double>&);

}  // namespace normrun::compare
