#include "compare/evaluation_set.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "statistics/evaluation_batches.hpp"
#include "statistics/gather.hpp"
#include "train/divergence.hpp"
#include "train/unit_loss.hpp"

namespace normrun::compare {

namespace {

/// Runs through epochs and keeps each step that has a row which no earlier step had, until every row was in some step.  Returns the rows of
/// these steps in order.
std::vector<Index> order_until_complete(data::Batches batches, Index samples) {
  std::vector<bool> is_in(static_cast<std::size_t>(samples));
  std::vector<Index> order;
  Index missing = samples;
  for (Index epoch = 0; missing > 0; ++epoch) {
    batches.start_epoch(epoch);
    for (Index step = 0; step < batches.steps_per_epoch() && missing > 0; ++step) {
      const std::span<const Index> rows = batches.step(step);
      const Index before = missing;
      for (const Index row : rows) {
        if (!is_in[static_cast<std::size_t>(row)]) --missing;
        is_in[static_cast<std::size_t>(row)] = true;
      }
      if (missing < before) order.insert(order.end(), rows.begin(), rows.end());
    }
  }
  return order;
}

/// Returns the labels with the classes that occur renumbered 0, 1, …, and sets `present` to the count of these classes.
std::vector<std::int32_t> renumbered(const std::vector<std::int32_t>& labels, Index classes, Index& present) {
  std::vector<std::int32_t> number(static_cast<std::size_t>(classes), -1);
  for (const std::int32_t label : labels) number[static_cast<std::size_t>(label)] = 0;
  present = 0;
  for (std::int32_t& of_class : number) {
    if (of_class == 0) of_class = static_cast<std::int32_t>(present++);
  }
  std::vector<std::int32_t> renamed;
  renamed.reserve(labels.size());
  for (const std::int32_t label : labels) renamed.push_back(number[static_cast<std::size_t>(label)]);
  return renamed;
}

template <class T>
std::vector<Index> training_order(const Snapshot<T>& snapshot, const data::Split<T>& split) {
  data::Batching batching = snapshot.settings.batching;
  const Index batch_size = std::min(snapshot.settings.batch_size, split.samples());
  const bool draws_all = batching.order == data::BatchOrder::kShuffled || batching.order == data::BatchOrder::kSequential;
  batching.last = draws_all ? data::LastBatch::kKeep : data::LastBatch::kDrop;
  std::vector<std::int32_t> labels;
  Index classes = 0;
  if (batching.order == data::BatchOrder::kByClass) {
    labels = renumbered(split.labels, snapshot.data.classes, classes);
    if (classes > 0) batching.classes_per_batch = std::min({batching.classes_per_batch, classes, batch_size});
  }
  data::Batches batches(batching, split.samples(), std::move(labels), classes, batch_size,
                        static_cast<std::uint64_t>(snapshot.settings.seed));
  if (!draws_all) return order_until_complete(std::move(batches), split.samples());
  batches.start_epoch(0);
  std::vector<Index> order;
  for (Index step = 0; step < batches.steps_per_epoch(); ++step) {
    const std::span<const Index> rows = batches.step(step);
    order.insert(order.end(), rows.begin(), rows.end());
  }
  return order;
}

template <class T>
std::vector<Index> evaluation_order(const Snapshot<T>& snapshot, data::SplitName name) {
  const data::Split<T>& split = snapshot.data.split(name);
  if (snapshot.settings.compare.batching == CompareBatching::kTraining && split.samples() > 0) return training_order(snapshot, split);
  std::vector<Index> order(static_cast<std::size_t>(split.samples()));
  std::iota(order.begin(), order.end(), Index{0});
  RandomStream(static_cast<std::uint64_t>(snapshot.settings.seed), Purpose::kEvaluationOrder, static_cast<std::uint64_t>(name))
      .shuffle(order);
  return order;
}

}  // namespace

template <class T>
EvaluationSet<T>::EvaluationSet(const Snapshot<T>& snapshot, data::SplitName name)
    : name_(name),
      split_(snapshot.data.split(name)),
      batch_order_(evaluation_order(snapshot, name)),
      order_(statistics::first_places(batch_order_, split_.samples())),
      target_scale_(snapshot.data.target_scale),
      positions_(split_.positions()) {
  for (Index i = 0; positions_ > 1 && i < std::ssize(split_.labels); ++i) {
    const std::int32_t label = split_.labels[static_cast<std::size_t>(i)];
    if (label == kNoLabel) continue;
    places_.push_back(i);
    counted_labels_.push_back(label);
  }
  if (split_.labels.empty() && split_.targets.rows() == 0) zeros_ = Matrix<T>(rows(), snapshot.network.output().size());
}

template <class T>
Matrix<T> EvaluationSet<T>::counted(Matrix<T> outputs) const {
  if (positions_ == 1) return outputs;
  const ConstView<T> each = nn::by_position<T>(outputs.view(), positions_);
  Matrix<T> result(std::ssize(places_), each.cols);
  statistics::gather_rows<T>(each, places_, result.view());
  return result;
}

template <class T>
Part EvaluationSet<T>::counted_of(Index row) const {
  if (positions_ == 1) return {row, 1};
  const auto first = std::lower_bound(places_.begin(), places_.end(), row * positions_);
  return {first - places_.begin(), std::lower_bound(first, places_.end(), (row + 1) * positions_) - first};
}

template <class T>
SplitScore EvaluationSet<T>::score(nn::LossKind loss, ConstView<T> logits) const {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  if (logits.rows == 0) return {kNan, kNan, 0};
  nn::Targets<T> targets;
  if (split_.labels.empty()) {
    targets.values = split_.targets.rows() > 0 ? split_.targets.view() : zeros_.view();
  } else {
    targets.labels = labels().data();
  }
  SplitScore score{nn::loss_and_gradient<T>(loss, logits, targets, {}), kNan, logits.rows};
  if (!target_scale_.empty() && train::has_units(loss)) score.loss = train::error_in_units<T>(loss, logits, targets, target_scale_);
  if (!split_.labels.empty())
    score.accuracy = static_cast<double>(nn::count_correct(loss, logits, labels().data())) / static_cast<double>(logits.rows);
  const bool is_finite = std::isfinite(score.loss) && train::all_finite<T>({logits.data, static_cast<std::size_t>(logits.size())});
  return is_finite ? score : SplitScore{kNan, kNan, logits.rows};
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
  if (source == StatisticsSource::kLast) return snapshot_.last_model().params;
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
    case StatisticsSource::kLast:
      return snapshot_.last_model().state;
    default:
      return estimated_.at(*estimator_of(source));
  }
}

template class EvaluationSet<float>;
template class EvaluationSet<double>;
template class ModeStates<float>;
template class ModeStates<double>;

}  // namespace normrun::compare
