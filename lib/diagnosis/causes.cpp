#include "diagnosis/causes.hpp"

#include <algorithm>

#include "diagnosis/statistics_algebra.hpp"
#include "statistics/layer_input.hpp"

namespace normrun::diagnosis {
namespace {

/// Below this momentum the newest batch weighs more than all earlier ones together.  Whoever sets such a number probably means the
/// convention of another framework.
constexpr double kLeastMomentum = 0.5;

template <class T>
const nn::Normalization& first_norm(const Subject<T>& subject) {
  const nn::Layout& layout = subject.layout();
  return layout.normalizations[static_cast<std::size_t>(statistics::layers_with_statistics(layout).front())];
}

/// Returns the statistics that training started from: the initial ones, or those that were loaded.
template <class T>
StatisticsList initial_statistics(const Subject<T>& subject) {
  if (subject.plan.options->init_from.empty())
    return stored_statistics<T>(subject.layout(), statistics::initial_state<T>(subject.layout()));
  return stored_statistics<T>(subject.layout(), train::Trainer<T>(subject.plan).model().state);
}

/// Returns for each layer how much of initial_statistics() is left in the stored statistics.
template <class T>
std::vector<double> initial_shares(const Subject<T>& subject) {
  std::vector<Index> before(statistics::layers_with_statistics(subject.layout()).size(), 0);
  const std::vector<Index> layers = statistics::layers_with_statistics(subject.layout());
  if (!subject.plan.options->init_from.empty()) {
    const nn::Model<T> loaded = train::Trainer<T>(subject.plan).model();
    for (std::size_t i = 0; i < layers.size(); ++i)
      before[i] = statistics::update_count<T>(subject.layout().normalizations[static_cast<std::size_t>(layers[i])], loaded.state);
  }
  std::vector<double> shares;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const nn::Normalization& norm = subject.layout().normalizations[static_cast<std::size_t>(layers[i])];
    shares.push_back(nn::share_left(norm.average, norm.momentum, before[i], statistics::update_count<T>(norm, subject.model.state)));
  }
  return shares;
}

/// Returns whether the newest batch weighs more in a moving average than all earlier ones together.
template <class T>
bool has_shortest_memory(const Subject<T>& subject) {
  const nn::Normalization& norm = first_norm(subject);
  return norm.momentum < kLeastMomentum && norm.average == nn::Average::kExponential;
}

/// Returns whether the last batch of an epoch has so few rows that its statistics are no match for those of the others.
template <class T>
bool has_tiny_batch(const Subject<T>& subject) {
  const Index odd = rows_of_odd_batch(subject);
  return odd > 0 && 4 * odd <= rows_of_statistics(*subject.plan.options, subject.layout());
}

/// If an epoch's last batch is tiny, returns the stages with the mean over full batches only.  A mean over all batches gives the tiny batch
/// the weight of a full one, and its harm would then count for the next stage, the variance within batches.
template <class T>
std::vector<RepairStage> with_full_batches(const Subject<T>& subject, std::vector<RepairStage> stages) {
  if (!has_tiny_batch(subject) || !draws_at_random(subject.plan) || subject.network().drops_out()) return stages;
  statistics::PopulationOptions options;
  options.estimator = statistics::Estimator::kBatchAverage;
  options.batch_size = {.word = "train"};
  const StatisticsList full = statistics::population_statistics(subject.network(), subject.model, subject.rows_of(data::SplitName::kTrain),
                                                                options, rows_of_norm_batch(*subject.plan.options));
  for (RepairStage& stage : stages)
    if (stage.cause == Cause::kSamplingNoise || stage.cause == Cause::kDropout || stage.cause == Cause::kBatchContents)
      stage.statistics = full;
  return stages;
}

/// Finds the causes in a network that was trained here.  Each cause is judged by two sets of statistics, one with the cause and one without
/// it.
template <class T>
class HistoryCauses {
 public:
  HistoryCauses(const Evidence<T>& evidence, const std::vector<RepairStage>& stages) : evidence_(evidence) {
    const StatisticsList initial = initial_statistics(evidence.subject);
    const std::vector<double> shares = initial_shares(evidence.subject);
    const std::vector<RepairStage> repaired = with_full_batches(evidence.subject, stages);
    const bool is_cold = !is_loaded() && reaches_back(shares);
    const StatisticsList own = is_loaded() ? without_loaded(initial, shares) : stages[is_cold ? 1 : 0].statistics;
    if (is_cold)
      add(Cause::kColdStart, evidence.stored, own);
    else
      add_initial(initial, shares, own);
    if (is_all_initial(shares) && is_loaded()) return;  // the statistics hold nothing of this training's batches
    const StatisticsList* before = &own;
    for (std::size_t i = 1; i < repaired.size(); ++i) {
      // Statistics of the last two batches are at most two steps old, so they differ from the replayed ones by noise, not by lag.
      if (repaired[i].cause == Cause::kLag && (is_cold || has_shortest_memory(evidence.subject))) continue;
      if (repaired[i].cause == Cause::kBiasedVariance) {
        add_parts(*before, repaired[i].statistics);
      } else {
        add(named_by_facts(repaired[i].cause, evidence.subject), *before, repaired[i].statistics);
      }
      before = &repaired[i].statistics;
    }
  }

