#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.hpp"
#include "diagnosis/causes.hpp"
#include "diagnosis/remedies.hpp"
#include "diagnosis/statistics_algebra.hpp"
#include "train/batch_replay.hpp"

namespace normrun::diagnosis {
namespace {

constexpr double kExplained = 0.95;  // a fit names its cause if its R^2 is above this
/// A candidate is near if its distance from the stored statistics is below this share of the sound statistics' distance.
constexpr double kNear = 0.25;

/// Returns the mean statistics of random batches of `size` training rows.
template <class T>
StatisticsList small_batch_statistics(const Subject<T>& subject, Index size);

/// Finds the causes of loaded statistics.  They have no history here, so a cause is whatever reproduces the statistics.
template <class T>
class LoadedCauses {
 public:
  LoadedCauses(const Evidence<T>& evidence, const std::vector<RepairStage>& stages) : evidence_(evidence), stages_(stages) {}

  std::vector<Blame> find() {
    corrected_ = without_initial();
    const Cause rest = are_equal(corrected_, evidence_.sound) ? Cause::kNone : rest_cause();
    const bool is_cold = !are_equal(corrected_, evidence_.stored);
    if (is_cold && rest == Cause::kOtherWeights && is_cold_throughout()) {
      add(Cause::kColdStart, evidence_.stored, evidence_.sound);
      return std::move(blames_);
    }
    if (is_cold) add(Cause::kColdStart, evidence_.stored, corrected_);
    if (rest != Cause::kNone) add(rest, corrected_, evidence_.sound);
    return std::move(blames_);
  }

 private:
  const Subject<T>& subject() const { return evidence_.subject; }
  const nn::Layout& layout() const { return subject().layout(); }

  void add(Cause cause, const StatisticsList& faulty, const StatisticsList& sound) {
    StatisticsList only = with_fault(evidence_.sound, faulty, sound);
    const Gain harm = gain_of(evidence_.sound_score, evidence_.judged.eval_score(only), subject().plan.loss, subject().margins);
    blames_.push_back({.cause = cause, .harm = harm, .only = std::move(only), .repaired = sound});
  }

  /// Returns the stored statistics without the initial values, using the count of updates that the file holds.
  StatisticsList without_initial() const {
    StatisticsList result = evidence_.stored;
    for (const statistics::LayerStatistics& layer : statistics::bias_corrected<T>(layout(), subject().model.state)) {
      const auto own =
          std::find_if(result.begin(), result.end(), [&](const auto& one) { return one.normalization == layer.normalization; });
      const StatisticsList stored = {*own};
      const StatisticsList initial = {initial_of(static_cast<std::size_t>(own - result.begin()))};
      // A file that lost its statistics may have kept their count, so initial values stay as they are.
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
    if (are_equal(evidence_.stored, initial)) return Cause::kLost;
    if (const Cause made = reproduced(); made != Cause::kNone) return made;
    if (const Cause one_layer = damaged_layer(); one_layer != Cause::kNone) return one_layer;
    const BlendFit blend = fit_blend(corrected_, evidence_.sound, initial);
    constexpr double kNoticed = 0.1;
    if (blend.explained > kExplained && blend.share > kNoticed && !counts_updates()) return Cause::kColdStart;
    return is_noise() ? named_by_facts(Cause::kSamplingNoise, subject()) : Cause::kOtherWeights;
  }

  /// Returns the cause that, with today's weights, gives statistics near the stored ones; kNone if no cause does.
  Cause reproduced() const {
    Cause best = Cause::kNone;
    double nearest = kNear * far(evidence_.sound);
    const auto consider = [&](Cause cause, const StatisticsList& candidate) {
      const double left = far(candidate);
      if (left >= nearest) return;
      nearest = left;
      best = cause;
    };
    if (evidence_.leaves_padding_out) consider(Cause::kCountedPadding, stages_.back().statistics);
    if (best != Cause::kNone) return best;  // the batches of the other candidates count the padding, too
    if (const Index size = matching_batch(subject(), corrected_, evidence_.sound); size > 0)
      consider(Cause::kBiasedVariance, small_batch_statistics(subject(), size));
    for (const RepairStage& stage : stages_)
      if (stage.cause == Cause::kSamplingNoise && subject().network().drops_out()) consider(Cause::kDropout, stage.statistics);
    for (const data::SplitName split : {data::SplitName::kValidation, data::SplitName::kTest}) {
      if (subject().split(split).samples() > 0) consider(Cause::kOtherData, population_of(split));
    }
    if (!draws_at_random(subject().plan))
      for (const StatisticsList& batches : in_configured_order()) consider(Cause::kBatchContents, batches);
    return best;
  }

  /// Replays an epoch in the config's own order, with several batch sizes because the loaded network's is unknown.  Returns for each size
  /// the moving average at the end of the epoch and the mean over the epoch.
  std::vector<StatisticsList> in_configured_order() const {
    std::vector<StatisticsList> list;
    train::TrainOptions options = *subject().plan.options;
    train::TrainingPlan<T> plan = subject().plan;
    plan.options = &options;
    const Index rows = plan.data->train.samples();
    for (const Index size : {8, 16, 32, 64, 128}) {
      if (plan.data->resample || size > rows) break;
      options.batch_size = size;
      const auto replayed = [&](train::ReplayWeights weights) {
        return train::replay_statistics(plan, subject().model, (rows + size - 1) / size, weights, Dropout::kOff,
                                        subject().rows_of(data::SplitName::kTrain).stem);
      };
      list.push_back(replayed(train::ReplayWeights::kMovingAverage));
      list.push_back(replayed(train::ReplayWeights::kEqual));
    }
    return list;
  }

  /// Returns whether the file counts the updates.  If it does, the count tells how much is left of the initial values.
  bool counts_updates() const {
    const std::vector<Index> layers = statistics::layers_with_statistics(layout());
    return std::any_of(layers.begin(), layers.end(), [&](Index index) {
      const Index updates = statistics::update_count<T>(layout().normalizations[static_cast<std::size_t>(index)], subject().model.state);
      return updates > 0 && updates < static_cast<Index>(nn::kUnknownUpdates);
    });
  }
  /// Returns how much of each layer's initial values the counts of updates leave.
  std::vector<double> counted_shares() const {
    std::vector<double> shares;
    for (const Index index : statistics::layers_with_statistics(layout())) {
      const nn::Normalization& norm = layout().normalizations[static_cast<std::size_t>(index)];
      shares.push_back(nn::share_left(norm.average, norm.momentum, 0, statistics::update_count<T>(norm, subject().model.state)));
    }
    return shares;
  }

  /// Returns whether the average reaches back to the first steps of the only training.  It then holds about as much of the initial values
  /// as its count of updates leaves, and is nearer to the sound statistics without them.  If the count includes an earlier training with
  /// another momentum, the two shares differ.
  bool is_cold_throughout() const {
    constexpr double kAbout = 0.2;
    const std::vector<double> shares = counted_shares();
    const double counted = *std::max_element(shares.begin(), shares.end());
    const StatisticsList initial = stored_statistics<T>(layout(), statistics::initial_state<T>(layout()));
    const double held = fit_blend(evidence_.stored, evidence_.sound, initial).share;
    const bool is_nearer = far(evidence_.sound) < distance(evidence_.stored, evidence_.sound, evidence_.sound, layout());
    return reaches_back(shares) && is_nearer && std::abs(held - counted) < kAbout * counted;
  }

  StatisticsList population_of(data::SplitName split) const {
    statistics::PopulationOptions options;
    return statistics::population_statistics(subject().network(), subject().model, subject().rows_of(split), options, 1);
  }
  /// Returns kDamagedLayer if one layer of several has nearly all of the harm, kLost if that layer holds its initial values, and kNone
  /// otherwise.
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
    constexpr double kFits = 0.05;    // averages over few batches have squared distances of about this size
    constexpr double kDamaged = 0.3;  // nearer statistics may well come from other rows or weights, which move one layer most
    if (!(distances[worst] > kClearly * others) || others > kFits || distances[worst] < kDamaged) return Cause::kNone;
    // The harm is in that layer only if repairing it alone gives nearly everything back.
    constexpr double kLittle = 0.2;
    const RowScores repaired = evidence_.judged.eval_score(with_layer(corrected_, evidence_.sound, worst));
    const Gain rest = gain_of(evidence_.sound_score, repaired, subject().plan.loss, subject().margins);
    if (rest.size() > kLittle * evidence_.whole.size()) return Cause::kNone;
    const bool is_initial = are_equal({evidence_.stored[worst]}, {initial_of(worst)});
    return is_initial ? Cause::kLost : Cause::kDamagedLayer;
  }

