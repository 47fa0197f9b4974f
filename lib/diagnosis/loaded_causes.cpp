#include <algorithm>
#include <cmath>

#include "diagnosis/causes.hpp"
#include "diagnosis/statistics_algebra.hpp"

namespace normrun::diagnosis {
namespace {

constexpr double kExplained = 0.95;  // R^2 of a fit that names its cause
constexpr double kNear = 0.25;       // a candidate is named if it is this much nearer to the stored statistics than the sound ones are

/// The mean over random batches of so many training rows.
template <class T>
StatisticsList small_batch_statistics(const Subject<T>& subject, Index size);

/// Statistics that were loaded have no history here: the cause is what reproduces them.
template <class T>
class LoadedCauses {
 public:
  LoadedCauses(const Evidence<T>& evidence, const std::vector<RepairStage>& stages) : evidence_(evidence), stages_(stages) {}

  std::vector<Blame> find() {
    corrected_ = without_initial();
    if (!are_equal(corrected_, evidence_.stored)) add(Cause::kColdStart, with_fault(evidence_.sound, evidence_.stored, corrected_));
    if (are_equal(corrected_, evidence_.sound)) return std::move(blames_);
    add(rest_cause(), with_fault(evidence_.sound, corrected_, evidence_.sound));
    return std::move(blames_);
  }

 private:
  const Subject<T>& subject() const { return evidence_.subject; }
  const nn::Layout& layout() const { return subject().layout(); }

  void add(Cause cause, StatisticsList only) {
    const Gain harm = gain_of(evidence_.sound_score, evidence_.judged.eval_score(only), subject().plan.loss, subject().margins);
    blames_.push_back({cause, harm, std::move(only)});
  }

  /// By the count of updates that the file holds.
  StatisticsList without_initial() const {
    StatisticsList result = evidence_.stored;
    for (const statistics::LayerStatistics& layer : statistics::bias_corrected<T>(layout(), subject().model.state)) {
      const auto own =
          std::find_if(result.begin(), result.end(), [&](const auto& one) { return one.normalization == layer.normalization; });
      const StatisticsList stored = {*own};
      const StatisticsList initial = {initial_of(static_cast<std::size_t>(own - result.begin()))};
      // A file that lost its statistics may have kept their count: initial values stay what they are.
      if (!are_equal(stored, initial)) *own = layer;
    }
    return result;
  }
  statistics::LayerStatistics initial_of(std::size_t layer) const {
    return stored_statistics<T>(layout(), statistics::initial_state<T>(layout()))[layer];
  }

  double far(const StatisticsList& from) const { return distance(corrected_, from, evidence_.sound, layout()); }

  Cause rest_cause() const {
    const StatisticsList initial = stored_statistics<T>(layout(), statistics::initial_state<T>(layout()));
    const Cause one_layer = damaged_layer();
    if (are_equal(evidence_.stored, initial)) return Cause::kLost;
    if (one_layer != Cause::kNone) return one_layer;
    const double whole = far(evidence_.sound);
    Cause best = Cause::kNone;
    double nearest = kNear * whole;
    const auto consider = [&](Cause cause, const StatisticsList& candidate) {
      const double left = far(candidate);
      if (left < nearest) {
        nearest = left;
        best = cause;
      }
    };
    if (const Index size = matching_batch(subject(), corrected_, evidence_.sound); size > 0)
      consider(Cause::kBiasedVariance, small_batch_statistics(subject(), size));
    for (const RepairStage& stage : stages_) {
      if (stage.cause == Cause::kSamplingNoise)
        consider(subject().network().drops_out() ? Cause::kDropout : Cause::kBatchContents, stage.statistics);
      if (stage.cause == Cause::kDropout && !draws_at_random(subject().plan)) consider(Cause::kBatchContents, stage.statistics);
    }
    for (const data::SplitName split : {data::SplitName::kValidation, data::SplitName::kTest}) {
      if (subject().split(split).samples() > 0) consider(Cause::kOtherData, population_of(split));
    }
    if (evidence_.leaves_padding_out) consider(Cause::kCountedPadding, stages_.back().statistics);
    const BlendFit blend = fit_blend(corrected_, evidence_.sound, initial);
    if (blend.explained > kExplained && blend.share > 0.1) return Cause::kColdStart;
    if (best != Cause::kNone) return best;
    return is_noise() ? noise_name() : Cause::kOtherWeights;
  }

