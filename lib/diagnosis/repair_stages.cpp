#include "diagnosis/repair_stages.hpp"

#include "train/batch_replay.hpp"

namespace normrun::diagnosis {
namespace {

/// Gives the noiseless statistics to layers whose statistics never moved, or whose average keeps all of its old value.  Such layers have no
/// bias correction and no moving average to replay, so their cold start is repaired together with lag and noise.
template <class T>
void keep_moved(const Subject<T>& subject, const StatisticsList& noiseless, StatisticsList& corrected, StatisticsList& present) {
  for (std::size_t i = 0; i < noiseless.size(); ++i) {
    const nn::Normalization& norm = subject.layout().normalizations[static_cast<std::size_t>(noiseless[i].normalization)];
    if (nn::share_left(norm.average, norm.momentum, 0, statistics::update_count<T>(norm, subject.model.state)) < 1.0) continue;
    corrected.insert(corrected.begin() + static_cast<std::ptrdiff_t>(i), noiseless[i]);
    present[i] = noiseless[i];
  }
}

}  // namespace

template <class T>
std::vector<RepairStage> repair_stages(const Subject<T>& subject, const statistics::PopulationOptions& population) {
  const auto replayed = [&](train::ReplayWeights weights, Dropout dropout) {
    return train::replay_statistics(subject.plan, subject.model, subject.steps, weights, dropout,
                                    subject.rows_of(data::SplitName::kTrain).stem);
  };
  const auto estimated = [&](statistics::Estimator estimator) {
    statistics::PopulationOptions options = population;
    options.estimator = estimator;
    options.batch_size = {.word = "train"};
    return statistics::population_statistics(subject.network(), subject.model, subject.rows_of(data::split_of(options.split)), options,
                                             rows_of_norm_batch(*subject.plan.options));
  };
  const StatisticsList noiseless = replayed(train::ReplayWeights::kEqual, Dropout::kOn);
  StatisticsList corrected = statistics::bias_corrected<T>(subject.layout(), subject.model.state);
  StatisticsList present = replayed(train::ReplayWeights::kMovingAverage, Dropout::kOn);
  keep_moved(subject, noiseless, corrected, present);
  std::vector<RepairStage> stages = {
      {Cause::kColdStart, std::move(corrected)}, {Cause::kLag, std::move(present)}, {Cause::kSamplingNoise, noiseless}};
  stages.push_back({Cause::kDropout, subject.network().drops_out() ? replayed(train::ReplayWeights::kEqual, Dropout::kOff) : noiseless});
  stages.push_back(
      {Cause::kBatchContents, draws_at_random(subject.plan) ? stages.back().statistics : estimated(statistics::Estimator::kBatchAverage)});
  stages.push_back({Cause::kBiasedVariance, estimated(statistics::Estimator::kLayerByLayer)});
  return stages;
}

template <class T>
std::vector<RepairStage> stages_by_contents(const Subject<T>& subject, const std::vector<RepairStage>& stages) {
  data::Batching batching = *subject.plan.batching;
  batching.order = data::BatchOrder::kShuffled;
  train::TrainOptions options = *subject.plan.options;
  options.batch_order.clear();
  train::TrainingPlan<T> plan = subject.plan;
  plan.batching = &batching;
  plan.options = &options;
  const auto replayed = [&](train::ReplayWeights weights, Dropout dropout) {
    return train::replay_statistics(plan, subject.model, subject.steps, weights, dropout, subject.rows_of(data::SplitName::kTrain).stem);
  };
  StatisticsList few = replayed(train::ReplayWeights::kMovingAverage, Dropout::kOn);
  const StatisticsList many = replayed(train::ReplayWeights::kEqual, Dropout::kOn);
  for (std::size_t i = 0; i < few.size(); ++i) {
    const nn::Normalization& norm = subject.layout().normalizations[static_cast<std::size_t>(few[i].normalization)];
    if (nn::share_left(norm.average, norm.momentum, 0, statistics::update_count<T>(norm, subject.model.state)) == 1.0) few[i] = many[i];
  }
  std::vector<RepairStage> result = {stages[0], stages[1], {Cause::kBatchContents, std::move(few)}, {Cause::kSamplingNoise, many}};
  result.push_back({Cause::kDropout, subject.network().drops_out() ? replayed(train::ReplayWeights::kEqual, Dropout::kOff) : many});
  result.push_back(stages.back());
  return result;
}

template std::vector<RepairStage> stages_by_contents(const Subject<float>&, const std::vector<RepairStage>&);
template std::vector<RepairStage> stages_by_contents(const Subject<double>&, const std::vector<RepairStage>&);
template std::vector<RepairStage> repair_stages(const Subject<float>&, const statistics::PopulationOptions&);
template std::vector<RepairStage> repair_stages(const Subject<double>&, const statistics::PopulationOptions&);

}  // namespace normrun::diagnosis
