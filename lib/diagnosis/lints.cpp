#include "diagnosis/lints.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "diagnosis/remedies.hpp"

namespace normrun::diagnosis {
namespace {

double median(std::vector<double> values) {
  if (values.empty()) return 0.0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Finding lint(Cause cause, double effect, const std::string& layer = "", const std::string& channels = "") {
  return {"lint", cause, layer, channels, effect, effect, effect, 1.0, "", 0};
}

std::string joined(const std::vector<Index>& numbers) {
  std::string text;
  for (const Index number : numbers) text += (text.empty() ? "" : " ") + std::to_string(number);
  return text;
}

template <class T>
const nn::Normalization& norm_of(const Evidence<T>& evidence, std::size_t layer) {
  return evidence.subject.layout().normalizations[static_cast<std::size_t>(evidence.sound[layer].normalization)];
}

/// Training rows whose inputs are far from all others': at most a tenth of them, in the usual distance from the mean 25 times the median's.
template <class T>
std::vector<Index> rows_without_outliers(const Subject<T>& subject) {
  const data::Split<T>& train = subject.split(data::SplitName::kTrain);
  constexpr Index kMostNumbers = Index{1} << 24;
  const Index columns = train.features.cols();
  if (train.samples() < 20 || train.features.view().size() > kMostNumbers) return {};
  std::vector<double> distances(static_cast<std::size_t>(train.samples()), 0.0);
  for (Index c = 0; c < columns; ++c) {
    std::vector<double> column(static_cast<std::size_t>(train.samples()));
    for (Index r = 0; r < train.samples(); ++r) column[static_cast<std::size_t>(r)] = static_cast<double>(train.features(r, c));
    const double middle = median(column);
    for (double& value : column) value = std::abs(value - middle);
    const double spread = median(column);
    if (!(spread > 0.0)) continue;
    for (std::size_t r = 0; r < column.size(); ++r) distances[r] += column[r] * column[r] / (spread * spread);
  }
  constexpr double kFar = 25.0;
  const double usual = median(distances);
  std::vector<Index> near;
  for (std::size_t r = 0; r < distances.size(); ++r)
    if (distances[r] <= kFar * usual) near.push_back(static_cast<Index>(r));
  const bool are_few = 10 * (distances.size() - near.size()) <= distances.size();
  return usual > 0.0 && are_few && near.size() < distances.size() ? near : std::vector<Index>();
}

template <class T>
class Interventions {
 public:
  Interventions(const Evidence<T>& evidence, const RowScores& eval)
      : evidence_(evidence), best_(evidence.whole.size() > 0.0 ? evidence.sound_score : eval) {}

  void add_line(const Matrix<T>& logits) {
    const nn::Network<T>& network = subject().network();
    const auto& norms = subject().layout().normalizations;
    const bool ends_in_norm = !norms.empty() && norms.back().layer + 1 == network.output_boundary();
    const RowScorer& scorer = evidence_.judged.scorer();
    if (!ends_in_norm || subject().plan.loss != nn::LossKind::kMse || !scorer.labels().empty()) return;
    const Gain gain = gain_over(scorer.score(on_lines(logits)));
    if (gain.is_beyond(subject().margins.level)) list.push_back({Cause::kNormOnOutput, gain, norms.back().name, {}});
  }

  void add_outliers() {
    const std::vector<Index> near = rows_without_outliers(subject());
    if (near.empty()) return;
    const Gain gain = gain_over(evidence_.judged.eval_score(population_of_rows(subject(), data::SplitName::kTrain, near)));
    if (gain.is_beyond(subject().margins.level)) list.push_back({Cause::kOutliers, gain, "", {}});
  }

  void add_dead_channels() {
    for (std::size_t i = 0; i < evidence_.sound.size(); ++i) {
      StatisticsList usual = evidence_.sound;
      const std::vector<Index> channels = give_usual_variance(usual[i]);
      if (channels.empty()) continue;
      const Gain gain = gain_over(evidence_.judged.eval_score(usual));
      if (!gain.is_beyond(subject().margins.level)) continue;
      list.push_back({Cause::kDeadChannels, gain, norm_of(evidence_, i).layer == 0 ? "input" : norm_of(evidence_, i).name, channels});
    }
  }

  std::vector<Intervention> list;

 private:
  const Subject<T>& subject() const { return evidence_.subject; }
  Gain gain_over(const RowScores& scores) const { return gain_of(scores, best_, subject().plan.loss, subject().margins); }

  /// Each output as a line fitted to the other half of the rows.
  Matrix<T> on_lines(const Matrix<T>& logits) const {
    Matrix<T> result = logits;
    const RowScorer& scorer = evidence_.judged.scorer();
    const Index half = logits.rows() / 2;
    for (Index j = 0; j < logits.cols(); ++j) {
      for (const auto& [fit, use] :
           {std::pair(Part{0, half}, Part{half, logits.rows() - half}), std::pair(Part{half, logits.rows() - half}, Part{0, half})}) {
        double x = 0.0;
        double y = 0.0;
        for (Index r = fit.first; r < fit.first + fit.count; ++r) {
          x += static_cast<double>(logits(r, j));
          y += scorer.target_of(r, j);
        }
        x /= static_cast<double>(std::max<Index>(fit.count, 1));
        y /= static_cast<double>(std::max<Index>(fit.count, 1));
        double xx = 0.0;
        double xy = 0.0;
        for (Index r = fit.first; r < fit.first + fit.count; ++r) {
          const double dx = static_cast<double>(logits(r, j)) - x;
          xx += dx * dx;
          xy += dx * (scorer.target_of(r, j) - y);
        }
        const double slope = xx > 0.0 ? xy / xx : 0.0;
        for (Index r = use.first; r < use.first + use.count; ++r)
          result(r, j) = static_cast<T>(y + slope * (static_cast<double>(logits(r, j)) - x));
      }
    }
    return result;
  }

  /// The median variance where a channel has less than a hundredth of it; which channels these are.
  static std::vector<Index> give_usual_variance(statistics::LayerStatistics& layer) {
    constexpr double kHardly = 0.01;
    const double usual = median(layer.variance);
    std::vector<Index> channels;
    for (std::size_t c = 0; c < layer.variance.size(); ++c) {
      if (!(layer.variance[c] < kHardly * usual)) continue;
      layer.variance[c] = usual;
      channels.push_back(static_cast<Index>(c));
    }
    return channels;
  }

  const Evidence<T>& evidence_;
  const RowScores& best_;
};

}  // namespace

template <class T>
std::vector<Intervention> interventions(const Evidence<T>& evidence, const RowScores& eval, const Matrix<T>& eval_logits, bool is_shifted) {
  Interventions<T> tried(evidence, eval);
  tried.add_line(eval_logits);
  tried.add_outliers();
  if (is_shifted) tried.add_dead_channels();
  return std::move(tried.list);
}

template <class T>
std::vector<Finding> lints(const Evidence<T>& evidence, const Matrix<T>& eval_logits) {
  std::vector<Finding> list;
  const Subject<T>& subject = evidence.subject;
  if (subject.steps > 0 && rows_of_odd_batch(subject) == 1 && rows_of_norm_batch(*subject.plan.options) > 1)
    list.push_back(lint(Cause::kLastBatch, 1.0));
  for (std::size_t i = 0; i < evidence.sound.size(); ++i) {
    std::vector<Index> dead;
    for (std::size_t c = 0; c < evidence.sound[i].variance.size() && dead.size() < 20; ++c)
      if (!(evidence.sound[i].variance[c] > 0.0)) dead.push_back(static_cast<Index>(c));
    const nn::Normalization& norm = norm_of(evidence, i);
    if (!dead.empty())
      list.push_back(lint(Cause::kDeadChannels, static_cast<double>(dead.size()), norm.layer == 0 ? "input" : norm.name, joined(dead)));
    const Index positions = statistics::boundary_size(subject.network(), norm.layer) / std::max<Index>(norm.features / norm.steps, 1);
    if (subject.steps > 0 && rows_of_norm_batch(*subject.plan.options) * positions == 1)
      list.push_back(lint(Cause::kBatchOfOne, 1.0, norm.name));
  }
  const std::span<const std::int32_t> labels = evidence.judged.scorer().labels();
  if (labels.empty()) return list;
  std::map<std::int32_t, double> predicted;
  std::map<std::int32_t, double> real;
  for (Index r = 0; r < eval_logits.rows(); ++r) {
    predicted[nn::predicted_class(subject.plan.loss, eval_logits.view().row(r), eval_logits.cols())] += 1.0;
    real[labels[static_cast<std::size_t>(r)]] += 1.0;
  }
  constexpr double kNearlyAll = 0.95;
  constexpr double kClearlyFewer = 0.8;
  const double rows = static_cast<double>(eval_logits.rows());
  for (const auto& [label, count] : predicted)
    if (count >= kNearlyAll * rows && real[label] <= kClearlyFewer * rows)
      list.push_back(lint(Cause::kOneClass, count / rows, "", std::to_string(label)));
  return list;
}

template std::vector<Finding> lints(const Evidence<float>&, const Matrix<float>&);
template std::vector<Finding> lints(const Evidence<double>&, const Matrix<double>&);
template std::vector<Intervention> interventions(const Evidence<float>&, const RowScores&, const Matrix<float>&, bool);
template std::vector<Intervention> interventions(const Evidence<double>&, const RowScores&, const Matrix<double>&, bool);

}  // namespace normrun::diagnosis
