#include "diagnosis/remedies.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "diagnosis/adapted_forward.hpp"
#include "diagnosis/statistics_algebra.hpp"
#include "statistics/layer_input.hpp"

namespace normrun::diagnosis {
namespace {

constexpr double kConfirmed = 0.01;
constexpr std::size_t kRowsToChoose = 400;

RowScores part(const RowScores& scores, std::size_t begin, std::size_t end) {
  const auto cut = [&](const std::vector<double>& values) {
    return values.empty() ? values
                          : std::vector<double>(values.begin() + static_cast<std::ptrdiff_t>(begin),
                                                values.begin() + static_cast<std::ptrdiff_t>(end));
  };
  return {cut(scores.loss), cut(scores.right)};
}

bool is_any_of(Cause cause, std::initializer_list<Cause> causes) { return std::find(causes.begin(), causes.end(), cause) != causes.end(); }

/// Returns whether a gain on all rows is worth a recommendation: more than half a margin in one score, and no harm to the other.
bool is_worth_it(const Gain& gain) {
  const bool loses = gain.accuracy.n > 0 && (gain.accuracy.mean < -0.005 || gain.loss.mean < -gain.loss_margin);
  return !loses && (gain.loss.mean > 0.5 * gain.loss_margin || (gain.accuracy.n > 0 && gain.accuracy.mean > 0.5 * gain.accuracy_margin));
}

/// Returns the stored statistics with variances by the other rule: divided by rows - 1 instead of rows, or the reverse.
template <class T>
StatisticsList other_variance(const Evidence<T>& evidence) {
  StatisticsList result = evidence.stored;
  const Subject<T>& subject = evidence.subject;
  for (statistics::LayerStatistics& layer : result) {
    const nn::Normalization& norm = subject.layout().normalizations[static_cast<std::size_t>(layer.normalization)];
    const Index positions = statistics::positions_of(subject.network(), norm);
    const double rows = static_cast<double>(rows_of_statistics(*subject.plan.options, norm) * (norm.steps > 1 ? 1 : positions));
    if (rows < 2.0) continue;
    const double factor = norm.variance_rule == nn::MovingVariance::kUnbiased ? (rows - 1.0) / rows : rows / (rows - 1.0);
    for (double& variance : layer.variance) variance *= factor;
  }
  return result;
}

template <class T>
class Candidates {
 public:
  Candidates(const Evidence<T>& evidence, const std::vector<RepairStage>& stages) : evidence_(evidence), stages_(stages) {}

  /// Carries out the remedy that has this name in remedies.csv.
  void add(const std::string& remedy) {
    using statistics::Mixing;
    if (remedy == "layer-by-layer") list.push_back({recomputed_name(evidence_), evidence_.sound_score});
    if (remedy == "batch-average") add_estimated(remedy, statistics::Estimator::kBatchAverage);
    if (remedy == "pooled") add_estimated(remedy, statistics::Estimator::kPooled);
    if (remedy == "bias-corrected") add_statistics(remedy, corrected());
    if (remedy == "momentum") add_longer_memory();
    if (remedy == "moving-variance") add_statistics(remedy, other_variance(evidence_));
    if (remedy == "usual-variance") add_statistics(remedy, usual_variance());
    if (remedy == "recomputed-on-judged") list.push_back({remedy, recomputed_on_judged(subject(), evidence_.judged)});
    if (remedy == "mixed")
      add_adapted(remedy, rows_of_norm_batch(*subject().plan.options), {.pseudo_rows = 16.0, .variance = Mixing::Variance::kLinear});
    if (remedy == "example-weighing") {
      const Index rows = rows_of_statistics(*subject().plan.options, subject().layout());
      add_adapted(remedy, 1, {.weight = 1.0 / static_cast<double>(rows), .pseudo_rows = {}, .variance = Mixing::Variance::kPooled});
    }
  }

  std::vector<Candidate> list;

 private:
  const Subject<T>& subject() const { return evidence_.subject; }