  std::vector<Blame> take() { return std::move(blames_); }

 private:
  const Subject<T>& subject() const { return evidence_.subject; }

  void add_only(Cause cause, StatisticsList only, StatisticsList repaired) {
    if (are_equal(only, evidence_.sound)) return;
    const Gain harm = gain_of(evidence_.sound_score, evidence_.judged.eval_score(only), subject().plan.loss, subject().margins);
    blames_.push_back({.cause = cause, .harm = harm, .only = std::move(only), .repaired = std::move(repaired)});
  }
  void add(Cause cause, const StatisticsList& faulty, const StatisticsList& sound) {
    if (are_equal(faulty, sound)) return;
    add_only(cause, with_fault(evidence_.sound, faulty, sound), sound);
  }

  bool is_loaded() const { return !subject().plan.options->init_from.empty(); }
  static bool is_all_initial(const std::vector<double>& shares) {
    return std::all_of(shares.begin(), shares.end(), [](double share) { return share == 1.0; });
  }

  void add_initial(const StatisticsList& initial, const std::vector<double>& shares, const StatisticsList& without) {
    StatisticsList only = evidence_.sound;
    for (std::size_t i = 0; i < only.size(); ++i) only[i] = blended({evidence_.sound[i]}, {initial[i]}, shares[i]).front();
    add_only(!is_loaded()             ? Cause::kColdStart
             : is_all_initial(shares) ? Cause::kFrozenStatistics
                                      : Cause::kOtherWeights,
             std::move(only), without);
  }

  /// Returns the stored statistics without what is left of the loaded ones.  If a layer's statistics are nearly all loaded ones, what this
  /// training added cannot be told, and the layer gets the sound statistics.
  StatisticsList without_loaded(const StatisticsList& initial, const std::vector<double>& shares) const {
    constexpr double kNearlyAll = 0.9;
    StatisticsList own = evidence_.stored;
    for (std::size_t i = 0; i < own.size(); ++i) {
      if (shares[i] > kNearlyAll)
        own[i] = evidence_.sound[i];
      else
        own[i] = blended({own[i]}, {initial[i]}, -shares[i] / (1.0 - shares[i])).front();
      for (double& variance : own[i].variance) variance = std::max(variance, 0.0);
    }
    return own;
  }

  /// Adds the step from the mean over batches to the population.  The population counts the padding.  If the sound statistics leave the
  /// padding out, the step from the population to them is added, too.
  void add_parts(const StatisticsList& batches, const StatisticsList& population) {
    add(small_parts_cause(subject()), batches, population);
    if (evidence_.leaves_padding_out) add(Cause::kCountedPadding, population, evidence_.sound);
  }

  const Evidence<T>& evidence_;
  std::vector<Blame> blames_;
};

/// Returns the causes, each with the harm that its repair gives back in the order of repair.
template <class T>
std::vector<Blame> in_order_of_repair(const Evidence<T>& evidence, std::vector<Blame> blames) {
  RowScores before = evidence.judged.eval_score(evidence.stored);
  for (Blame& one : blames) {
    RowScores after = evidence.judged.eval_score(one.repaired);
    one.harm = gain_of(after, before, evidence.subject.plan.loss, evidence.subject.margins);
    before = std::move(after);
  }
  return blames;
}

/// Returns the causes that are worth telling, the most harmful one first.
std::vector<Blame> worth_telling(const Gain& whole, std::vector<Blame> blames) {
  std::stable_sort(blames.begin(), blames.end(), [](const Blame& a, const Blame& b) { return a.harm.size() > b.harm.size(); });
  // A cause is not worth a change of its own if it does less than a fifth of the worst one's harm, or if its harm is not sure.
  constexpr double kWorthTelling = 0.2;
  constexpr double kExplains = 0.2;
  const double worst = blames.empty() ? 0.0 : blames.front().harm.size();
  if (worst < kExplains * whole.size()) return {};
  std::erase_if(blames, [&](const Blame& one) { return one.harm.size() < kWorthTelling * worst || !(one.harm.told().lower(0.025) > 0.0); });
  return blames;
}

}  // namespace

bool reaches_back(const std::vector<double>& initial_shares) {
  constexpr double kMuch = 0.1;
  return std::any_of(initial_shares.begin(), initial_shares.end(), [](double share) { return share > kMuch; });
}

template <class T>
Index most_positions(const Subject<T>& subject) {
  Index positions = 1;
  for (const Index index : statistics::layers_with_statistics(subject.layout())) {
    const nn::Normalization& norm = subject.layout().normalizations[static_cast<std::size_t>(index)];
    positions = std::max(positions, statistics::positions_of(subject.network(), norm));
  }
  return positions;
}