  /// Returns whether chance explains the statistics: each layer is off by no more than a moving average over few rows would be, and
  /// statistics of so few rows do as much harm.
  bool is_noise() const {
    constexpr double kWithinChance = 4.0;
    constexpr double kShortMemory = 0.8;  // with a smaller momentum an average holds only a few batches, however many rows these had
    const double rows = static_cast<double>(rows_of_statistics(*subject().plan.options, layout()));
    double memory = 0.0;  // the number of rows that the moving average amounts to
    for (std::size_t i = 0; i < evidence_.sound.size(); ++i) {
      const nn::Normalization& norm = layout().normalizations[static_cast<std::size_t>(evidence_.sound[i].normalization)];
      if (norm.average != nn::Average::kExponential) return false;
      if (norm.momentum < kShortMemory) return true;
      memory = rows * (1.0 + norm.momentum) / (1.0 - norm.momentum);
      // The squared distance expected by chance is 1 / memory for a mean, and about twice that for the log of a variance.
      if (layer_distance(corrected_[i], evidence_.sound[i], evidence_.sound[i], norm.epsilon) > 2.0 * kWithinChance / memory) return false;
    }
    return harm_of_few_rows(static_cast<Index>(memory)) > kNear * evidence_.whole.size();
  }

  /// Returns the mean harm of statistics that are computed from `count` random training rows.
  double harm_of_few_rows(Index count) const {
    constexpr std::uint64_t kDraws = 3;
    std::vector<Index> rows(static_cast<std::size_t>(subject().plan.data->train.samples()));
    if (count >= std::ssize(rows)) return 0.0;
    std::iota(rows.begin(), rows.end(), Index{0});
    double harm = 0.0;
    for (std::uint64_t draw = 0; draw < kDraws; ++draw) {
      constexpr std::uint64_t kFewRows = 100;  // random streams of their own, apart from those of the judged rows
      RandomStream(subject().plan.seed, Purpose::kDiagnosis, kFewRows + draw).shuffle(rows);
      const auto few = std::span(rows).first(static_cast<std::size_t>(count));
      const RowScores scores = evidence_.judged.eval_score(population_of_rows(subject(), data::SplitName::kTrain, few));
      harm += gain_of(evidence_.sound_score, scores, subject().plan.loss, subject().margins).size() / static_cast<double>(kDraws);
    }
    return harm;
  }

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
    // One value has no variance, so a normalization leaves the stored variance as it is.  That is no evidence for a batch of one value.
    if (size == 1 && most_positions(subject) == 1) continue;
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
