#include "diagnosis/lints.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/median.hpp"
#include "diagnosis/places.hpp"
#include "diagnosis/remedies.hpp"
#include "diagnosis/statistics_algebra.hpp"
#include "statistics/layer_input.hpp"

namespace normrun::diagnosis {
namespace {

Finding lint(Cause cause, double effect, const std::string& layer = "", const std::string& channels = "") {
  return {"lint", cause, layer, channels, effect, effect, effect, 1.0, "", 0};
}

template <class T>
const nn::Normalization& norm_of(const Evidence<T>& evidence, std::size_t layer) {
  return evidence.subject.layout().normalizations[static_cast<std::size_t>(evidence.sound[layer].normalization)];
}

/// A column's median, and the range of its middle four fifths (0 if these hold a single value).
struct ColumnScale {
  double middle = 0.0;
  double range = 0.0;
};
ColumnScale scale_of(std::vector<double>& values) {
  const auto at = [&](std::size_t place) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(place), values.end());
    return values[place];
  };
  const std::size_t tenth = values.size() / 10;
  return {at(values.size() / 2), at(values.size() - 1 - tenth) - at(tenth)};
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
    if (!ends_in_norm || !nn::compares_numbers(subject().plan.loss) || !scorer.labels().empty()) return;
    const Gain gain = gain_over(scorer.score(on_lines(logits)));
    if (gain.is_beyond(subject().margins.level)) list.push_back({Cause::kNormOnOutput, gain, norms.back().name, {}});
  }

  void add_outliers(const FarRows& rows) {
    if (rows.far.empty()) return;
    const Gain gain = gain_over(evidence_.judged.eval_score(rows.statistics_of_near));
    if (gain.is_beyond(subject().margins.level)) list.push_back({Cause::kOutliers, gain, "", {}});
  }

  void add_dead_channels() {
    for (std::size_t i = 0; i < evidence_.sound.size(); ++i) {
      StatisticsList usual = evidence_.sound;
      const std::vector<Index> channels = give_usual_variance(usual[i]);
      if (channels.empty()) continue;
      const Gain gain = gain_over(evidence_.judged.eval_score(usual));
      if (!gain.is_beyond(subject().margins.level)) continue;
      list.push_back({Cause::kDeadChannels, gain, norm_of(evidence_, i).input == 0 ? "input" : norm_of(evidence_, i).name, channels});
    }
  }

  std::vector<Intervention> list;

 private:
  const Subject<T>& subject() const { return evidence_.subject; }
  Gain gain_over(const RowScores& scores) const { return gain_of(scores, best_, subject().plan.loss, subject().margins); }

  /// Returns each output after a linear fit to the targets, for each half of the rows by the line that is fitted to the other half.
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

  const Evidence<T>& evidence_;
  const RowScores& best_;
};

/// Returns whether the statistics of some layer differ clearly: by as much as if all its variances changed by a third.
template <class T>
bool moves_a_layer(const Subject<T>& subject, const StatisticsList& from, const StatisticsList& to) {
  constexpr double kClearly = 0.04;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const nn::Normalization& norm = subject.layout().normalizations[static_cast<std::size_t>(from[i].normalization)];
    if (layer_distance(to[i], from[i], from[i], norm.epsilon) > kClearly) return true;
  }
  return false;
}

}  // namespace

template <class T>
FarRows far_rows(const Subject<T>& subject, const StatisticsList& sound) {
  constexpr Index kFewest = 20;
  constexpr Index kMostNumbers = Index{1} << 24;
  constexpr Index kScaledBy = 512;  // about so many rows give the scales of the columns
  const data::Split<T>& train = subject.split(data::SplitName::kTrain);
  const ConstView<T> x = train.features.view();
  if (train.samples() < kFewest || !train.lengths.empty() || x.size() > kMostNumbers) return {};
  const Index stride = (x.rows + kScaledBy - 1) / kScaledBy;
  std::vector<double> distances(static_cast<std::size_t>(x.rows), 0.0);
  std::vector<double> values;
  for (Index c = 0; c < x.cols; ++c) {
    values.clear();
    for (Index r = 0; r < x.rows; r += stride) values.push_back(static_cast<double>(x(r, c)));
    const ColumnScale scale = scale_of(values);
    if (!(scale.range > 0.0)) continue;
    for (Index r = 0; r < x.rows; ++r) {
      const double distance = (static_cast<double>(x(r, c)) - scale.middle) / scale.range;
      distances[static_cast<std::size_t>(r)] += distance * distance;
    }
  }
  constexpr double kFar = 25.0;
  const double usual = upper_median(distances);
  FarRows rows;
  for (std::size_t r = 0; r < distances.size(); ++r) (distances[r] <= kFar * usual ? rows.near : rows.far).push_back(static_cast<Index>(r));
  const bool are_few = 10 * rows.far.size() <= distances.size();
  if (!(usual > 0.0) || !are_few || rows.far.empty()) return {};
  rows.statistics_of_near = population_of_rows(subject, data::SplitName::kTrain, rows.near);
  return moves_a_layer(subject, sound, rows.statistics_of_near) ? rows : FarRows();
}