  StatisticsList population_of(data::SplitName split) const {
    statistics::PopulationOptions options;
    return statistics::population_statistics(subject().network(), subject().model, subject().rows_of(split), options, 1);
  }
  /// Returns kDamagedLayer where one layer of several has nearly all of the harm, or kLost where that layer holds its initial values.
  Cause damaged_layer() const {
    if (evidence_.sound.size() < 2) return Cause::kNone;
    std::vector<double> distances;
    for (std::size_t i = 0; i < evidence_.sound.size(); ++i) {
      const double epsilon = layout().normalizations[static_cast<std::size_t>(evidence_.sound[i].normalization)].epsilon;
      distances.push_back(layer_distance(corrected_[i], evidence_.sound[i], evidence_.sound[i], epsilon));
    }
    const std::size_t worst = static_cast<std::size_t>(std::max_element(distances.begin(), distances.end()) - distances.begin());
    double others = 0.0;
    for (std::size_t i = 0; i < distances.size(); ++i) others = i == worst ? others : std::max(others, distances[i]);
    constexpr double kClearly = 4.0;
    if (!(distances[worst] > kClearly * others)) return Cause::kNone;
    // Repaired alone, that layer gives nearly everything back.
    constexpr double kLittle = 0.2;
    const RowScores repaired = evidence_.judged.eval_score(with_layer(corrected_, evidence_.sound, worst));
    const Gain rest = gain_of(evidence_.sound_score, repaired, subject().plan.loss, subject().margins);
    if (rest.size() > kLittle * evidence_.whole.size()) return Cause::kNone;
    const bool is_initial = are_equal({evidence_.stored[worst]}, {initial_of(worst)});
    return is_initial ? Cause::kLost : Cause::kDamagedLayer;
  }

  /// Whether every layer is off by no more than a moving average of so few rows is.
  bool is_noise() const {
    constexpr double kWithinChance = 4.0;
    constexpr double kShortMemory = 0.8;  // such an average holds a few batches, however many rows they had
    const double rows = static_cast<double>(rows_of_norm_batch(*subject().plan.options));
    for (std::size_t i = 0; i < evidence_.sound.size(); ++i) {
      const nn::Normalization& norm = layout().normalizations[static_cast<std::size_t>(evidence_.sound[i].normalization)];
      if (norm.average != nn::Average::kExponential) return false;
      if (norm.momentum < kShortMemory) return true;
      const double expected = (1.0 - norm.momentum) / (1.0 + norm.momentum) / rows;  // of a mean; a variance's log has some twice as much
      if (layer_distance(corrected_[i], evidence_.sound[i], evidence_.sound[i], norm.epsilon) > 2.0 * kWithinChance * expected)
        return false;
    }
    return true;
  }
  Cause noise_name() const { return named_by_facts(Cause::kSamplingNoise, subject()); }

  const Evidence<T>& evidence_;
  const std::vector<RepairStage>& stages_;
  StatisticsList corrected_;
  std::vector<Blame> blames_;
};

template <class T>
StatisticsList small_batch_statistics(const Subject<T>& subject, Index size) {
  statistics::PopulationOptions options;
  options.estimator = statistics::Estimator::kBatchAverage;
  options.batch_size = {.word = "train", .value = 0};
  const Index rows = subject.plan.data->train.samples();
  constexpr Index kEnoughRows = 2048;
  if (rows > kEnoughRows) options.samples = {.word = "", .value = kEnoughRows};
  return statistics::population_statistics(subject.network(), subject.model, subject.rows_of(data::SplitName::kTrain), options, size);
}

}  // namespace

template <class T>
Index matching_batch(const Subject<T>& subject, const StatisticsList& stored, const StatisticsList& sound) {
  double nearest = kNear * distance(stored, sound, sound, subject.layout());
  Index best = 0;
  for (const Index size : {1, 2, 4, 8, 16, 32}) {
    if (size > subject.plan.data->train.samples()) break;
    const double left = distance(stored, small_batch_statistics(subject, size), sound, subject.layout());
    if (left >= nearest) continue;
    nearest = left;
    best = size;
  }
  return best;
}

template Index matching_batch(const Subject<float>&, const StatisticsList&, const StatisticsList&);
template Index matching_batch(const Subject<double>&, const StatisticsList&, const StatisticsList&);

template <class T>
std::vector<Blame> blame_loaded(const Evidence<T>& evidence, const std::vector<RepairStage>& stages) {
  return LoadedCauses<T>(evidence, stages).find();
}

template std::vector<Blame> blame_loaded(const Evidence<float>&, const std::vector<RepairStage>&);
template std::vector<Blame> blame_loaded(const Evidence<double>&, const std::vector<RepairStage>&);

}  // namespace normrun::diagnosis