  void add_statistics(const std::string& remedy, const StatisticsList& statistics) {
    if (!are_equal(statistics, evidence_.stored)) list.push_back({remedy, evidence_.judged.eval_score(statistics)});
  }
  void add_estimated(const std::string& remedy, statistics::Estimator estimator) {
    statistics::PopulationOptions options;
    options.estimator = estimator;
    if (estimator == statistics::Estimator::kBatchAverage) options.batch_size = {.word = "train"};
    add_statistics(
        remedy, statistics::population_statistics(subject().network(), subject().model, subject().rows_of(data::SplitName::kTrain), options,
                                                  rows_of_norm_batch(*subject().plan.options)));
  }
  StatisticsList corrected() const {
    StatisticsList corrected = evidence_.stored;
    for (const statistics::LayerStatistics& layer : statistics::bias_corrected<T>(subject().layout(), subject().model.state))
      for (statistics::LayerStatistics& own : corrected)
        if (own.normalization == layer.normalization) own = layer;
    return corrected;
  }
  StatisticsList usual_variance() const {
    StatisticsList usual = evidence_.sound;
    for (statistics::LayerStatistics& layer : usual) give_usual_variance(layer);
    return usual;
  }
  void add_longer_memory() {
    for (const RepairStage& stage : stages_)
      if (stage.cause == Cause::kSamplingNoise) add_statistics("momentum", stage.statistics);
  }
  void add_adapted(const std::string& remedy, Index batch_size, const statistics::Mixing& mixing) {
    list.push_back({remedy, adapted_score(subject(), evidence_.judged, evidence_.sound, batch_size, mixing)});
  }

  const Evidence<T>& evidence_;
  const std::vector<RepairStage>& stages_;
};

}  // namespace

template <class T>
std::string recomputed_name(const Evidence<T>& evidence) {
  return evidence.leaves_padding_out ? "without-padding" : "layer-by-layer";
}

TriedRemedy tried(const Candidate& candidate, const RowScores& eval, nn::LossKind loss, const Margins& margins,
                  const std::string& verdict) {
  const Gain gain = gain_of(candidate.scores, eval, loss, margins);
  const double none = std::numeric_limits<double>::quiet_NaN();
  return {candidate.remedy,
          static_cast<Index>(eval.loss.size()),
          eval.mean_loss(),
          candidate.scores.mean_loss(),
          gain.loss.lower(0.025),
          gain.loss.upper(0.025),
          eval.has_accuracy() ? eval.accuracy() : none,
          eval.has_accuracy() ? candidate.scores.accuracy() : none,
          verdict};
}

std::vector<TriedRemedy> decide(const std::vector<Candidate>& candidates, const RowScores& eval, nn::LossKind loss,
                                const Margins& margins) {
  const std::size_t rows = eval.loss.size();
  const auto gain_in = [&](const Candidate& candidate, std::size_t begin, std::size_t end) {
    return gain_of(part(candidate.scores, begin, end), part(eval, begin, end), loss, margins);
  };
  std::vector<double> p(candidates.size(), 1.0);
  if (rows < kRowsToChoose) {
    for (std::size_t i = 0; i < p.size(); ++i) p[i] = gain_in(candidates[i], 0, rows).p_of_any();
    p = holm_adjusted(p);
  } else if (!candidates.empty()) {
    std::size_t best = 0;
    // The candidates are listed by preference, so a later one replaces an earlier one only if its gain is larger by kClearly.
    constexpr double kClearly = 1.0;
    for (std::size_t i = 1; i < p.size(); ++i)
      if (gain_in(candidates[i], 0, rows / 2).size() > gain_in(candidates[best], 0, rows / 2).size() + kClearly) best = i;
    p[best] = gain_in(candidates[best], rows / 2, rows).p_of_any();
  }
  std::vector<TriedRemedy> list;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Gain whole = gain_in(candidates[i], 0, rows);
    const bool is_confirmed = p[i] < kConfirmed && is_worth_it(whole);
    const bool is_worse = whole.loss.upper(0.025) < 0.0 || (whole.accuracy.n > 0 && whole.accuracy.upper(0.025) < 0.0);
    list.push_back(tried(candidates[i], eval, loss, margins, is_confirmed ? "confirmed" : is_worse ? "worse" : "not-confirmed"));
  }
  return list;
}