template <class T>
std::vector<Intervention> interventions(const Evidence<T>& evidence, const RowScores& eval, const Matrix<T>& eval_logits,
                                        const FarRows& rows, bool is_shifted) {
  Interventions<T> tried(evidence, eval);
  tried.add_line(eval_logits);
  tried.add_outliers(rows);
  if (is_shifted) tried.add_dead_channels();
  return std::move(tried.list);
}

template <class T>
std::optional<Finding> padding_lint(const Subject<T>& subject) {
  const std::vector<Index>& lengths = subject.plan.data->train.lengths;
  if (lengths.empty()) return std::nullopt;
  const double steps = static_cast<double>(subject.network().input().positions()) * static_cast<double>(lengths.size());
  const double padding = 1.0 - static_cast<double>(std::accumulate(lengths.begin(), lengths.end(), Index{0})) / steps;
  constexpr double kWorthAWord = 0.1;
  if (padding < kWorthAWord) return std::nullopt;
  for (const nn::Normalization& norm : subject.layout().normalizations) {
    if (norm.padded_steps != nn::PaddedSteps::kLeftOut) return lint(Cause::kCountedPadding, padding, norm.name);
  }
  return std::nullopt;
}

template <class T>
std::vector<Finding> lints(const Evidence<T>& evidence, const Matrix<T>& eval_logits, const FarRows& rows) {
  std::vector<Finding> list;
  const Subject<T>& subject = evidence.subject;
  if (subject.steps > 0 && rows_of_odd_batch(subject) == 1 && rows_of_statistics(*subject.plan.options, subject.layout()) > 1)
    list.push_back(lint(Cause::kLastBatch, 1.0));
  constexpr std::size_t kMostNamed = 20;
  for (std::size_t i = 0; i < evidence.sound.size(); ++i) {
    std::vector<Index> dead;
    Index count = 0;
    for (std::size_t c = 0; c < evidence.sound[i].variance.size(); ++c) {
      if (evidence.sound[i].variance[c] > 0.0) continue;
      ++count;
      if (dead.size() < kMostNamed) dead.push_back(static_cast<Index>(c));
    }
    const nn::Normalization& norm = norm_of(evidence, i);
    const std::string place = norm.input == 0 ? "input" : norm.name;
    // Inside a layer, channels are units at a step, and the first step of a recurrent norm reads nothing but zeros.
    if (count > 0 && !norm.kept)
      list.push_back(lint(Cause::kDeadChannels, static_cast<double>(count), place, channels_text(subject, place, dead)));
    const Index positions = statistics::positions_of(subject.network(), norm);
    if (subject.steps > 0 && rows_of_statistics(*subject.plan.options, norm) * positions == 1)
      list.push_back(lint(Cause::kBatchOfOne, 1.0, norm.name));
  }
  if (std::vector<Index> far = rows.far; !far.empty()) {
    const double count = static_cast<double>(far.size());
    if (far.size() > kMostNamed) far.resize(kMostNamed);
    list.push_back(lint(Cause::kOutliers, count, "rows", channels_text(subject, "rows", far)));
  }
  if (std::optional<Finding> padding = padding_lint(subject)) list.push_back(std::move(*padding));
  const RowScorer& scorer = evidence.judged.scorer();
  const std::span<const std::int32_t> labels = scorer.labels();
  if (labels.empty()) return list;
  std::map<std::int32_t, double> predicted;
  std::map<std::int32_t, double> real;
  const ConstView<T> each = nn::by_position<T>(eval_logits.view(), scorer.positions());
  double count_of_all = 0.0;
  for (Index r = 0; r < each.rows; ++r) {
    const std::int32_t label = labels[static_cast<std::size_t>(r)];
    if (label == kNoLabel) continue;
    predicted[nn::predicted_class(subject.plan.loss, each.row(r), each.cols)] += 1.0;
    real[label] += 1.0;
    count_of_all += 1.0;
  }
  constexpr double kNearlyAll = 0.95;
  constexpr double kClearlyFewer = 0.8;
  for (const auto& [label, count] : predicted)
    if (count >= kNearlyAll * count_of_all && real[label] <= kClearlyFewer * count_of_all)
      list.push_back(lint(Cause::kOneClass, count / count_of_all, "", std::to_string(label)));
  return list;
}

template std::optional<Finding> padding_lint(const Subject<float>&);
template std::optional<Finding> padding_lint(const Subject<double>&);
template FarRows far_rows(const Subject<float>&, const StatisticsList&);
template std::vector<Finding> lints(const Evidence<float>&, const Matrix<float>&, const FarRows&);
template FarRows far_rows(const Subject<double>&, const StatisticsList&);
template std::vector<Finding> lints(const Evidence<double>&, const Matrix<double>&, const FarRows&);
template std::vector<Intervention> interventions(const Evidence<float>&, const RowScores&, const Matrix<float>&, const FarRows&, bool);
template std::vector<Intervention> interventions(const Evidence<double>&, const RowScores&, const Matrix<double>&, const FarRows&, bool);

}  // namespace normrun::diagnosis
