#include "compare/evaluation_set.hpp"

#include <algorithm>
#include <numeric>

namespace normrun::compare {

namespace {

template <class T>
std::vector<Index> evaluation_order(const Snapshot<T>& snapshot, data::SplitName name) {
  const data::Split<T>& split = snapshot.data.split(name);
  const auto seed = static_cast<std::uint64_t>(snapshot.settings.seed);
  std::vector<Index> order(static_cast<std::size_t>(split.samples()));
  std::iota(order.begin(), order.end(), Index{0});
  if (snapshot.settings.compare.batching == CompareBatching::kRandom || order.empty()) {
    RandomStream(seed, Purpose::kEvaluationOrder, static_cast<std::uint64_t>(name)).shuffle(order);
    return order;
  }
  data::Batches batches(snapshot.settings.batching, split.samples(), split.labels, snapshot.data.classes,
                        std::min(snapshot.settings.batch_size, split.samples()), seed);
  batches.start_epoch(0);
  order.clear();
  for (Index step = 0; step < batches.steps_per_epoch(); ++step) {
    const std::span<const Index> rows = batches.step(step);
    order.insert(order.end(), rows.begin(), rows.end());
  }
  return order;
}

}  // namespace

template <class T>
EvaluationSet<T>::EvaluationSet(const Snapshot<T>& snapshot, data::SplitName name) : name_(name), order_(evaluation_order(snapshot, name)) {
  const data::Split<T>& split = snapshot.data.split(name);
  for (const Index row : order_) {
    if (!split.labels.empty()) labels_.push_back(split.labels[static_cast<std::size_t>(row)]);
  }
  if (!split.labels.empty()) return;
  targets_ = Matrix<T>(rows(), snapshot.network.output().size());  // zeros, where the data gives no targets
  for (Index r = 0; r < rows() && split.targets.rows() > 0; ++r) {
    const T* target = split.targets.view().row(order_[static_cast<std::size_t>(r)]);
    std::copy(target, target + targets_.cols(), targets_.view().row(r));
  }
}

template <class T>
SplitScore EvaluationSet<T>::score(nn::LossKind loss, ConstView<T> logits) const {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  if (logits.rows == 0) return {kNan, kNan, 0};
  nn::Targets<T> targets;
  if (labels_.empty()) {
    targets.values = ConstView<T>(targets_.view()).slice(0, logits.rows);
  } else {
    targets.labels = labels_.data();
  }
  SplitScore score{nn::loss_and_gradient<T>(loss, logits, targets, {}), kNan, logits.rows};
  if (!labels_.empty()) score.accuracy = static_cast<double>(nn::count_correct(logits, labels_.data())) / static_cast<double>(logits.rows);
  return score;
}

template <class T>
ModeStates<T>::ModeStates(const Snapshot<T>& snapshot, const std::vector<statistics::LayerStatistics>& population)
    : snapshot_(snapshot),
      estimated_({{snapshot.settings.population.estimator,
                   statistics::state_with<T>(snapshot.network.layout(), snapshot.model.state, population)}}),
      initial_(statistics::initial_state<T>(snapshot.network.layout())) {
  for (const auto& [a, b] : snapshot.settings.compare.pairs) {
    for (const std::string& name : {a, b}) {
      const StatisticsSource source = comparison_mode(name).source;
      if (source == StatisticsSource::kUntrained && !untrained_)
        untrained_ = nn::fresh_model(snapshot.network, static_cast<std::uint64_t>(snapshot.settings.seed));
      const std::optional<statistics::Estimator> estimator = estimator_of(source);
      if (!estimator || estimated_.contains(*estimator)) continue;
      statistics::PopulationOptions options = snapshot.settings.population;
      options.estimator = *estimator;
      const auto statistics = statistics::population_statistics(
          snapshot.network, snapshot.model, snapshot.rows(data::split_of(options.split)), options, snapshot.settings.batch_size);
      estimated_[*estimator] = statistics::state_with<T>(snapshot.network.layout(), snapshot.model.state, statistics);
    }
  }
}

template <class T>
std::span<const T> ModeStates<T>::params(StatisticsSource source) const {
  return source == StatisticsSource::kUntrained ? untrained_->params : snapshot_.model.params;
}

template <class T>
std::span<const T> ModeStates<T>::state(StatisticsSource source) const {
  switch (source) {
    case StatisticsSource::kModel:
      return snapshot_.model.state;
    case StatisticsSource::kPopulation:
      return estimated_.at(snapshot_.settings.population.estimator);
    case StatisticsSource::kInitial:
      return initial_;
    case StatisticsSource::kUntrained:
      return untrained_->state;
    default:
      return estimated_.at(*estimator_of(source));
  }
}

template class EvaluationSet<float>;
template class EvaluationSet<double>;
template class ModeStates<float>;
template class ModeStates<double>;

}  // namespace normrun::compare