template <class T>
bool counts_padding(const Subject<T>& subject) {
  if (subject.plan.data->train.lengths.empty()) return false;
  const auto& norms = subject.layout().normalizations;
  return std::any_of(norms.begin(), norms.end(), [](const nn::Normalization& norm) {
    return norm.moving_mean.has_value() && norm.padded_steps != nn::PaddedSteps::kLeftOut;
  });
}

template <class T>
StatisticsList masked_population(const Subject<T>& subject) {
  statistics::PopulationOptions options;
  options.padded_steps = nn::PaddedSteps::kLeftOut;
  return statistics::population_statistics(subject.network(), subject.model, subject.rows_of(data::SplitName::kTrain), options, 1);
}

template <class T>
bool has_history(const Subject<T>& subject) {
  return subject.steps > 0 || subject.plan.options->init_from.empty();
}

template <class T>
Index rows_of_odd_batch(const Subject<T>& subject) {
  const train::TrainingPlan<T>& plan = subject.plan;
  if (plan.data->resample || plan.batching->last == data::LastBatch::kDrop) return 0;
  const Index rows = plan.data->train.samples();
  const Index left = plan.options->sizes().left_over(rows);
  if (left == 0) return 0;
  // This last batch is itself divided among micro-batches and replicas, so a part of it may have even fewer rows.
  const Index parts = std::max<Index>(plan.options->batch_size / rows_of_norm_batch(*plan.options), 1);
  return std::max<Index>(left / parts, 1);
}

template <class T>
Cause small_parts_cause(const Subject<T>& subject) {
  const train::TrainOptions& options = *subject.plan.options;
  const Index rows = rows_of_statistics(options, subject.layout());
  if (rows < options.batch_size) return Cause::kSmallParts;
  return rows == 1 && most_positions(subject) > 1 ? Cause::kCorrelatedRows : Cause::kBiasedVariance;
}

template <class T>
Cause named_by_facts(Cause stage, const Subject<T>& subject) {
  constexpr Index kManyParts = 4;
  const bool has_parts = subject.plan.options->batch_size >= kManyParts * rows_of_statistics(*subject.plan.options, subject.layout());
  // If a whole batch shared its statistics, they would have less noise and would not come from one replica's rows alone.
  const train::Division& division = subject.plan.options->division;
  if (stage == Cause::kLag && subject.plan.options->average_weights != nullptr) return Cause::kOtherWeights;
  if (stage == Cause::kLag && subject.plan.options->clients.count > 1) return Cause::kSmallParts;
  if (stage == Cause::kBatchContents && division.replicas > 1 && division.sync == train::Sync::kNone) return Cause::kSmallParts;
  if (stage == Cause::kSamplingNoise && has_parts) return Cause::kSmallParts;
  if (stage == Cause::kSamplingNoise) {
    const Index last_step = subject.plan.data->resample ? -1 : subject.steps;
    const Index steps_per_epoch = subject.plan.options->sizes().batches(subject.plan.data->train.samples(), data::LastBatch::kKeep);
    const bool ends_on_odd = last_step > 0 && last_step % steps_per_epoch == 0;
    if (ends_on_odd && has_tiny_batch(subject)) return Cause::kLastBatch;
    return has_shortest_memory(subject) ? Cause::kConvention : Cause::kSamplingNoise;
  }
  return stage;
}

template <class T>
std::vector<Blame> blame(const Evidence<T>& evidence, const std::vector<RepairStage>& stages) {
  std::vector<Blame> blames = has_history(evidence.subject) ? HistoryCauses<T>(evidence, stages).take() : blame_loaded(evidence, stages);
  std::vector<Blame> alone = worth_telling(evidence.whole, blames);
  return alone.empty() ? worth_telling(evidence.whole, in_order_of_repair(evidence, std::move(blames))) : alone;
}

template Index most_positions(const Subject<float>&);
template Index most_positions(const Subject<double>&);
template bool counts_padding(const Subject<float>&);
template bool counts_padding(const Subject<double>&);
template StatisticsList masked_population(const Subject<float>&);
template StatisticsList masked_population(const Subject<double>&);
template bool has_history(const Subject<float>&);
template bool has_history(const Subject<double>&);
template Cause small_parts_cause(const Subject<float>&);
template Cause small_parts_cause(const Subject<double>&);
template Cause named_by_facts(Cause, const Subject<float>&);
template Cause named_by_facts(Cause, const Subject<double>&);
template Index rows_of_odd_batch(const Subject<float>&);
template Index rows_of_odd_batch(const Subject<double>&);
template std::vector<Blame> blame(const Evidence<float>&, const std::vector<RepairStage>&);
template std::vector<Blame> blame(const Evidence<double>&, const std::vector<RepairStage>&);

}  // namespace normrun::diagnosis
