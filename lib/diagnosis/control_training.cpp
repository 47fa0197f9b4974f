#include "diagnosis/control_training.hpp"

#include <algorithm>
#include <map>

#include "core/elementary.hpp"
#include "core/error.hpp"

namespace normrun::diagnosis {
namespace {

/// A training plan with shuffled batches, and the settings that this plan points at.
template <class T>
struct ShuffledPlan {
  explicit ShuffledPlan(const train::TrainingPlan<T>& given) : batching(*given.batching), options(*given.options), plan(given) {
    batching.order = data::BatchOrder::kShuffled;
    options.batch_order.clear();
    plan.batching = &batching;
    plan.options = &options;
  }
  ShuffledPlan(const ShuffledPlan&) = delete;
  ShuffledPlan& operator=(const ShuffledPlan&) = delete;

  data::Batching batching;
  train::TrainOptions options;
  train::TrainingPlan<T> plan;
};

/// Returns the entropy of a batch's labels in nats, averaged over the batches of an epoch.
template <class T>
double batch_entropy(const train::TrainingPlan<T>& plan) {
  const data::Split<T>& train = plan.data->train;
  data::Batches batches(*plan.batching, train.samples(), train.labels, plan.data->classes, plan.options->sizes().at_most(train.samples()),
                        plan.seed);
  batches.start_epoch(0);
  double total = 0.0;
  for (Index step = 0; step < batches.steps_per_epoch(); ++step) {
    const std::span<const Index> rows = batches.step(step);
    std::map<std::int32_t, double> counts;
    for (const Index row : rows) counts[train.labels[static_cast<std::size_t>(row)]] += 1.0;
    for (const auto& [label, count] : counts) {
      const double share = count / static_cast<double>(rows.size());
      total -= share * math::log(share);
    }
  }
  return total / static_cast<double>(batches.steps_per_epoch());
}

}  // namespace

template <class T>
bool batches_sort_classes(const Subject<T>& subject) {
  const data::Split<T>& train = subject.plan.data->train;
  if (train.labels.empty() || train.positions() > 1 || subject.plan.data->resample || !subject.plan.options->batch_order.empty())
    return false;
  constexpr double kFewerClasses = 0.8;
  const ShuffledPlan<T> shuffled(subject.plan);
  return batch_entropy(subject.plan) < kFewerClasses * batch_entropy(shuffled.plan);
}

template <class T>
std::optional<RowScores> shuffled_training_score(const Subject<T>& subject, const JudgedRows<T>& judged) {
  if (subject.steps == 0) return std::nullopt;
  const ShuffledPlan<T> shuffled(subject.plan);
  try {
    train::Trainer<T> control(shuffled.plan);
    while (!control.done() && control.step() < subject.steps) control.advance();
    const nn::Network<T>& network = subject.network();
    return judged.scorer().score(statistics::run_forward<T>(network, control.model().params, control.model().state, kEvalMode,
                                                            subject.rows_of(judged.name()), judged.order(), judged.rows(),
                                                            network.logits_boundary(subject.plan.loss)));
  } catch (const train::Diverged&) {
    return std::nullopt;
  }
}

template bool batches_sort_classes(const Subject<float>&);
template bool batches_sort_classes(const Subject<double>&);
template std::optional<RowScores> shuffled_training_score(const Subject<float>&, const JudgedRows<float>&);
template std::optional<RowScores> shuffled_training_score(const Subject<double>&, const JudgedRows<double>&);

}  // namespace normrun::diagnosis