template <class T>
StatisticsList population_of_rows(const Subject<T>& subject, data::SplitName split_name, std::span<const Index> rows) {
  const data::Split<T>& split = subject.split(split_name);
  data::Split<T> chosen;
  chosen.features = Matrix<T>(static_cast<Index>(rows.size()), split.features.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(split.features.view().row(rows[i]), split.features.cols(), chosen.features.view().row(static_cast<Index>(i)));
    if (!split.lengths.empty()) chosen.lengths.push_back(split.lengths[static_cast<std::size_t>(rows[i])]);
  }
  return statistics::population_statistics<T>(subject.network(), subject.model, statistics::SplitRows<T>(chosen),
                                              statistics::PopulationOptions(), 1);
}

template <class T>
RowScores recomputed_on_judged(const Subject<T>& subject, const JudgedRows<T>& judged) {
  const std::span<const Index> order = judged.order();
  const std::size_t half = order.size() / 2;
  const auto logits_by = [&](const StatisticsList& statistics) {
    return judged.eval_logits(statistics::state_with<T>(subject.layout(), subject.model.state, statistics));
  };
  Matrix<T> logits = logits_by(population_of_rows(subject, judged.name(), order.subspan(half)));
  const Matrix<T> second = logits_by(population_of_rows(subject, judged.name(), order.first(half)));
  for (Index r = static_cast<Index>(half); r < logits.rows(); ++r) std::copy_n(second.view().row(r), logits.cols(), logits.view().row(r));
  return judged.scorer().score(logits);
}

std::vector<std::string> remedies_for(Cause cause) {
  if (is_any_of(cause, {Cause::kColdStart, Cause::kLost, Cause::kFrozenStatistics}))
    return {"layer-by-layer", "bias-corrected", "batch-average"};
  if (is_any_of(cause, {Cause::kSamplingNoise, Cause::kConvention, Cause::kLastBatch})) return {"layer-by-layer", "momentum"};
  if (is_any_of(cause, {Cause::kBiasedVariance, Cause::kSmallParts, Cause::kCorrelatedRows}))
    return {"layer-by-layer", "moving-variance", "example-weighing"};
  if (cause == Cause::kShiftedData) return {"recomputed-on-judged", "mixed"};
  if (cause == Cause::kDeadChannels) return {"usual-variance", "recomputed-on-judged", "mixed"};
  if (cause == Cause::kNormOnOutput) return {};
  return {"layer-by-layer", "batch-average", "pooled"};
}

template <class T>
std::vector<Candidate> candidates_for(const Evidence<T>& evidence, Cause cause, const std::vector<RepairStage>& stages) {
  Candidates<T> candidates(evidence, stages);
  for (const std::string& remedy : remedies_for(cause)) candidates.add(remedy);
  return std::move(candidates.list);
}

template std::string recomputed_name(const Evidence<float>&);
template std::string recomputed_name(const Evidence<double>&);
template StatisticsList population_of_rows(const Subject<float>&, data::SplitName, std::span<const Index>);
template StatisticsList population_of_rows(const Subject<double>&, data::SplitName, std::span<const Index>);
template RowScores recomputed_on_judged(const Subject<float>&, const JudgedRows<float>&);
template RowScores recomputed_on_judged(const Subject<double>&, const JudgedRows<double>&);
template std::vector<Candidate> candidates_for(const Evidence<float>&, Cause, const std::vector<RepairStage>&);
template std::vector<Candidate> candidates_for(const Evidence<double>&, Cause, const std::vector<RepairStage>&);

}  // namespace normrun::diagnosis
